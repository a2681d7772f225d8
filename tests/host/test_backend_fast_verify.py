"""The host's compiled verification says what the device's own says, of whatever it is given."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gridkeel.crypto import ecdsa, p256
from host_tools.backend import fast_verify
from host_tools.backend.signing import driven

DIGEST = hashlib.sha256(b"what is signed").digest()


@pytest.fixture(scope="module")
def signed() -> tuple[bytes, bytes]:
    """A public key and its signature over DIGEST."""
    key = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(b"what is signed", ec.ECDSA(SHA256())))
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return public, r.to_bytes(32, "big") + s.to_bytes(32, "big")


def both(public: bytes, digest: bytes, signature: bytes) -> bool:
    """Return what both say."""
    said = driven(fast_verify.verify(public, digest, signature))
    assert said is driven(ecdsa.verify(public, digest, signature))
    return said


def test_a_right_signature_is_accepted_by_both(signed: tuple[bytes, bytes]):
    assert both(signed[0], DIGEST, signed[1])


def test_another_digest_key_or_signature_is_refused_by_both(signed: tuple[bytes, bytes]):
    public, signature = signed
    assert not both(public, hashlib.sha256(b"another").digest(), signature)
    for at in (0, 31, 32, 63):
        flipped = bytearray(signature)
        flipped[at] ^= 1
        assert not both(public, DIGEST, bytes(flipped))
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert not both(other.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), DIGEST, signature)


def test_the_signature_with_the_other_s_is_accepted_by_both(signed: tuple[bytes, bytes]):
    public, signature = signed
    s = p256.N - int.from_bytes(signature[32:], "big")
    assert both(public, DIGEST, signature[:32] + s.to_bytes(32, "big"))


@pytest.mark.parametrize("number", [0, p256.N, p256.N + 1, 2**256 - 1])
@pytest.mark.parametrize("half", [0, 1])
def test_numbers_out_of_range_are_refused_by_both(signed: tuple[bytes, bytes], number: int, half: int):
    public, signature = signed
    parts = [signature[:32], signature[32:]]
    parts[half] = number.to_bytes(32, "big")
    assert not both(public, DIGEST, b"".join(parts))


def test_what_is_no_key_or_no_signature_is_refused_by_both(signed: tuple[bytes, bytes]):
    public, signature = signed
    compressed = bytes((2 + (public[-1] & 1),)) + public[1:33]
    off_the_curve = public[:-1] + bytes((public[-1] ^ 1,))
    for key in (b"", compressed, public[:-1], public + b"\0", b"\x06" + public[1:], off_the_curve, b"\4" + bytes(64)):
        assert not both(key, DIGEST, signature)
    for value in (b"", signature[:-1], signature + b"\0"):
        assert not both(public, DIGEST, value)
