"""One inverse on viper's kernels: nothing is allocated for a step.

Numbers are in Montgomery's form, x * 2^256. Python's integers need a new piece of the heap for every step, and where
many small objects have broken it up, looking for one takes several times as long as the arithmetic.
"""

from gridkeel.crypto import kernels, p256

# -1 / modulus modulo 2^32; its low half is the one modulo 2^16.
_N0 = {p256.P: 1, p256.N: 0xEE00BC4F}
wide = kernels.is_wide(b"\xff\xff\xff\xff")
multiply = kernels.multiply_32 if wide else kernels.multiply_16

_MODULUS = 5
_SQUARE = 6  # 2^512, which takes a number into Montgomery's form
_PLAIN = 7  # 1, which takes it out
_ONE = 8
_FREE = 9


class _Area:
    """Slots for a modulus, the constants it needs, and `more`."""

    def __init__(self, modulus, more):
        self.n0 = _N0[modulus] if wide else _N0[modulus] & 0xFFFF
        self.area = bytearray((_FREE + more) * 32)
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

    def __init__(self, value: int, modulus: int) -> None:
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

    def step(self, digit: int) -> None:
        """Take in the next four bits, the highest first."""
        area, n0, result = self._slots.area, self._slots.n0, _FREE + 16
        for _ in range(4):
            multiply(area, result, result, result, n0)
        multiply(area, result, result, _FREE + digit, n0)

    def result(self) -> int:
        """Return the power; the last call."""
        return self._slots.get(_FREE + 16)
