"""One sum of multiples, and one inverse, on viper's kernels: nothing is allocated for a step.

Numbers are in Montgomery's form, x * 2^256. Python's integers need a new piece of the heap for every step, and where
many small objects have broken it up, looking for one takes several times as long as the arithmetic.
"""

from gridkeel.crypto import kernels, p256
from gridkeel.crypto.base_table import TABLE

# -1 / modulus modulo 2^32; its low half is the one modulo 2^16.
_N0 = {p256.P: 1, p256.N: 0xEE00BC4F}
wide = kernels.is_wide()
multiply = kernels.multiply_32 if wide else kernels.multiply_16
multiply_p = kernels.multiply_32 if wide else kernels.multiply_p  # modulo P

_MODULUS = 5
_SQUARE = 6  # 2^512, which takes a number into Montgomery's form
_PLAIN = 7  # 1, which takes it out
_ONE = 8
_FREE = 9


class _Area:
    """Slots for a modulus, the constants it needs, and `more`.  area: one that all of it is zero in, or None."""

    def __init__(self, modulus, more, area=None):
        self.n0 = _N0[modulus] if wide else _N0[modulus] & 0xFFFF
        self.area = area or bytearray((_FREE + more) * 32)
        self.put(_MODULUS, modulus)
        self.put(_SQUARE, (1 << 512) % modulus)
        self.put(_PLAIN, 1)
        self.put(_ONE, (1 << 256) % modulus)

    def put(self, slot, value):
        self.area[slot * 32 : slot * 32 + 32] = value.to_bytes(32, "little")

    def convert(self, slot):
        multiply(self.area, slot, slot, _SQUARE, self.n0)

    def get(self, slot):
        """Return the number, out of Montgomery's form; what was in the slot is lost."""
        multiply(self.area, slot, slot, _PLAIN, self.n0)
        return int.from_bytes(self.area[slot * 32 : slot * 32 + 32], "little")


class Power:
    """value to a power modulo P or N, four bits of the exponent a step."""

    def __init__(self, value, modulus):
        self._slots = slots = _Area(modulus, 17)
        area, n0 = slots.area, slots.n0
        slots.put(_FREE + 1, value % modulus)
        slots.convert(_FREE + 1)
        for digit in range(2, 16):
            multiply(area, _FREE + digit, _FREE + digit - 1, _FREE + 1, n0)
        slots.put(_FREE, 1)
        slots.convert(_FREE)
        kernels.add(area, _FREE + 16, _FREE, _FREE)
        kernels.subtract(area, _FREE + 16, _FREE + 16, _FREE)

    def step(self, digit):
        """Take in the next four bits, the highest first."""
        area, n0, result = self._slots.area, self._slots.n0, _FREE + 16
        for _ in range(4):
            multiply(area, result, result, result, n0)
        multiply(area, result, result, _FREE + digit, n0)

    def result(self):
        """Return the power; the last call."""
        return self._slots.get(_FREE + 16)


_X, _Y, _Z, _ZZ, _YY, _A, _B, _T, _ZERO, _QX, _QY, _U, _S, _H, _R = range(_FREE, _FREE + 15)
_TABLE = _FREE + 15
_ENTRY = 5  # x, y, z, z^2, z^3
_ENTRIES = 8


_SLOTS = 15 + _ENTRY * (_ENTRIES + 1)
# Reserved once: after some sessions a heap may not have 2.2 kB in one piece.
_reserved = [bytearray((_FREE + _SLOTS) * 32)]


class Sum:
    """A point that is doubled and added to; starts at infinity.

    Allocates: 2.2 kB where another is under way, or one was given up before its result; little else.
    """

    def __init__(self):
        self._slots = _Area(p256.P, _SLOTS, _reserved.pop() if _reserved else None)
        self._area = self._slots.area
        self._n0 = self._slots.n0

    def result(self):
        """Return (x, y, z), Jacobian; the last call."""
        point = self._slots.get(_X), self._slots.get(_Y), self._slots.get(_Z)
        area = self._area
        for slot in range(_FREE, _FREE + _SLOTS):
            kernels.subtract(area, slot, slot, slot)
        if not _reserved:
            _reserved.append(area)
        return point

    # --- multiples of G, from its table

    def begin_base(self, at, positive, blind):
        """Become a point of the table, with `blind` as z."""
        area, n0 = self._area, self._n0
        self._load_base(at, positive)
        self._slots.put(_Z, blind)
        self._slots.convert(_Z)
        multiply_p(area, _ZZ, _Z, _Z, n0)
        multiply_p(area, _X, _QX, _ZZ, n0)
        multiply_p(area, _ZZ, _ZZ, _Z, n0)
        multiply_p(area, _Y, _QY, _ZZ, n0)

    def add_base(self, at, positive):
        """Add the point of the table at this byte, or its opposite."""
        area, n0 = self._area, self._n0
        self._load_base(at, positive)
        if kernels.is_zero(area, _Z):
            self._become(_QX, _QY, _ONE)
            return
        multiply_p(area, _ZZ, _Z, _Z, n0)
        multiply_p(area, _U, _QX, _ZZ, n0)
        multiply_p(area, _S, _QY, _ZZ, n0)
        multiply_p(area, _S, _S, _Z, n0)
        self._add()

    def _load_base(self, at, positive):
        area = self._area
        kernels.load(area, _QX, TABLE, at)
        kernels.load(area, _QY, TABLE, at + 32)
        self._slots.convert(_QX)
        self._slots.convert(_QY)
        if not positive:
            kernels.subtract(area, _QY, _ZERO, _QY)

    # --- odd multiples of another point

    def begin_table(self, x, y):
        """Take a point, and its double into the place after the table's."""
        slots, first, spare = self._slots, _TABLE, _TABLE + _ENTRY * _ENTRIES
        slots.put(_X, x)
        slots.put(_Y, y)
        slots.convert(_X)
        slots.convert(_Y)
        kernels.add(self._area, _Z, _ONE, _ZERO)
        self._keep(first)
        self.double()
        self._keep(spare)
        self._become(first, first + 1, first + 2)

    def next_multiple(self, index):
        """Work out entry `index`, 1..7 in turn: 2 * index + 1 times the point."""
        self._add_kept(_TABLE + _ENTRY * _ENTRIES, False)
        self._keep(_TABLE + _ENTRY * index)

    def end_table(self):
        """Become infinity."""
        kernels.subtract(self._area, _Z, _Z, _Z)

    def add_multiple(self, index, negative):
        """Add 2 * index + 1 times the point, or its opposite."""
        self._add_kept(_TABLE + _ENTRY * index, negative)

    def _keep(self, slot):
        area, n0 = self._area, self._n0
        for part in range(3):
            kernels.add(area, slot + part, _X + part, _ZERO)
        multiply_p(area, slot + 3, _Z, _Z, n0)
        multiply_p(area, slot + 4, slot + 3, _Z, n0)

    def _add_kept(self, slot, negative):
        area, n0 = self._area, self._n0
        y = slot + 1
        if negative:
            kernels.subtract(area, _QY, _ZERO, y)
            y = _QY
        if kernels.is_zero(area, _Z):
            self._become(slot, y, slot + 2)
            return
        multiply_p(area, _ZZ, _Z, _Z, n0)
        multiply_p(area, _X, _X, slot + 3, n0)
        multiply_p(area, _Y, _Y, slot + 4, n0)
        multiply_p(area, _U, slot, _ZZ, n0)
        multiply_p(area, _S, y, _ZZ, n0)
        multiply_p(area, _S, _S, _Z, n0)
        multiply_p(area, _Z, _Z, slot + 2, n0)
        self._add()

    def _become(self, x, y, z):
        area = self._area
        kernels.add(area, _X, x, _ZERO)
        kernels.add(area, _Y, y, _ZERO)
        kernels.add(area, _Z, z, _ZERO)

    # --- the formulas of p256.py

    def double(self):
        """Double the point."""
        area, n0 = self._area, self._n0
        times, plus, less = multiply_p, kernels.add, kernels.subtract
        times(area, _ZZ, _Z, _Z, n0)
        times(area, _YY, _Y, _Y, n0)
        times(area, _B, _X, _YY, n0)
        less(area, _T, _X, _ZZ)
        plus(area, _A, _X, _ZZ)
        times(area, _T, _T, _A, n0)
        plus(area, _A, _T, _T)
        plus(area, _A, _A, _T)
        times(area, _Z, _Y, _Z, n0)
        plus(area, _Z, _Z, _Z)
        plus(area, _B, _B, _B)
        plus(area, _B, _B, _B)
        times(area, _X, _A, _A, n0)
        less(area, _X, _X, _B)
        less(area, _X, _X, _B)
        less(area, _T, _B, _X)
        times(area, _T, _A, _T, n0)
        plus(area, _YY, _YY, _YY)
        times(area, _YY, _YY, _YY, n0)
        plus(area, _YY, _YY, _YY)
        less(area, _Y, _T, _YY)

    def _add(self):
        # (_X, _Y) plus (_U, _S), both over the denominator _Z.
        area, n0 = self._area, self._n0
        times, plus, less = multiply_p, kernels.add, kernels.subtract
        less(area, _H, _U, _X)
        less(area, _R, _S, _Y)
        if kernels.is_zero(area, _H):
            if kernels.is_zero(area, _R):
                self.double()
            else:
                less(area, _Z, _Z, _Z)
            return
        times(area, _A, _H, _H, n0)
        times(area, _B, _H, _A, n0)
        times(area, _A, _X, _A, n0)
        times(area, _Y, _Y, _B, n0)
        times(area, _X, _R, _R, n0)
        less(area, _X, _X, _B)
        plus(area, _T, _A, _A)
        less(area, _X, _X, _T)
        less(area, _T, _A, _X)
        times(area, _T, _R, _T, n0)
        less(area, _Y, _T, _Y)
        times(area, _Z, _Z, _H, n0)
