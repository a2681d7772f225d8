"""One inverse on the processor's kernels: nothing is allocated for a step.

Numbers are in Montgomery's form, x * 2^256. Python's integers need a new piece of the heap for every step, and where
many small objects have broken it up, looking for one takes several times as long as the arithmetic.
"""

from gridkeel.crypto import formulas
from gridkeel.crypto.field import powers

_RESULT = 9
_FREE = 10  # from here on the powers 0 to 15
_SLOTS = _FREE + 16
# fmt: off
_SQUARED = bytes((formulas.TIMES, _RESULT, _RESULT, _RESULT, formulas.END))
_TIMES_ENTRY = bytes((formulas.TIMES, _RESULT, _RESULT, formulas.ENTRY, formulas.END))
_NEXT = bytes((formulas.TIMES, formulas.ENTRY + 1, formulas.ENTRY, _FREE + 1, formulas.END))
# fmt: on


class Power:
    """value to a power modulo P or N, four bits of the exponent a step."""

    def __init__(self, value: int, modulus: int) -> None:
        self._area = bytearray(_SLOTS * 32)
        self._run = powers.run
        powers.set_modulus(self._area, modulus)
        self._put(formulas.SQUARE, (1 << 512) % modulus)
        self._put(formulas.PLAIN, 1)
        for slot, number in ((_RESULT, 1), (_FREE, 1), (_FREE + 1, value % modulus)):
            self._put(slot, number)
            self._run(self._area, formulas.INTO_FORM, slot, 1)
        for entry in range(_FREE + 1, _SLOTS - 1):
            self._run(self._area, _NEXT, entry, 1)

    def step(self, digit: int) -> None:
        """Take in the next four bits, the highest first."""
        self._run(self._area, _SQUARED, 0, 4)
        self._run(self._area, _TIMES_ENTRY, _FREE + digit, 1)

    def result(self) -> int:
        """Return the power; the last call."""
        self._run(self._area, formulas.OUT_OF_FORM, _RESULT, 1)
        return powers.number(self._area, _RESULT)

    def _put(self, slot, value):
        self._area[slot * 32 : slot * 32 + 32] = value.to_bytes(32, "little")
