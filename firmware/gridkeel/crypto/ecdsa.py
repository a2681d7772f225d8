"""ECDSA on P-256 over SHA-256 digests, in slices: signing by RFC 6979, verifying, and the DER form of X.509.

A signature is r || s, 64 bytes.  Source: FIPS 186-4, chapter 6; SEC 1, chapter 4.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import der, multiples, p256
from gridkeel.crypto.refusals import UNKNOWN_CURVE
from gridkeel.crypto.rfc6979 import Nonces
from gridkeel.errors import CertificateError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.protocols import Buffer

DIGEST_BYTES = 32
SIGNATURE_BYTES = 64
_BLIND_BYTES = 8  # the room that multiples.Comb leaves above the scalar


def verify(public_key: bytes, digest: bytes, signature: bytes) -> "Generator[None, None, bool]":
    """Generator, yields None between slices; return whether the signature is this key's over the digest.

    public_key: 65 bytes 04 || x || y.  signature: 64 bytes.  Either may be anything: what is none is no match.
    Errors: ProtocolError where the digest is not 32 bytes.
    """
    z = _digest(digest)
    point = p256.decode(public_key)
    if point is None or len(signature) != SIGNATURE_BYTES:
        return False
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < p256.N and 0 < s < p256.N):
        return False
    w = yield from multiples.inverse(s, p256.N)
    yield
    x, _y, z2 = yield from multiples.sum_of_multiples(z * w % p256.N, r * w % p256.N, *point)
    yield
    return _is_x(r, x, z2 * z2 % p256.P)


def _digest(digest):
    if len(digest) != DIGEST_BYTES:
        raise ProtocolError("a digest is %d bytes of SHA-256, not %d" % (DIGEST_BYTES, len(digest)))
    return int.from_bytes(digest, "big") % p256.N


def _is_x(r, x, zz):
    # r is the affine x modulo N, and x = X / zz: compared without a division. At infinity zz is 0 and X is 1.
    while r < p256.P:
        if r * zz % p256.P == x:
            return True
        r += p256.N
    return False


def sign(private_key: bytes, digest: bytes, random: "Callable[[int], bytes]") -> "Generator[None, None, bytes]":
    """Generator, yields None between slices; return the signature, 64 bytes.

    private_key: 32 bytes, 1..N-1.  digest: 32 bytes.  random(n): n unpredictable bytes, for blinding alone: the
    signature does not depend on them.  What this hides and what it does not: docs/crypto.md.
    Errors: ProtocolError where the key or the digest is none.
    """
    z = _digest(digest)
    key = int.from_bytes(private_key, "big")
    if len(private_key) != 32 or not 0 < key < p256.N:
        raise ProtocolError("a private key is 32 bytes, 1 to the order of the curve less one")
    nonces = Nonces(private_key, z.to_bytes(32, "big"))
    while True:
        k = nonces.next()
        if 0 < k < p256.N:
            signature = yield from _attempt(key, z, k, random)
            if signature is not None:
                return signature
        nonces.reject()


def multiple_of_g(k: int, random: "Callable[[int], bytes]") -> "Generator[None, None, tuple[int, int, int]]":
    """Generator; return the Jacobian k * G.  k: a secret one, 1..N-1, which is met blinded by `random` alone."""
    mask = int.from_bytes(random(_BLIND_BYTES), "big")
    return (yield from multiples.multiply_base(k + mask * p256.N, _unit(random, p256.P)))


def _attempt(key, z, k, random):
    n = p256.N
    x, _y, z2 = yield from multiple_of_g(k, random)
    yield
    over = yield from multiples.inverse(z2 * z2 % p256.P, p256.P)
    r = x * over % p256.P % n
    yield
    blind = _unit(random, n)
    over = yield from multiples.inverse(k * blind % n, n)
    s = (z * blind + r * (key * blind % n)) % n * over % n
    if r == 0 or s == 0:
        return None
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _unit(random, modulus):
    return int.from_bytes(random(32), "big") % (modulus - 1) + 1


def from_der(data: "Buffer") -> bytes:
    """Return the 64 bytes of an ECDSA-Sig-Value.  Errors: CertificateError."""
    start, stop = der.whole(data, der.SEQUENCE)
    result = bytearray(SIGNATURE_BYTES)
    for end in (32, 64):
        first, after = der.positive(data, start, stop)
        if after - first > 32:
            raise CertificateError(UNKNOWN_CURVE, "signature of a larger curve than P-256")
        result[end - (after - first) : end] = data[first:after]
        start = after
    der.finish(start, stop)
    return bytes(result)
