"""The processor's arithmetic modulo P and N against Python's integers; sums of points on both."""

from der_maker import G, drive
from repeatable_random import EXTREMES, RepeatableRandom
from rfc6979_vectors import PUBLIC, SAMPLE

from gridkeel.crypto import integers, multiples, p256
from gridkeel.crypto.base_table import TABLE

try:
    from gridkeel.crypto import formulas, limbs, points
    from gridkeel.crypto.field import powers
except (ImportError, SyntaxError, AttributeError):
    powers = None
    print("SKIP crypto kernels: this port has none for its processor")

A, B, OUT, SLOTS = 27, 28, 29, 31
R = 1 << 256


def put(area, slot, value):
    area[slot * 32 : slot * 32 + 32] = value.to_bytes(32, "little")


def area_of(modulus):
    area = bytearray(SLOTS * 32)
    powers.set_modulus(area, modulus)
    return area


def pairs(modulus):
    edges = EXTREMES + tuple(modulus - 1 - value for value in EXTREMES[:6]) + ((R - 1) % modulus, R % modulus)
    for a in edges:
        for b in (0, 1, modulus - 1, a, R % modulus):
            yield a, b
    noise = RepeatableRandom()
    for _ in range(60):
        yield noise.below(modulus), noise.below(modulus)


def check(modulus, operation, expected):
    area = area_of(modulus)
    for a, b in pairs(modulus):
        for out in (OUT, A, B):  # an output may be an input
            put(area, A, a)
            put(area, B, b)
            powers.run(area, bytes((operation, out, A, B, formulas.END)), 0, 1)
            assert powers.number(area, out) == expected(a, b), (a, b)
            assert out == A or powers.number(area, A) == a
            assert out == B or powers.number(area, B) == b


def test_products_agree_with_integers():
    if not powers:
        return
    for modulus in (p256.P, p256.N):
        over = pow(R, modulus - 2, modulus)
        check(modulus, formulas.TIMES, lambda a, b, modulus=modulus, over=over: a * b * over % modulus)


def test_sums_and_differences_agree_with_integers():
    # Powers need none, but where one kernel does all it does these for any modulus.
    if not powers or powers is not points.kernels:
        return
    for modulus in (p256.P, p256.N):
        check(modulus, formulas.PLUS, lambda a, b, modulus=modulus: (a + b) % modulus)
        check(modulus, formulas.LESS, lambda a, b, modulus=modulus: (a - b) % modulus)


def test_numbers_are_loaded_and_zero_is_found():
    if not powers:
        return
    kernels = points.kernels
    area = bytearray(SLOTS * kernels.SLOT_BYTES)
    data = b"\xaa" + bytes(range(1, 33)) + b"\xbb"
    kernels.load(area, A, data, 1)
    assert kernels.number(area, A) == int.from_bytes(data[1:33], "big")
    assert not kernels.is_zero(area, A) and kernels.is_zero(area, B)
    for bit in (0, 15, 16, 128, 255):
        kernels.load(area, A, (1 << bit).to_bytes(32, "big"), 0)
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
    if not powers:
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


def test_two_sums_under_way_have_an_area_each():
    if not powers:
        return
    one, other = points.Sum(), points.Sum()
    assert len(one._area) == len(other._area) and one._area is not other._area
    for total in (one, other):
        total.add_base(64, True)
    other.double()
    single, twice = integers.Sum(), integers.Sum()
    for total in (single, twice):
        total.add_base(64, True)
    twice.double()
    assert affine(one.result()) == affine(single.result())
    assert affine(other.result()) == affine(twice.result())
    area, third = one._area, points.Sum()
    assert third._area is area, "what was reserved is used again"
    third.result()


def test_a_sum_leaves_nothing_of_its_points_behind():
    if not powers:
        return
    one = points.Sum()
    area = one._area
    one.add_base(64, True)
    assert any(area)
    one.result()
    assert not any(area), "what a key was multiplied with is nobody else's"


def test_powers_agree_with_integers():
    if not powers:
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


def test_a_signature_is_verified_alike_on_the_kernels_and_on_integers():
    if not powers:
        return
    from hashlib import sha256

    from gridkeel.crypto import ecdsa

    before = multiples.Power, multiples.Sum
    for kind in (limbs.Power, points.Sum), (integers.Power, integers.Sum):
        multiples.Power, multiples.Sum = kind
        try:
            assert drive(ecdsa.verify(PUBLIC, sha256(b"sample").digest(), SAMPLE)) is True
            assert drive(ecdsa.verify(PUBLIC, sha256(b"simple").digest(), SAMPLE)) is False
        finally:
            multiples.Power, multiples.Sum = before


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
