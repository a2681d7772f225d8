"""The kernels that run a formula, step by step against Python's integers: modulo P, in wide limbs up to 2 P."""

from crypto_noise import EXTREMES, Noise

from gridkeel.crypto import p256

try:
    from gridkeel.crypto import formulas
    from gridkeel.crypto.field import kernels
except (ImportError, SyntaxError, AttributeError):
    kernels = None
    print("SKIP crypto field: this port has none for its processor")

P = p256.P
A, B, OUT, MORE, SLOTS = 24, 25, 26, 30, 34


def fields():
    """Return (kernels, the largest number they take) of this processor."""
    if not kernels:
        return ()
    return ((kernels, P - 1 if kernels.FACTOR_BITS == 256 else 2 * P + (P >> 20)),)


class Row:
    """A row of numbers in a field's slots."""

    def __init__(self, field):
        self.field = field
        self.area = bytearray(SLOTS * field.SLOT_BYTES)
        field.set_modulus(self.area, P)

    def put(self, slot, value):
        """Put a number, also one that `load` has no room for."""
        if value >> 256:
            at = slot * self.field.SLOT_BYTES
            for limb in range(9):
                part = value >> 29 * limb & 0x1FFFFFFF if limb < 8 else value >> 232
                self.area[at + 4 * limb : at + 4 * limb + 4] = part.to_bytes(4, "little")
        else:
            self.field.load(self.area, slot, b"\xee" + value.to_bytes(32, "big") + b"\xee", 1)

    def get(self, slot):
        return self.field.number(self.area, slot)


def numbers(most):
    found = [value for value in EXTREMES + (P - 1, P, P + 1, (1 << 256) - 1, 1 << 256, 2 * P - 1, 2 * P, most)]
    noise = Noise()
    return [value for value in found if value <= most] + [noise.next(most) for _ in range(8)]


def check_step(field, most, operation, expected):
    row = Row(field)
    for a in numbers(most):
        for b in numbers(most):
            wanted = expected(a, b) % P
            for out in (OUT, A, B):
                row.put(A, a)
                row.put(B, b)
                field.run(row.area, bytes((operation, out, A, B, formulas.END)), 0, 1)
                found = row.get(out)
                assert found % P == wanted and found <= most, (operation, a, b, out)


def test_products():
    for field, most in fields():
        over = pow(1 << field.FACTOR_BITS, P - 2, P)
        check_step(field, most, formulas.TIMES, lambda a, b, over=over: a * b * over)


def test_sums():
    for field, most in fields():
        check_step(field, most, formulas.PLUS, lambda a, b: a + b)


def test_differences():
    for field, most in fields():
        check_step(field, most, formulas.LESS, lambda a, b: a - b)


def test_zero_in_all_its_forms():
    for field, most in fields():
        row = Row(field)
        for value in numbers(most):
            row.put(A, value)
            assert field.is_zero(row.area, A) == (value % P == 0), value


def test_entries_and_repetitions():
    for field, _most in fields():
        row = Row(field)
        for slot in range(A, SLOTS):
            row.put(slot, slot)
        first, second = formulas.ENTRY, formulas.ENTRY + 1
        steps = bytes((formulas.PLUS, first, first, B, formulas.PLUS, OUT, OUT, second, formulas.END))
        field.run(row.area, steps, MORE, 3)
        assert row.get(MORE) % P == MORE + 3 * B
        assert row.get(OUT) % P == OUT + 3 * (MORE + 1)


def test_numbers_come_back():
    for field, _most in fields():
        row = Row(field)
        for value in numbers(P - 1):
            row.put(A, value)
            assert row.get(A) == value
            assert row.get(A - 1) == row.get(A + 1) == 0
