"""A P-256 key pair that the board makes itself, and its file: ECPrivateKey of SEC 1 in DER, as TLS takes it.

Loaded while a board is provisioned, and by nothing that runs later.  Source: FIPS 186-5, A.2.2 for the drawing of a
key by rejection; RFC 5915 for the file.  What this hides and what it does not: docs/crypto.md.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import ecdsa, multiples, p256

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.protocols import Buffer

KEY_BYTES = 32
_HEAD = b"\x30\x77\x02\x01\x01\x04\x20"  # version 1, then the private key
_MIDDLE = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\xa1\x44\x03\x42\x00"  # P-256, then the public key
_PUBLIC_AT = len(_HEAD) + KEY_BYTES + len(_MIDDLE)
_SIZE = _PUBLIC_AT + 65


def draw(random: "Callable[[int], bytes]") -> bytes:
    """Return a private key, 32 bytes: each number from 1 to the order less one is as likely as any other.

    random(n): n unpredictable bytes; os.urandom where the board's table says that it is real.
    Errors: RuntimeError where it gives the same bytes twice.
    """
    last = random(KEY_BYTES)
    while True:
        key = random(KEY_BYTES)
        if key == last:
            raise RuntimeError("the random source repeats itself: no key is made of it")
        if 0 < int.from_bytes(key, "big") < p256.N:
            return key
        last = key


def public_key(private_key: bytes, random: "Callable[[int], bytes]") -> "Generator[None, None, bytes]":
    """Generator, yields None between slices; return the public key, 65 bytes 04 || x || y.

    random(n): n unpredictable bytes, for blinding alone: the result does not depend on them.
    """
    x, y, z = yield from ecdsa.multiple_of_g(int.from_bytes(private_key, "big"), random)
    yield
    over = yield from multiples.inverse(z, p256.P)
    square = over * over % p256.P
    x = x * square % p256.P
    y = y * square % p256.P * over % p256.P
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def to_der(private_key: bytes, public: bytes) -> bytes:
    """Return the file of a key pair."""
    return _HEAD + private_key + _MIDDLE + public


def from_der(data: "Buffer") -> "tuple[bytes, bytes] | None":
    """Return (private key, public key) of a file that `to_der` made; None where it is none, or damaged in form."""
    data = bytes(data)
    if len(data) != _SIZE:
        return None
    private_key = data[len(_HEAD) : len(_HEAD) + KEY_BYTES]
    public = data[_PUBLIC_AT:]
    if to_der(private_key, public) != data or not 0 < int.from_bytes(private_key, "big") < p256.N:
        return None
    return (private_key, public) if p256.decode(public) else None
