"""Checks of a chain: one row a finding, one function a row's check."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_pem_private_key

from certs.issuing import USAGES, is_ca
from certs.keys import kind_of, public_bytes
from certs.v2g.names import emaid_fault
from certs.v2g.sources import Chain, Member

SOON_DAYS = 14
_KNOWN = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.AuthorityInformationAccess,
    x509.CRLDistributionPoints,
    x509.CertificatePolicies,
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: with which certificate, a code of CHECKS, and in words."""

    name: str
    code: str
    text: str


@dataclass(frozen=True)
class _Place:
    """One certificate in its chain.  below: CAs between it and the leaf."""

    chain: Chain
    index: int
    now: datetime
    soon: timedelta

    @property
    def member(self) -> Member:
        return self.chain[self.index]

    @property
    def certificate(self) -> x509.Certificate:
        return self.member.certificate

    @property
    def issuer(self) -> x509.Certificate | None:
        """The next of the chain, itself for a root, None where the chain ends below one."""
        if self.index + 1 < len(self.chain):
            return self.chain[self.index + 1].certificate
        return self.certificate if self.certificate.issuer == self.certificate.subject else None

    @property
    def below(self) -> int:
        return sum(is_ca(member.certificate) for member in self.chain[1 : self.index])


def check(chain: Chain, now: datetime, soon_days: int = SOON_DAYS) -> list[Finding]:
    """Return what is wrong with a chain, leaf first.  soon_days: an end nearer than this is reported."""
    places = [_Place(chain, index, now, timedelta(days=soon_days)) for index in range(len(chain))]
    return [
        Finding(place.member.name, code, text)
        for place in places
        for code, checked in CHECKS.items()
        if (text := checked(place))
    ]


def _expired(place: _Place) -> str:
    end = place.certificate.not_valid_after_utc
    return f"its time ended {end:%Y-%m-%d %H:%M} UTC" if end < place.now else ""


def _not_yet_valid(place: _Place) -> str:
    start = place.certificate.not_valid_before_utc
    return f"its time begins {start:%Y-%m-%d %H:%M} UTC" if start > place.now else ""


def _soon(place: _Place) -> str:
    left = place.certificate.not_valid_after_utc - place.now
    return f"ends in {left.days} days: renew it" if timedelta() <= left < place.soon else ""


def _order(place: _Place) -> str:
    if place.issuer is None or place.certificate.issuer == place.issuer.subject:
        return ""
    for other in place.chain:
        if other.certificate.subject == place.certificate.issuer and other is not place.member:
            return f"the next one is not its issuer, which is {other.name}"
    return ""


def _issuer(place: _Place) -> str:
    issuer = place.issuer
    if issuer is None:
        return ""
    if _order(place):
        return ""
    if place.certificate.issuer != issuer.subject:
        return f"issued by {place.certificate.issuer.rfc4514_string()}, not by {issuer.subject.rfc4514_string()}"
    try:
        place.certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return "its signature is not by the issuer's key"
    return ""


def _revoked(place: _Place) -> str:
    return f"revoked since {place.member.revoked}" if place.member.revoked else ""


def _stale_list(place: _Place) -> str:
    if place.member.list_file is None:
        return ""
    try:
        until = x509.load_der_x509_crl(place.member.list_file.read_bytes()).next_update_utc
    except (OSError, ValueError):
        return f"{place.member.list_file}: no revocation list"
    return f"its revocation list ended {until:%Y-%m-%d}: revoke again" if until and until < place.now else ""


def _path_length(place: _Place) -> str:
    profile = place.member.profile
    ca = is_ca(place.certificate)
    if profile is not None and profile.ca != ca:
        return "is no CA" if profile.ca else "is a CA, and has to be an end entity"
    if place.index and not ca:
        return "is no CA and has certificates below it"
    if not ca:
        return ""
    length = place.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    if length is not None and place.below > length:
        return f"allows {length} CAs below it, {place.below} are there"
    return ""


def _usage(place: _Place) -> str:
    usage, critical = _key_usage(place.certificate)
    profile = place.member.profile
    needed = {"key_cert_sign"} if is_ca(place.certificate) else {"digital_signature"}
    if profile is not None and "usage" not in profile.ours:
        needed |= set(profile.usage)
    if missing := sorted(needed - usage):
        return f"key usage lacks {', '.join(missing)}"
    if "key_cert_sign" in usage and not is_ca(place.certificate):
        return "key usage key_cert_sign in an end entity"
    return "" if critical else "key usage is not critical"


def _key_usage(certificate: x509.Certificate) -> tuple[set[str], bool]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return set(), True
    # the last two have no value, and raise, where there is no key agreement
    names = USAGES if extension.value.key_agreement else USAGES[:-2]
    return {name for name in names if getattr(extension.value, name)}, extension.critical


def _purposes(place: _Place) -> str:
    root = place.certificate.issuer == place.certificate.subject
    known = any(isinstance(each.value, x509.ExtendedKeyUsage) for each in place.certificate.extensions)
    return "a root with an extended key usage, which some TLS stacks refuse" if root and known else ""


def _critical(place: _Place) -> str:
    unknown = [
        e.oid.dotted_string for e in place.certificate.extensions if e.critical and not isinstance(e.value, _KNOWN)
    ]
    return f"critical extension {', '.join(unknown)} is unknown" if unknown else ""


def _size(place: _Place) -> str:
    size = len(place.certificate.public_bytes(Encoding.DER))
    most = place.member.profile.max_bytes if place.member.profile else None
    return f"{size} bytes of DER, {most} may be" if most is not None and size > most else ""


def _domain_component(place: _Place) -> str:
    profile = place.member.profile
    if profile is None or "domain_component" in profile.ours:
        return ""
    found = [a.value for a in place.certificate.subject.get_attributes_for_oid(x509.NameOID.DOMAIN_COMPONENT)]
    return "" if profile.domain_component in found else f"DC={profile.domain_component} is missing in the subject"


def _identity(place: _Place) -> str:
    profile = place.member.profile
    if profile is None or not profile.identity:
        return ""
    found = [str(a.value) for a in place.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    if not found or not found[0]:
        return f"no common name, where the {profile.identity} has to be"
    fault = emaid_fault(found[0]) if profile.identity == "emaid" else ""
    return f"EMAID {found[0]}: {fault}" if fault else ""


def _key_kind(place: _Place) -> str:
    kind = kind_of(place.certificate.public_key())
    profile = place.member.profile
    if profile is None:
        return ""
    wanted = ("P-521", "Ed448") if profile.key in ("P-521", "Ed448") else (profile.key,)
    return "" if kind in wanted else f"key of kind {kind}, {' or '.join(wanted)} it has to be"


def _key_fits(place: _Place) -> str:
    path = place.member.key_file
    if path is None:
        return ""
    try:
        data = path.read_bytes()
        key = (load_pem_private_key if b"-----BEGIN " in data else load_der_private_key)(data, None)
        own = public_bytes(key.public_key())  # type: ignore[arg-type]
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        return f"{path.name}: no private key: {error}"
    return "" if own == public_bytes(place.certificate.public_key()) else f"{path.name} is another certificate's key"  # type: ignore[arg-type]


def _file_mode(place: _Place) -> str:
    path = place.member.key_file
    if path is None or not path.exists():
        return ""
    return ", ".join(_open_modes(path))


def _open_modes(path: Path) -> Iterator[str]:
    for each, wanted in ((path, 0o600), (path.parent, 0o700)):
        mode = stat.S_IMODE(each.stat().st_mode)
        if mode & ~wanted:
            yield f"{each.name} has mode {mode:04o}, {wanted:04o} it has to be"


CHECKS: dict[str, Callable[[_Place], str]] = {
    "expired": _expired,
    "not_yet_valid": _not_yet_valid,
    "soon": _soon,
    "order": _order,
    "issuer": _issuer,
    "revoked": _revoked,
    "stale_list": _stale_list,
    "path_length": _path_length,
    "usage": _usage,
    "purpose": _purposes,
    "critical": _critical,
    "size": _size,
    "domain_component": _domain_component,
    "identity": _identity,
    "key_kind": _key_kind,
    "key": _key_fits,
    "file_mode": _file_mode,
}
