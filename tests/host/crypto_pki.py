"""A small contract PKI made with `cryptography` at test time, any part of any certificate changed on demand."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

T = TypeVar("T")
NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
EMAID = "UKSWI123456791A"
SIGN = ("digital_signature",)
CERTIFY = ("key_cert_sign", "crl_sign")
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


@dataclass
class Node:
    """A certificate and its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def key_usage(names: tuple[str, ...]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in names for usage in USAGES})


def name(common_name: str, component: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common_name), x509.NameAttribute(NameOID.DOMAIN_COMPONENT, component)]
    )


def issue(
    common_name: str,
    issuer: Node | None,
    *,
    component: str = "MO",
    ca: bool = False,
    path_len: int | None = None,
    usage: tuple[str, ...] | None = SIGN,
    begins: timedelta = timedelta(days=-10),
    ends: timedelta = timedelta(days=300),
    curve: ec.EllipticCurve | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
    identifiers: bool = True,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    signer: ec.EllipticCurvePrivateKey | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Node:
    """Issue one certificate; issuer None makes a root.  signer: a key that is not the issuer's."""
    key = key or ec.generate_private_key(curve or ec.SECP256R1())
    subject = name(common_name, component)
    issuer_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_len), True)
    )
    if usage is not None:
        builder = builder.add_extension(key_usage(usage), True)
    if identifiers:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(authority, False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    return Node(key, builder.sign(signer or issuer_key, algorithm or hashes.SHA256()))


@dataclass
class World:
    """A contract's chain."""

    root: Node
    sub_1: Node
    sub_2: Node
    leaf: Node

    @property
    def chain(self) -> list[bytes]:
        return [self.leaf.der, self.sub_2.der, self.sub_1.der]


def world(
    *,
    root: dict | None = None,
    sub_1: dict | None = None,
    sub_2: dict | None = None,
    leaf: dict | None = None,
) -> World:
    """Make root, two sub-CAs and a contract; each dict replaces arguments of `issue`."""
    authority = {"ca": True, "usage": CERTIFY}
    top = issue("MORootCA", None, **{**authority, "ends": timedelta(days=3000), **(root or {})})
    first = issue("MOSub1", top, **{**authority, "path_len": 1, **(sub_1 or {})})
    second = issue("MOSub2", first, **{**authority, "path_len": 0, **(sub_2 or {})})
    changes = dict(leaf or {})
    end = issue(changes.pop("common_name", EMAID), second, **changes)
    return World(top, first, second, end)


def revoke(
    issuer: Node,
    *revoked: Node,
    begins: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=6),
    signer: ec.EllipticCurvePrivateKey | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    """Return the DER of the issuer's revocation list."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW + begins)
        .next_update(NOW + ends)
        .add_extension(x509.CRLNumber(7), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
    )
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    for node in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(node.certificate.serial_number)
        entry = entry.revocation_date(NOW - timedelta(days=2))
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signer or issuer.key, algorithm or hashes.SHA256()).public_bytes(Encoding.DER)


def drive(work: Generator[None, None, T]) -> T:
    """Return what a generator of the firmware returns."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value
