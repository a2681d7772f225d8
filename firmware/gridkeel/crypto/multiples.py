"""Multiples of points of P-256, and inverses, in slices."""

from array import array

from gridkeel import TYPE_CHECKING, slices
from gridkeel.crypto import p256

if TYPE_CHECKING:
    from collections.abc import Generator

try:
    from gridkeel.crypto.field import OPERATION_CYCLES
    from gridkeel.crypto.limbs import Power
    from gridkeel.crypto.points import Sum
except (ImportError, SyntaxError, AttributeError):  # CPython, or a processor without kernels that are worth it
    from gridkeel.crypto.integers import OPERATION_CYCLES, Power, Sum  # type: ignore[assignment]

# The comb of G: five teeth, 64 bits apart, so that a scalar of 320 bits fits: a key of 256 and 64 of blinding.
TEETH = 5
SPACING = 64
WINDOW = 5

_OPERATIONS_MOST = 200  # in a slice
_BEGIN_OPERATIONS = 2  # what the start of a table is worth


class _Slice:
    """Counts point operations; left: before the next yield."""

    def __init__(self) -> None:
        self._most = self.left = slices.units(OPERATION_CYCLES, _OPERATIONS_MOST)

    def over(self, operations: int) -> bool:
        """Note that so many were done; return whether it is time to yield, and the next slice begins."""
        self.left -= operations
        if self.left > 0:
            return False
        self.left = self._most
        return True


def inverse(value: int, modulus: int) -> "Generator[None, None, int]":
    """Generator; return 1 / value modulo P or N, 0 for 0.  The same steps for every value (Fermat)."""
    part = _Slice()
    power = Power(value, modulus)
    for byte in (modulus - 2).to_bytes(32, "big"):
        power.step(byte >> 4)
        power.step(byte & 15)
        if part.over(1):
            yield
    return power.result()


class Comb:
    """A scalar of up to 320 bits in columns for the table of G: every digit of every column is +1 or -1."""

    def __init__(self, scalar: int) -> None:
        """scalar: 0 <= scalar < 2**320 - N; an even one is taken plus N, which is the same multiple of G."""
        if not scalar & 1:
            scalar += p256.N
        self._bits = ((scalar + (1 << TEETH * SPACING) - 1) >> 1).to_bytes(TEETH * SPACING // 8, "little")
        self.at = 0
        self.positive = False

    def select(self, column: int) -> None:
        """Set `at`, a byte of the table, and `positive` to what column 0..63 adds."""
        bits = self._bits
        byte, shift = column >> 3, column & 7
        index = 0
        for tooth in range(TEETH):
            index |= (bits[byte + 8 * tooth] >> shift & 1) << tooth
        self.positive = index >> (TEETH - 1) == 1
        self.at = (index & 15 if self.positive else ~index & 15) * 64


def multiply_base(scalar: int, blind: int) -> "Generator[None, None, tuple[int, int, int]]":
    """Generator; return the Jacobian scalar * G.

    scalar: as Comb's.  blind: 1..P-1, the first z, so that the coordinates met on the way are others each time.
    """
    comb = Comb(scalar)
    total = Sum()
    comb.select(SPACING - 1)
    total.begin_base(comb.at, comb.positive, blind)
    part = _Slice()
    for column in range(SPACING - 2, -1, -1):
        total.double()
        if part.over(1):
            yield
        comb.select(column)
        total.add_base(comb.at, comb.positive)
        if part.over(1):
            yield
    return total.result()


def sum_of_multiples(u1: int, u2: int, x: int, y: int) -> "Generator[None, None, tuple[int, int, int]]":
    """Generator; return the Jacobian u1 * G + u2 * (x, y), in one chain of doublings.

    u1, u2: 0..N-1, public: the steps depend on them.  (x, y): a point of the curve.
    """
    comb = Comb(u1)
    digits = signed_windows(u2)
    total = Sum()
    part = _Slice()
    yield from _odd_multiples(total, x, y, part)
    doublings = 0
    for at in range(len(digits) - 1, -1, -1):
        doublings += 1
        digit = digits[at]
        if not digit and at >= SPACING and doublings < part.left:
            continue
        total.double(doublings)
        if part.over(doublings):
            yield
        doublings = 0
        if digit:
            total.add_multiple((digit if digit > 0 else -digit) >> 1, digit < 0)
            if part.over(1):
                yield
        if at < SPACING:
            comb.select(at)
            total.add_base(comb.at, comb.positive)
            if part.over(1):
                yield
    return total.result()


def _odd_multiples(total, x, y, part):
    """Fill the table of a sum, which is infinity after it."""
    total.begin_table(x, y)
    if part.over(_BEGIN_OPERATIONS):
        yield
    for index in range(1, 8):
        total.next_multiple(index)
        if part.over(1):
            yield
    total.end_table()


def signed_windows(scalar: int) -> "array[int]":
    """Return a scalar below 2**256 as 257 digits, lowest first: 0, or odd from -15 to 15 with four zeros after it."""
    bits = scalar.to_bytes(34, "little")
    digits = array("b", bytes(257))
    carry = at = 0
    while at < 257:
        window = (bits[at >> 3] | bits[(at >> 3) + 1] << 8) >> (at & 7) & 31
        if window & 1 == carry:
            at += 1
            continue
        window += carry
        carry = window >> (WINDOW - 1)
        digits[at] = window - (carry << WINDOW)
        at += WINDOW
    return digits
