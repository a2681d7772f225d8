"""Signatures of certificates, lists and messages verified by `cryptography`, in place of the device's slower code."""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

_POINT_BYTES = 65
_SIGNATURE_BYTES = 64
_UNCOMPRESSED = 4


def verify(public_key: bytes, digest: bytes, signature: bytes) -> Generator[None, None, bool]:
    """Do as gridkeel.crypto.ecdsa.verify does, in one slice."""
    yield
    return _holds(public_key, digest, signature)


def _holds(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    if len(public_key) != _POINT_BYTES or public_key[0] != _UNCOMPRESSED or len(signature) != _SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))
    except (ValueError, InvalidSignature):
        return False
    return True


_seen = lru_cache(maxsize=256)(_holds)  # a PKI's own chain is the same at every request


class Verified:
    """Stands where chain.validate takes a trust.Known."""

    def signed_by(self, signed: Any, public_key: bytes) -> Generator[None, None, bool]:
        """Generator; return whether this key signed `signed`, a Certificate or RevocationList."""
        yield
        return _seen(public_key, sha256(signed.tbs).digest(), signed.signature)
