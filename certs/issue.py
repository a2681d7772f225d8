"""Issuing a set of certificates from profiles: P-256, SHA-256, one PEM pair each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.profiles import MQTT, Profile

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")

_CLOCK_SKEW = timedelta(hours=1)  # a board whose clock runs behind still accepts a certificate of today
_USAGES = (
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


@dataclass(frozen=True)
class Issued:
    """One certificate and its key, on disk."""

    certificate: Path
    key: Path


class _Pair:
    """A certificate and its key, in memory."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.key = key
        self.certificate = certificate


def issue(
    folder: Path,
    profiles: tuple[Profile, ...] = MQTT,
    *,
    hosts: tuple[str, ...] = LOOPBACK_HOSTS,
    now: datetime | None = None,
) -> dict[str, Issued]:
    """Make every profile's certificate and key in `folder`, NAME.pem and NAME.key; return them by name.

    profiles: each after its issuer.  hosts: names and addresses for the profiles that carry them.
    Key files can be read by their owner alone; files that are there are replaced.
    Errors: ValueError for a profile whose issuer does not come before it or is no CA, OSError from the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, _Pair] = {}
    issued = {}
    for profile in profiles:
        made[profile.name] = _make(profile, made, hosts, now or datetime.now(UTC))
        issued[profile.name] = _write(folder, profile.name, made[profile.name])
    return issued


def _make(profile: Profile, made: dict[str, _Pair], hosts: tuple[str, ...], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(profile)
    if profile.issuer == profile.name:
        issuer_name, issuer_key = name, key
    elif profile.issuer in made:
        issuer = made[profile.issuer]
        if not issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise ValueError(f"profile {profile.name}: its issuer {profile.issuer} is no CA")
        issuer_name, issuer_key = issuer.certificate.subject, issuer.key
    else:
        raise ValueError(f"profile {profile.name}: its issuer {profile.issuer} does not come before it")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=profile.days))
    )
    for extension, critical in _extensions(profile, key, issuer_key, hosts):
        builder = builder.add_extension(extension, critical)
    return _Pair(key, builder.sign(issuer_key, hashes.SHA256()))


def _name(profile: Profile) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Gridkeel"),
            x509.NameAttribute(NameOID.COMMON_NAME, profile.common_name),
        ]
    )


def _extensions(
    profile: Profile,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    hosts: tuple[str, ...],
) -> list[tuple[x509.ExtensionType, bool]]:
    is_ca = profile.path_length is not None
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=is_ca, path_length=profile.path_length), True),
        (x509.KeyUsage(**{usage: usage in profile.usage for usage in _USAGES}), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    ]
    if profile.purposes:
        purposes = [getattr(ExtendedKeyUsageOID, purpose) for purpose in profile.purposes]
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    if profile.names_host:
        extensions.append((x509.SubjectAlternativeName([_host(host) for host in hosts]), False))
    return extensions


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(folder: Path, name: str, pair: _Pair) -> Issued:
    issued = Issued(folder / f"{name}.pem", folder / f"{name}.key")
    issued.certificate.write_bytes(pair.certificate.public_bytes(serialization.Encoding.PEM))
    pem = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    issued.key.unlink(missing_ok=True)  # the mode below holds for a new file alone
    with os.fdopen(os.open(issued.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return issued
