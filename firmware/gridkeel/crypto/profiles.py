"""Requirements on the leaf of a chain, by its role.  Source: ISO 15118-2, annex F, and annex H for the EMAID."""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import x509
from gridkeel.crypto.refusals import BASIC_CONSTRAINTS, KEY_USAGE, SUBJECT
from gridkeel.errors import CertificateError

if TYPE_CHECKING:
    from gridkeel.crypto.x509 import Certificate

SERVER_AUTH = b"\x2b\x06\x01\x05\x05\x07\x03\x01"
_CLIENT_AUTH = b"\x2b\x06\x01\x05\x05\x07\x03\x02"
_ANY_PURPOSE = b"\x55\x1d\x25\x00"


def emaid(text: str) -> str:
    """Return an EMAID without its separators and in capitals, 14 or 15 characters; "" where the text is none.

    Two letters of a country, three characters of a provider, nine of the contract and one to check, which may be
    left out; a hyphen may be between each two.  The check character is not worked out.
    """
    joined = text.replace("-", "").upper()
    if text.count("-") and text.upper() not in _hyphened(joined):
        return ""
    if not 14 <= len(joined) <= 15:
        return ""
    for at, octet in enumerate(joined.encode()):
        if not (0x41 <= octet <= 0x5A or (at > 1 and 0x30 <= octet <= 0x39)):  # A-Z, 0-9
            return ""
    return joined


def _hyphened(joined):
    # Hyphens are all there or none; the one before the check character goes with it.
    parts = [joined[:2], joined[2:5], joined[5:14]]
    if len(joined) > 14:
        parts.append(joined[14:])
    return ("-".join(parts), "-".join(parts[:3]) + joined[14:])


class Profile:
    """A role.  name: for logs.  is_emaid: the common name is an EMAID.  domain_component: demanded, "" for any.

    purpose: what an extended key usage must list if there is one; None for a role that has no identifier, which
    then demands that there is no such limit.  needs_crl: each certificate must be looked up in a list of today;
    otherwise the lists that are there are heeded, whatever their age.
    """

    def __init__(
        self,
        name: str,
        is_emaid: bool = False,
        domain_component: str = "",
        purpose: "bytes | None" = None,
        needs_crl: bool = False,
    ) -> None:
        self.name = name
        self.is_emaid = is_emaid
        self.domain_component = domain_component
        self.purpose = purpose
        self.needs_crl = needs_crl

    def check(self, leaf: "Certificate") -> None:
        """Refuse what is not of this role: first by its constraints, then by its key usage, then by its names.

        Errors: CertificateError with BASIC_CONSTRAINTS, KEY_USAGE or SUBJECT.
        """
        if leaf.is_ca:
            raise CertificateError(BASIC_CONSTRAINTS, "a CA's certificate as the leaf of %s" % self.name)
        if not (leaf.key_usage or 0) & x509.DIGITAL_SIGNATURE or not self._may(leaf.purposes):
            raise CertificateError(KEY_USAGE, "the leaf of %s may not sign for this" % self.name)
        if leaf.common_name == "" or (self.is_emaid and emaid(leaf.common_name) == ""):
            raise CertificateError(SUBJECT, "common name %r is none for %s" % (leaf.common_name, self.name))
        if self.domain_component not in ("", leaf.domain_component):
            raise CertificateError(SUBJECT, "domain component is not %s" % self.domain_component)

    def _may(self, purposes):
        return purposes is None or self.purpose in purposes or _ANY_PURPOSE in purposes


# A vehicle's own certificates: the standard gives them no purpose, and operators issue them as a TLS client's.
CONTRACT = Profile("contract", is_emaid=True, purpose=_CLIENT_AUTH)
OEM_PROVISIONING = Profile("oem_provisioning", purpose=_CLIENT_AUTH)
SECC = Profile("secc", domain_component="CPO", purpose=SERVER_AUTH)
CPS = Profile("cps", domain_component="CPS")
