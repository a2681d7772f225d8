"""Viper's 256-bit arithmetic, in limbs of 16 and of 32 bits, against Python's integers; sums of points on both."""

from der_maker import G, drive
from repeatable_random import EXTREMES, RepeatableRandom
from rfc6979_vectors import PUBLIC, SAMPLE

from gridkeel.crypto import integers, multiples, p256
from gridkeel.crypto.base_table import TABLE

try:
    from gridkeel.crypto import kernels, limbs, points
except (ImportError, SyntaxError, AttributeError):
    kernels = None
    print("SKIP crypto kernels: this port has no viper")

MODULUS, A, B, OUT, SLOTS = 5, 7, 8, 9, 11
R = 1 << 256


def put(area, slot, value):
    area[slot * 32 : slot * 32 + 32] = value.to_bytes(32, "little")


def get(area, slot):
    return int.from_bytes(area[slot * 32 : slot * 32 + 32], "little")


def area_of(modulus):
    area = bytearray(SLOTS * 32)
    put(area, MODULUS, modulus)
    return area


def pairs(modulus):
    edges = EXTREMES + tuple(modulus - 1 - value for value in EXTREMES[:6]) + ((R - 1) % modulus, R % modulus)
    for a in edges:
        for b in (0, 1, modulus - 1, a, R % modulus):
            yield a, b
    noise = RepeatableRandom()
    for _ in range(60):
        yield noise.below(modulus), noise.below(modulus)


def check(work, modulus, expected):
    area = area_of(modulus)
    for a, b in pairs(modulus):
        put(area, A, a)
        put(area, B, b)
        work(area)
        assert get(area, OUT) == expected(a, b), (a, b)
        assert (get(area, A), get(area, B), get(area, MODULUS)) == (a, b, modulus)


def check_products(modulus, n0):
    over = pow(R, modulus - 2, modulus)

    def expected(a, b):
        return a * b * over % modulus

    check(lambda area: kernels.multiply_16(area, OUT, A, B, n0 & 0xFFFF), modulus, expected)
    if modulus == p256.P:
        check(lambda area: kernels.multiply_p(area, OUT, A, B, n0), modulus, expected)
    if limbs.wide:
        check(lambda area: kernels.multiply_32(area, OUT, A, B, n0), modulus, expected)


def test_products_agree_with_integers():
    if not kernels:
        return
    for modulus, n0 in ((p256.P, 1), (p256.N, 0xEE00BC4F)):
        assert (modulus * n0 + 1) % (1 << 32) == 0
        check_products(modulus, n0)


def check_sums(modulus):
    check(lambda area: kernels.add(area, OUT, A, B), modulus, lambda a, b: (a + b) % modulus)
    check(lambda area: kernels.subtract(area, OUT, A, B), modulus, lambda a, b: (a - b) % modulus)


def test_sums_and_differences_agree_with_integers():
    if not kernels:
        return
    for modulus in (p256.P, p256.N):
        check_sums(modulus)


def check_output(out, a, b):
    area = area_of(p256.P)
    over = pow(R, p256.P - 2, p256.P)
    for work, expected in (
        (lambda: limbs.multiply(area, out, A, B, 1), a * b * over % p256.P),
        (lambda: kernels.add(area, out, A, B), (a + b) % p256.P),
        (lambda: kernels.subtract(area, out, A, B), (a - b) % p256.P),
    ):
        put(area, A, a)
        put(area, B, b)
        work()
        assert get(area, out) == expected


def test_an_output_may_be_one_of_the_inputs():
    if not kernels:
        return
    noise = RepeatableRandom()
    for out in (A, B):
        check_output(out, noise.below(p256.P), noise.below(p256.P))


def test_numbers_are_loaded_and_zero_is_found():
    if not kernels:
        return
    area = area_of(p256.P)
    data = b"\xaa" + bytes(range(1, 33)) + b"\xbb"
    kernels.load(area, A, data, 1)
    assert get(area, A) == int.from_bytes(data[1:33], "big")
    assert not kernels.is_zero(area, A) and kernels.is_zero(area, B)
    for bit in (0, 15, 16, 128, 255):
        put(area, A, 1 << bit)
        assert not kernels.is_zero(area, A)
        assert kernels.is_zero(area, A - 1) and kernels.is_zero(area, A + 1)


def affine(point):
    x, y, z = point
    if z == 0:
        return None
    over = pow(z, p256.P - 2, p256.P)
    return x * over * over % p256.P, y * over * over * over % p256.P


def both(steps):
    """Return what a list of (method, arguments) comes to on limbs and on integers."""
    found = []
    for kind in (points.Sum, integers.Sum):
        total = kind()
        for method, arguments in steps:
            getattr(total, method)(*arguments)
        found.append(affine(total.result()))
    return found


def test_sums_of_points_of_every_kind_agree_with_integers():
    if not kernels:
        return
    gx, gy = p256.decode(G)
    first = [("begin_table", (gx, gy))] + [("next_multiple", (index,)) for index in range(1, 8)] + [("end_table", ())]
    for more in (
        [],
        [("double", ())],
        [("double", (3,))],
        [("add_multiple", (0, False))],
        [("add_multiple", (7, True))],
        [("add_multiple", (3, False)), ("add_multiple", (3, False))],
        [("add_multiple", (3, False)), ("add_multiple", (3, True))],
        [("add_multiple", (3, False)), ("add_multiple", (3, True)), ("double", ()), ("add_multiple", (1, True))],
        [("add_multiple", (5, False)), ("double", (4,)), ("add_multiple", (2, True))],
        [("add_base", (64, True))],
        [("add_base", (0, False)), ("add_base", (960, True)), ("double", ())],
        [("add_base", (128, True)), ("add_base", (128, True))],
        [("add_base", (128, True)), ("add_base", (128, False))],
        [("add_base", (128, True)), ("add_base", (128, False)), ("add_base", (192, False))],
        [("begin_base", (320, False, 12345)), ("double", ()), ("add_base", (64, True)), ("add_multiple", (6, False))],
    ):
        one, other = both(first + more)
        assert one == other, more
    assert len(TABLE) == 1024


def test_powers_agree_with_integers():
    if not kernels:
        return
    noise = RepeatableRandom()
    for modulus in (p256.P, p256.N):
        for value in (0, 1, modulus - 1, noise.below(modulus), noise.below(modulus)):
            found = []
            for kind in (limbs.Power, integers.Power):
                power = kind(value, modulus)
                for digit in (0, 1, 15, 7, 0, 8, 3):
                    power.step(digit)
                found.append(power.result())
            assert found[0] == found[1] == pow(value, 0x01F7083, modulus)


def test_a_signature_is_verified_in_limbs_of_16_bits():
    # What a 32-bit board does, on whatever this is.
    if not kernels:
        return
    from hashlib import sha256

    from gridkeel.crypto import ecdsa

    before = limbs.wide, limbs.multiply, points.field
    limbs.wide, limbs.multiply, points.field = False, kernels.multiply_16, kernels
    try:
        assert drive(ecdsa.verify(PUBLIC, sha256(b"sample").digest(), SAMPLE)) is True
        assert drive(ecdsa.verify(PUBLIC, sha256(b"simple").digest(), SAMPLE)) is False
        test_sums_of_points_of_every_kind_agree_with_integers()
    finally:
        limbs.wide, limbs.multiply, points.field = before


def test_signed_windows_add_up_to_their_scalar():
    noise = RepeatableRandom()
    for scalar in EXTREMES + (p256.N - 1, (1 << 256) - 1, 31, 0x5555 << 200) + tuple(noise.below(R) for _ in range(20)):
        digits = multiples.signed_windows(scalar)
        assert sum(digits[at] << at for at in range(257)) == scalar
        last = -9
        for at in range(257):
            if digits[at]:
                assert digits[at] & 1 and -15 <= digits[at] <= 15 and at - last >= 5
                last = at
