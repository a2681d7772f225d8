"""The field kernels of a formula's steps at their edges: no number below zero, no zero that is none."""

from gridkeel.crypto import p256

try:
    from gridkeel.crypto import formulas, points
except (ImportError, SyntaxError, AttributeError):
    points = None
    print("SKIP crypto field kernels: this port has none for its processor")

OUT, A, B = 9, 10, 11
EDGES = (0, 1, 2, p256.P - 1, p256.P - 2, 1 << 29, 1 << 232, (1 << 232) - 1, 1 << 255, p256.P - (1 << 232))


def area_of(field):
    area = bytearray(12 * field.SLOT_BYTES)
    field.set_modulus(area, p256.P)
    return area


def test_sums_and_differences_stay_between_zero_and_a_little_over_twice_the_prime():
    if not points:
        return
    field, steps = points.kernels, ((formulas.PLUS, 1), (formulas.LESS, -1))
    area = area_of(field)
    for a in EDGES:
        for b in EDGES:
            field.load(area, A, a.to_bytes(32, "big"), 0)
            field.load(area, B, b.to_bytes(32, "big"), 0)
            for step, sign in steps:
                field.run(area, bytes((step, OUT, A, B, formulas.END)), 0, 1)
                found = field.number(area, OUT)
                assert found % p256.P == (a + sign * b) % p256.P and found < 3 * p256.P, (a, b, sign)


def test_zero_is_zero_and_its_multiples_and_nothing_else():
    if not points:
        return
    field = points.kernels
    area = area_of(field)
    for bit in range(256):
        field.load(area, A, (1 << bit).to_bytes(32, "big"), 0)
        assert not field.is_zero(area, A), bit
    for a in EDGES:
        field.load(area, A, a.to_bytes(32, "big"), 0)
        assert bool(field.is_zero(area, A)) is (a == 0)
        field.run(area, bytes((formulas.LESS, OUT, A, A, formulas.END)), 0, 1)
        assert field.is_zero(area, OUT)
