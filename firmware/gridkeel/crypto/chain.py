"""Validation of a certificate path, leaf first, to one of this board's trust anchors.

The order of checks, and so which refusal is reported where several would fit:
1. how many certificates there are; 2. each as such, the leaf first (x509.parse); 3. the leaf's role (profiles);
4. each link from the leaf up: names and key identifiers, CA, key usage, path length; 5. the trust anchor, by name and
key identifier, and its link; 6. the clock, then the validity of each, the leaf first; 7. from the anchor down,
each signature, and then whether that certificate is revoked.
Source: RFC 5280, chapter 6, without name constraints and policies; ISO 15118-2, annex F, for lengths and roles.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import names, x509
from gridkeel.crypto.refusals import (  # noqa: F401 - the codes of `validate`, under the name it goes by
    BAD_KEY,
    BAD_SIGNATURE,
    BASIC_CONSTRAINTS,
    CHAIN_LENGTH,
    CHAIN_ORDER,
    CLOCK_UNSET,
    CRL_MISSING,
    CRL_SIGNATURE,
    CRL_STALE,
    ENCODING,
    EXPIRED,
    KEY_USAGE,
    NOT_YET_VALID,
    OK,
    OVERSIZED,
    PATH_LENGTH,
    REVOKED,
    SUBJECT,
    UNKNOWN_ALGORITHM,
    UNKNOWN_CRITICAL,
    UNKNOWN_CURVE,
    WRONG_ROOT,
    name,
)
from gridkeel.crypto.trust import Known
from gridkeel.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gridkeel.crypto.crl import RevocationList
    from gridkeel.crypto.profiles import Profile
    from gridkeel.crypto.x509 import Certificate

MOST_CERTIFICATES = 3


def validate(
    certificates: "Sequence[Certificate | bytes]",
    roots: "Sequence[Certificate | bytes]",
    unix_s: "int | None",
    crls: "Sequence[RevocationList]",
    profile: "Profile",
    known: "Known | None" = None,
) -> "Generator[None, None, int]":
    """Generator, yields None between slices; return OK or the code of the first refusal.

    certificates: the leaf first, each a Certificate or DER; no root among them.  roots: Certificates or DER; one that
    cannot be read is no anchor (read them with x509.parse at start-up to learn why).  unix_s: now, None for a clock
    that was never set.  crls: RevocationLists.  profile: a profiles.Profile.  known: a trust.Known, asked before a
    signature is verified and noted there after.
    """
    known = known or Known()
    try:
        if not 1 <= len(certificates) <= MOST_CERTIFICATES:
            raise CertificateError(CHAIN_LENGTH, "%d certificates" % len(certificates))
        path = yield from _parsed(certificates)
        profile.check(path[0])
        for below in range(len(path) - 1):
            _check_link(path[below], path[below + 1], below)
        path.append((yield from _anchor(path, roots, known)))
        _check_validity(path, unix_s)
        for place in range(len(path) - 2, -1, -1):
            yield from _check_signature(path[place], path[place + 1], known)
            yield from _check_revoked(path[place], path[place + 1], crls, unix_s, profile.needs_crl, known)
    except CertificateError as error:
        return error.code
    return OK


def _parsed(certificates):
    path = []
    for data in certificates:
        path.append(_certificate(data))
        if path[-1] is not data:
            yield
    return path


def _certificate(data):
    return data if isinstance(data, x509.Certificate) else x509.parse(data)


def _check_link(certificate, issuer, below):
    # below: sub-CAs between the issuer and the leaf.
    if not _names(certificate, issuer) or certificate.subject == certificate.issuer:
        raise CertificateError(CHAIN_ORDER, "a certificate is not followed by its issuer's")
    if not issuer.is_ca:
        raise CertificateError(BASIC_CONSTRAINTS, "an issuer that is no CA")
    if not (issuer.key_usage or 0) & x509.KEY_CERT_SIGN:
        raise CertificateError(KEY_USAGE, "an issuer that may not sign certificates")
    if issuer.path_len is not None and issuer.path_len < below:
        raise CertificateError(PATH_LENGTH, "more sub-CAs than an issuer allows")


def _names(signed, issuer):
    if b"" not in (signed.authority_key_id, issuer.key_id) and signed.authority_key_id != issuer.key_id:
        return False
    return names.same(signed.issuer, issuer.subject)


def _anchor(path, roots, known):
    # Generator. Of several anchors with the name, as while a root is renewed, the one whose key fits.
    last = path[-1]
    found = []
    for data in roots:
        try:
            root = _certificate(data)
        except CertificateError:
            continue
        if _names(last, root):
            found.append(root)
        if root is not data:
            yield
    if not found:
        raise CertificateError(WRONG_ROOT, "no trust anchor issued the last certificate")
    while len(found) > 1 and not (yield from known.signed_by(last, found[0].public_key)):
        found.pop(0)
    _check_link(last, found[0], len(path) - 1)
    return found[0]


def _check_validity(path, unix_s):
    if unix_s is None:
        raise CertificateError(CLOCK_UNSET, "no time of day")
    for certificate in path:
        if unix_s < certificate.not_before_s:
            raise CertificateError(NOT_YET_VALID, "valid from %d" % certificate.not_before_s)
        if unix_s > certificate.not_after_s:
            raise CertificateError(EXPIRED, "valid to %d" % certificate.not_after_s)


def _check_signature(certificate, issuer, known):
    good = yield from known.signed_by(certificate, issuer.public_key)
    if not good:
        raise CertificateError(BAD_SIGNATURE, "not signed by the key of its issuer")


def _check_revoked(certificate, issuer, crls, unix_s, needs_crl, known):
    lists = [crl for crl in crls if _names(crl, issuer)]
    for crl in lists:
        may = (issuer.key_usage or 0) & x509.CRL_SIGN
        if not may or not (yield from known.signed_by(crl, issuer.public_key)):
            raise CertificateError(CRL_SIGNATURE, "not signed by the key of its issuer, or not for it to sign")
        if crl.revokes(certificate.serial):
            raise CertificateError(REVOKED, "serial %s" % certificate.serial.hex())
        yield
    if needs_crl and not lists:
        raise CertificateError(CRL_MISSING, "no list of an issuer")
    if needs_crl and not any(crl.this_update_s <= unix_s <= crl.next_update_s for crl in lists):
        raise CertificateError(CRL_STALE, "no list of today")
