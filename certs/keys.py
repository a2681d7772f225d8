"""Kinds of key as data: how one is made, and the hash it signs with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448

PrivateKey = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed448.Ed448PublicKey


class Kind(NamedTuple):
    """One kind of key.  digest: what it signs with, None where the signature scheme brings its own."""

    make: Callable[[], PrivateKey]
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None


KINDS = {
    "P-256": Kind(lambda: ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()),
    "P-384": Kind(lambda: ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
    "P-521": Kind(lambda: ec.generate_private_key(ec.SECP521R1()), hashes.SHA512()),
    "secp256k1": Kind(lambda: ec.generate_private_key(ec.SECP256K1()), hashes.SHA256()),
    "Ed448": Kind(ed448.Ed448PrivateKey.generate, None),
}
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "secp256k1"}


def kind_of(key: object) -> str:
    """Return the name in KINDS of a private or public key, or what the library calls it where it is none of them."""
    if isinstance(key, ed448.Ed448PrivateKey | ed448.Ed448PublicKey):
        return "Ed448"
    curve = getattr(key, "curve", None)
    return _CURVES.get(curve.name, curve.name) if curve is not None else type(key).__name__


def public_bytes(key: PublicKey) -> bytes:
    """Return a public key's SubjectPublicKeyInfo in DER, by which keys are compared."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def pem(key: PrivateKey, password: bytes | None = None) -> bytes:
    """Return a private key as PKCS#8 PEM, encrypted where a password is given."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
