"""What limbs.py and points.py do, on Python's integers: where no kernel is faster, and to hold the kernels against."""

from gridkeel.crypto import p256
from gridkeel.crypto.base_table import TABLE

OPERATION_CYCLES = 700000  # of a processor of 32 bits for one sum of two points


class Power:
    """value to a power modulo P or N, four bits of the exponent a step."""

    def __init__(self, value: int, modulus: int) -> None:
        self._modulus = modulus
        self._result = 1
        self._powers = powers = [1, value]
        for _ in range(14):
            powers.append(powers[-1] * value % modulus)

    def step(self, digit: int) -> None:
        """Take in the next four bits, the highest first."""
        modulus, result = self._modulus, self._result
        result = result * result % modulus
        result = result * result % modulus
        result = result * result % modulus
        self._result = result * result % modulus * self._powers[digit] % modulus

    def result(self) -> int:
        """Return the power; the last call."""
        return self._result


class Sum:
    """A point that is doubled and added to; starts at infinity."""

    def __init__(self) -> None:
        self._point = p256.INFINITY
        self._table: list[tuple[int, ...]] = []
        self._twice: tuple[int, ...] | None = None

    def result(self) -> "tuple[int, int, int]":
        """Return (x, y, z), Jacobian; the last call."""
        return self._point

    def double(self, times: int = 1) -> None:
        """Double the point, so many times over."""
        for _ in range(times):
            self._point = p256.double(*self._point)

    def begin_base(self, at: int, positive: bool, blind: int) -> None:
        """Become a point of the table of G, with `blind` as z."""
        x, y = _base(at, positive)
        square = blind * blind % p256.P
        self._point = x * square % p256.P, y * square * blind % p256.P, blind

    def add_base(self, at: int, positive: bool) -> None:
        """Add the point of the table at this byte, or its opposite."""
        x, y, z = self._point
        x2, y2 = _base(at, positive)
        self._point = p256.add_affine(x, y, z, x2, y2)

    def begin_table(self, x: int, y: int) -> None:
        """Take a point, whose odd multiples follow."""
        self._table.append(p256.cache(x, y, 1))
        self._twice = p256.cache(*p256.double(x, y, 1))
        self._point = x, y, 1

    def next_multiple(self, index: int) -> None:
        """Work out entry `index`, 1..7 in turn: 2 * index + 1 times the point."""
        x, y, z = self._point
        self._point = p256.add_cached(x, y, z, self._twice)
        self._table.append(p256.cache(*self._point))

    def end_table(self) -> None:
        """Become infinity."""
        self._point = p256.INFINITY

    def add_multiple(self, index: int, negative: bool) -> None:
        """Add 2 * index + 1 times the point, or its opposite."""
        x, y, z = self._point
        cached = self._table[index]
        self._point = p256.add_cached(x, y, z, p256.negative(cached) if negative else cached)


def _base(at, positive):
    y = int.from_bytes(TABLE[at + 32 : at + 64], "big")
    return int.from_bytes(TABLE[at : at + 32], "big"), y if positive else p256.P - y
