"""A sum of multiples on the processor's kernels: nothing is allocated for a step."""

from gridkeel.crypto import formulas, p256
from gridkeel.crypto.base_table import TABLE
from gridkeel.crypto.field import kernels

_TABLE = formulas.FREE
_ENTRY = 5  # slots of a point that is kept
_ENTRIES = 8
_TWICE = _TABLE + _ENTRY * _ENTRIES
_SLOTS = _TWICE + _ENTRY
# Reserved once, and all zero while it lies here: after some sessions a heap may not have 2.5 kB in one piece.
_reserved = [bytearray(_SLOTS * kernels.SLOT_BYTES)]
_ZEROS = bytes(kernels.SLOT_BYTES)


class Sum:
    """A point that is doubled and added to; starts at infinity.

    Allocates: 2.5 kB where another is under way, or one was given up before its result; little else.
    """

    def __init__(self) -> None:
        self._run = kernels.run
        self._area = _reserved.pop() if _reserved else bytearray(_SLOTS * kernels.SLOT_BYTES)
        self._infinite = True
        kernels.set_modulus(self._area, p256.P)
        self._put(formulas.SQUARE, (1 << 2 * kernels.FACTOR_BITS) % p256.P)
        self._put(formulas.PLAIN, 1)
        self._put(formulas.ONE, (1 << kernels.FACTOR_BITS) % p256.P)

    def result(self) -> "tuple[int, int, int]":
        """Return (x, y, z), Jacobian; the last call."""
        point = self._get(formulas.X), self._get(formulas.Y), self._get(formulas.Z)
        size = kernels.SLOT_BYTES
        for at in range(0, _SLOTS * size, size):
            self._area[at : at + size] = _ZEROS
        if not _reserved:
            _reserved.append(self._area)
        return point

    def _put(self, slot, value):
        kernels.load(self._area, slot, value.to_bytes(32, "big"), 0)

    def _get(self, slot):
        self._run(self._area, formulas.OUT_OF_FORM, slot, 1)
        return kernels.number(self._area, slot) % p256.P

    def double(self, times: int = 1) -> None:
        """Double the point, so many times over."""
        self._run(self._area, formulas.DOUBLE, 0, times)

    # --- multiples of G, from its table

    def begin_base(self, at: int, positive: bool, blind: int) -> None:
        """Become a point of the table, with `blind` as z."""
        self._load_base(at, positive)
        self._put(formulas.Z, blind)
        self._run(self._area, formulas.BLIND, 0, 1)
        self._infinite = False

    def add_base(self, at: int, positive: bool) -> None:
        """Add the point of the table at this byte, or its opposite."""
        self._load_base(at, positive)
        self._add(formulas.WITH_BASE, formulas.BECOME_BASE, 0)

    def _load_base(self, at, positive):
        area, load = self._area, kernels.load
        load(area, formulas.QX, TABLE, at)
        load(area, formulas.QY, TABLE, at + 32)
        self._run(area, formulas.LOAD_BASE, 0, 1)
        if not positive:
            self._run(area, formulas.OPPOSITE, 0, 1)

    # --- odd multiples of another point

    def begin_table(self, x: int, y: int) -> None:
        """Take a point, and its double into the place after the table's."""
        area, run = self._area, self._run
        for slot, value in ((formulas.X, x), (formulas.Y, y), (formulas.Z, 1)):
            self._put(slot, value)
            run(area, formulas.INTO_FORM, slot, 1)
        self._infinite = False
        run(area, formulas.KEEP, _TABLE, 1)
        self.double()
        run(area, formulas.KEEP, _TWICE, 1)
        run(area, formulas.LOAD_ENTRY, _TABLE, 1)
        run(area, formulas.BECOME_ENTRY, _TABLE, 1)

    def next_multiple(self, index: int) -> None:
        """Work out entry `index`, 1..7 in turn: 2 * index + 1 times the point."""
        self._add_kept(_TWICE, False)
        self._run(self._area, formulas.KEEP, _TABLE + _ENTRY * index, 1)

    def end_table(self) -> None:
        """Become infinity."""
        self._vanish()

    def add_multiple(self, index: int, negative: bool) -> None:
        """Add 2 * index + 1 times the point, or its opposite."""
        self._add_kept(_TABLE + _ENTRY * index, negative)

    def _add_kept(self, entry, negative):
        self._run(self._area, formulas.LOAD_ENTRY, entry, 1)
        if negative:
            self._run(self._area, formulas.OPPOSITE, 0, 1)
        self._add(formulas.WITH_ENTRY, formulas.BECOME_ENTRY, entry)

    def _add(self, beside, become, entry):
        area, run, is_zero = self._area, self._run, kernels.is_zero
        if self._infinite:
            run(area, become, entry, 1)
            self._infinite = False
            return
        run(area, beside, entry, 1)
        if not is_zero(area, formulas.H):
            run(area, formulas.ADD, 0, 1)
        elif is_zero(area, formulas.R):
            self.double()
        else:
            self._vanish()

    def _vanish(self):
        self._run(self._area, formulas.BECOME_ZERO, 0, 1)
        self._infinite = True
