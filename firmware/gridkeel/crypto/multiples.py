"""Multiples of points of P-256, and inverses, in slices."""

from array import array

from gridkeel.crypto import p256
from gridkeel.crypto.base_table import TABLE

# The comb of G: five teeth, 64 bits apart, so that a scalar of 320 bits fits: a key of 256 and 64 of blinding.
TEETH = 5
SPACING = 64

# Point operations between two yields. One takes about 20 us on the virtual board, which makes slices of 1 ms; a
# microcontroller at 240 MHz needs about 1 ms for one, so its board file sets 2 here.
operations_a_slice = 48


def inverse(value, modulus):
    """Generator; return 1 / value modulo a prime, 0 for 0.  The same steps for every value (Fermat)."""
    powers = [1, value]
    for _ in range(14):
        powers.append(powers[-1] * value % modulus)
    result = 1
    left = operations_a_slice
    for byte in (modulus - 2).to_bytes(32, "big"):
        for digit in (byte >> 4, byte & 15):
            result = result * result % modulus
            result = result * result % modulus
            result = result * result % modulus
            result = result * result % modulus * powers[digit] % modulus
        left -= 1
        if left <= 0:
            left = operations_a_slice
            yield
    return result


class Comb:
    """A scalar of up to 320 bits in columns for the table of G: every digit of every column is +1 or -1."""

    def __init__(self, scalar):
        """scalar: 0 <= scalar < 2**320 - N; an even one is taken plus N, which is the same multiple of G."""
        if not scalar & 1:
            scalar += p256.N
        self._bits = ((scalar + (1 << TEETH * SPACING) - 1) >> 1).to_bytes(TEETH * SPACING // 8, "little")

    def entry(self, column):
        """Return the affine (x, y) that column 0..63 adds; the doublings between the columns are the caller's."""
        bits = self._bits
        byte, shift = column >> 3, column & 7
        index = 0
        for tooth in range(TEETH):
            index |= (bits[byte + 8 * tooth] >> shift & 1) << tooth
        positive = index >> (TEETH - 1)
        at = (index & 15 if positive else ~index & 15) * 64
        y = int.from_bytes(TABLE[at + 32 : at + 64], "big")
        return int.from_bytes(TABLE[at : at + 32], "big"), y if positive else p256.P - y


def multiply_base(scalar, blind):
    """Generator; return the Jacobian scalar * G.

    scalar: as Comb's.  blind: 1..P-1, the first z, so that the coordinates met on the way are others each time.
    """
    comb = Comb(scalar)
    x, y = comb.entry(SPACING - 1)
    square = blind * blind % p256.P
    x, y, z = x * square % p256.P, y * square * blind % p256.P, blind
    left = operations_a_slice
    for column in range(SPACING - 2, -1, -1):
        x, y, z = p256.double(x, y, z)
        x2, y2 = comb.entry(column)
        x, y, z = p256.add_affine(x, y, z, x2, y2)
        left -= 2
        if left <= 0:
            left = operations_a_slice
            yield
    return x, y, z


def sum_of_multiples(u1, u2, x, y):
    """Generator; return the Jacobian u1 * G + u2 * (x, y), in one chain of doublings.

    u1, u2: 0..N-1, public: the steps depend on them.  (x, y): a point of the curve.
    """
    comb = Comb(u1)
    digits = _signed_windows(u2)
    table = yield from _odd_multiples(x, y)
    x, y, z = p256.INFINITY
    left = operations_a_slice
    for at in range(len(digits) - 1, -1, -1):
        x, y, z = p256.double(x, y, z)
        digit = digits[at]
        if digit:
            x, y, z = p256.add_cached(x, y, z, table[digit >> 1] if digit > 0 else p256.negative(table[-digit >> 1]))
            left -= 1
        if at < SPACING:
            x2, y2 = comb.entry(at)
            x, y, z = p256.add_affine(x, y, z, x2, y2)
            left -= 1
        left -= 1
        if left <= 0:
            left = operations_a_slice
            yield
    return x, y, z


def _signed_windows(scalar):
    # 257 digits, lowest first: 0, or odd from -15 to 15 with at least four zeros after it.
    digits = array("b", bytes(257))
    at = 0
    while scalar:
        if scalar & 1:
            digit = scalar & 31
            if digit > 15:
                digit -= 32
            scalar -= digit
            digits[at] = digit
        scalar >>= 1
        at += 1
    return digits


def _odd_multiples(x, y):
    # Generator; 1, 3, .. 15 times a point.
    twice = p256.cache(*p256.double(x, y, 1))
    z = 1
    table = [p256.cache(x, y, z)]
    left = operations_a_slice
    for _ in range(7):
        x, y, z = p256.add_cached(x, y, z, twice)
        table.append(p256.cache(x, y, z))
        left -= 1
        if left <= 0:
            left = operations_a_slice
            yield
    return table
