"""Random keys, messages and numbers: ECDSA here and in `cryptography` must say the same."""

from __future__ import annotations

from hashlib import sha256

from crypto_pki import drive
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridkeel.crypto import ecdsa, multiples, p256
from gridkeel.errors import CertificateError

KEYS = st.integers(1, p256.N - 1)
SCALARS = st.one_of(st.integers(0, p256.N - 1), st.integers(0, 300), st.integers(p256.N - 300, p256.N - 1))
EDGES = (0, 1, 2, p256.N - 1, p256.N, p256.N + 1, p256.P - p256.N, p256.P, 2**256 - 1)
NUMBERS = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**256 - 1))


def library_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def affine(point) -> tuple[int, int] | None:
    x, y, z = point
    if z == 0:
        return None
    over = pow(z, -1, p256.P)
    return x * over**2 % p256.P, y * over**3 % p256.P


def of_g(number: int) -> tuple[int, int] | None:
    if number % p256.N == 0:
        return None
    numbers = library_key(number % p256.N).public_key().public_numbers()
    return numbers.x, numbers.y


@given(KEYS, st.binary(max_size=200), st.randoms())
def test_signatures_are_those_of_the_library(number: int, message: bytes, random) -> None:
    key = library_key(number)
    ours = drive(ecdsa.sign(number.to_bytes(32, "big"), sha256(message).digest(), random.randbytes))
    theirs = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    assert ours == ecdsa.from_der(theirs)
    r, s = (int.from_bytes(part, "big") for part in (ours[:32], ours[32:]))
    key.public_key().verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


@given(KEYS, st.binary(max_size=200))
def test_random_signatures_of_the_library_pass(number: int, message: bytes) -> None:
    key = library_key(number)
    signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
    assert drive(ecdsa.verify(public_bytes(key), sha256(message).digest(), ecdsa.from_der(signature)))


@given(KEYS, st.binary(min_size=32, max_size=32), NUMBERS, NUMBERS)
@example(1, bytes(32), 1, 1)
def test_any_numbers_are_judged_alike(number: int, digest: bytes, r: int, s: int) -> None:
    assert agreed(number, digest, r, s) is False


@given(KEYS, st.binary(min_size=32, max_size=32), st.integers(0, 511))
def test_one_bit_off_is_judged_alike(number: int, digest: bytes, bit: int) -> None:
    der = library_key(number).sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    r, s = decode_dss_signature(der)
    assert agreed(number, digest, r, s) is True
    assert agreed(number, digest, r ^ (1 << bit & 2**256 - 1), s ^ (1 << bit >> 256)) is False


def agreed(number: int, digest: bytes, r: int, s: int) -> bool:
    """Return what both sides say of a signature."""
    key = library_key(number)
    try:
        key.public_key().verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        theirs = True
    except InvalidSignature:
        theirs = False
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    ours = drive(ecdsa.verify(public_bytes(key), digest, signature))
    assert ours == theirs
    return ours


@given(st.integers(0, 2**320 - 2**256), st.integers(1, p256.P - 1))
@example(2**319, 1)
@example(2**256 - 1, p256.P - 1)
def test_multiples_of_g(scalar: int, blind: int) -> None:
    assert affine(drive(multiples.multiply_base(scalar, blind))) == of_g(scalar)


@settings(max_examples=200)
@given(SCALARS, SCALARS, KEYS)
@example(p256.N - 1, 1, 1)
def test_sums_of_multiples(u1: int, u2: int, number: int) -> None:
    point = of_g(number)
    assert point is not None
    assert affine(drive(multiples.sum_of_multiples(u1, u2, *point))) == of_g(u1 + u2 * number)


@given(SCALARS, st.integers(1, p256.N - 1))
def test_sums_that_vanish_or_double(u: int, number: int) -> None:
    # u2 * Q is the opposite of u1 * G, or the same point.
    point = of_g(number)
    over = pow(number, -1, p256.N)
    opposite, same = -u * over % p256.N, u * over % p256.N
    assert affine(drive(multiples.sum_of_multiples(u, opposite, *point))) is None
    assert affine(drive(multiples.sum_of_multiples(u, same, *point))) == of_g(2 * u)


@given(st.integers(0, 2**256), st.sampled_from((p256.P, p256.N)))
def test_inverses(value: int, modulus: int) -> None:
    expected = pow(value, -1, modulus) if value % modulus else 0
    assert drive(multiples.inverse(value, modulus)) == expected


@given(st.integers(1, 2**264), st.integers(1, 2**264))
def test_der_of_signatures(r: int, s: int) -> None:
    data = encode_dss_signature(r, s)
    if r < 2**256 and s < 2**256:
        assert ecdsa.from_der(data) == r.to_bytes(32, "big") + s.to_bytes(32, "big")
    else:
        try:
            ecdsa.from_der(data)
        except CertificateError:
            return
        raise AssertionError("more than 32 bytes taken")


@given(st.binary(min_size=65, max_size=65), st.booleans())
def test_points_are_judged_alike(data: bytes, marked: bool) -> None:
    if marked:
        data = b"\x04" + data[1:]
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
        theirs = True
    except ValueError:
        theirs = False
    assert (p256.decode(data) is not None) == theirs
