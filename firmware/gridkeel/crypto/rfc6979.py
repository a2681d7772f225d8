"""Deterministic nonces for ECDSA on P-256 with SHA-256.  Source: RFC 6979, 3.2; HMAC is RFC 2104."""

from hashlib import sha256

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

BLOCK = 64
_INNER = 0x36
_OUTER = 0x5C


def hmac(key: bytes, *parts: "Buffer") -> bytes:
    """Return HMAC-SHA256, 32 bytes, of the parts one after another.  key: at most 64 bytes."""
    inner = sha256(_padded(key, _INNER))
    for part in parts:
        inner.update(part)
    outer = sha256(_padded(key, _OUTER))
    outer.update(inner.digest())
    return outer.digest()


def _padded(key, value):
    block = bytearray(BLOCK)
    block[: len(key)] = key
    for at in range(BLOCK):
        block[at] ^= value
    return block


class Nonces:
    """The sequence of candidates for one private key and one message; the first in 1..N-1 that gives a signature."""

    def __init__(self, private_key: bytes, digest: bytes) -> None:
        """private_key: 32 bytes, 1..N-1.  digest: 32 bytes, already reduced modulo N (bits2octets)."""
        self._key = bytes(32)
        self._value = b"\x01" * 32
        self._mix(b"\x00", private_key, digest)
        self._mix(b"\x01", private_key, digest)

    def _mix(self, mark, *seed):
        self._key = hmac(self._key, self._value, mark, *seed)
        self._value = hmac(self._key, self._value)

    def next(self) -> int:
        """Return the next candidate, an int of 256 bits."""
        self._value = hmac(self._key, self._value)
        return int.from_bytes(self._value, "big")

    def reject(self) -> None:
        """Go on after a candidate that was no good."""
        self._mix(b"\x00")
