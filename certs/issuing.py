"""The one place where certificates are made: a profile, a subject, a key and an issuer in, a pair out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from certs.keys import KINDS, PrivateKey, PublicKey, kind_of
from certs.profiles import Profile

CLOCK_SKEW = timedelta(hours=1)  # a board whose clock runs behind still accepts a certificate of today
SERIAL_BYTES = 8  # random and positive; some EXI codecs hold an issuer's serial number in 64 bits
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Pair(NamedTuple):
    """A certificate and its key, in memory."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True)
class Subject:
    """Whom a certificate names; what is empty is left out."""

    common_name: str
    organisation: str
    country: str = ""
    hosts: tuple[str, ...] = ()
    ocsp_url: str = ""


def make(
    profile: Profile,
    subject: Subject,
    issuer: Pair | None,
    now: datetime,
    *,
    key: PrivateKey | None = None,
    until: datetime | None = None,
) -> Pair:
    """Return a new certificate of a profile, valid from an hour before `now`.

    issuer: None for one that signs itself.  key: a new one of the profile's kind where none is given.
    until: the end where it is not `now` plus the profile's days; an issuer's end cuts both.
    Errors: ValueError where the issuer is no CA.
    """
    key = key or KINDS[profile.key].make()
    signer = None if issuer is None else issuer.certificate
    issuer_key = key if issuer is None else issuer.key
    return Pair(_signed(profile, subject, key.public_key(), signer, issuer_key, now, until), key)


def certify(profile: Profile, subject: Subject, issuer: Pair, now: datetime, public: PublicKey) -> x509.Certificate:
    """Return a new certificate of a profile for a key that is elsewhere.  Errors: as `make`'s."""
    return _signed(profile, subject, public, issuer.certificate, issuer.key, now, None)


def _signed(
    profile: Profile,
    subject: Subject,
    public: PublicKey,
    issuer: x509.Certificate | None,
    issuer_key: PrivateKey,
    now: datetime,
    until: datetime | None,
) -> x509.Certificate:
    name = distinguished_name(subject, profile.domain_component)
    end = until or now + timedelta(days=profile.days)
    if issuer is not None:
        if not is_ca(issuer):
            raise ValueError(f"profile {profile.name}: its issuer {issuer.subject.rfc4514_string()} is no CA")
        end = min(end, issuer.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(public)
        .serial_number(random_serial())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(profile, public, issuer_key.public_key(), subject):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, KINDS[kind_of(issuer_key)].digest)


def random_serial() -> int:
    """Return a new serial number: positive, in SERIAL_BYTES."""
    return secrets.randbits(SERIAL_BYTES * 8 - 1) or 1


def is_ca(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate may sign others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def distinguished_name(subject: Subject, domain_component: str) -> x509.Name:
    """Return the subject's name in the order CN, O, C, DC, without what is empty."""
    parts = (
        (NameOID.COMMON_NAME, subject.common_name),
        (NameOID.ORGANIZATION_NAME, subject.organisation),
        (NameOID.COUNTRY_NAME, subject.country),
        (NameOID.DOMAIN_COMPONENT, domain_component),
    )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


def _extensions(
    profile: Profile, key: PublicKey, issuer_key: PublicKey, subject: Subject
) -> Sequence[tuple[x509.ExtensionType, bool]]:
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=profile.ca, path_length=profile.path_length), True),
        (x509.KeyUsage(**{usage: usage in profile.usage for usage in USAGES}), True),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), False),
    ]
    if profile.purposes:
        purposes = [getattr(ExtendedKeyUsageOID, purpose) for purpose in profile.purposes]
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    if profile.names_host:
        extensions.append((x509.SubjectAlternativeName([_host(host) for host in subject.hosts]), False))
    if profile.names_ocsp and subject.ocsp_url:
        place = x509.UniformResourceIdentifier(subject.ocsp_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        extensions.append((x509.AuthorityInformationAccess([access]), False))
    for extra in profile.extras:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(extra.oid), extra.value)
        extensions.append((unknown, extra.critical))
    return extensions


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
