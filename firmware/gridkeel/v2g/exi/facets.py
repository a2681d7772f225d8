"""Limits of a simple type, from its four bytes in the table: kind, a small number, a large one.

The small number is a lowest value or length, or how many bits a number has; the large one a highest length, a count, a
lowest value, or where more of the type is.  `place` is where the four bytes begin, `bits` what reads or writes.
Errors: ExiError where a value is outside of its type.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.schema import LIMITED, SIGNED

if TYPE_CHECKING:
    from gridkeel.protocols import BitStream


def large(table: bytes, place: int) -> int:
    """Return the large number of a type."""
    return table[place + 2] << 8 | table[place + 3]


def check_characters(bits: "BitStream", table: bytes, place: int, size: int) -> None:
    """Make sure that a string may have this length."""
    _check(bits, size, table[place + 1], large(table, place) or bounds.STRING_CHARACTERS, "a length of %d characters")


def check_bytes(bits: "BitStream", table: bytes, place: int, size: int) -> None:
    """Make sure that a binary may have this length."""
    _check(bits, size, table[place + 1], large(table, place) or bounds.BINARY_BYTES, "a length of %d bytes")


def lowest(table: bytes, place: int) -> int:
    """Return the lowest value of an n-bit number: -128..127."""
    low = table[place + 1]
    return low - 256 if low > 127 else low


def number_range(table: bytes, place: int) -> "tuple[int, int, int]":
    """Return (lowest, highest, most octets of seven bits) of an unsigned or signed type."""
    kind, size, low = table[place] & 15, table[place + 1], large(table, place)
    if kind == LIMITED:
        return size, int.from_bytes(table[low + 1 : low + 1 + table[low]], "big"), (8 * table[low] + 6) // 7
    octets, magnitude_bits = bounds.INTEGER_OCTETS, 7 * bounds.INTEGER_OCTETS
    if size:
        magnitude_bits = size - 1 if kind == SIGNED else size
        octets = (magnitude_bits + 6) // 7
    highest = (1 << magnitude_bits) - 1
    return (-highest - 1 if kind == SIGNED else low), highest, octets


def _check(bits, value, low, high, text):
    if not low <= value <= high:
        raise bits.error((text + ", %d..%d are taken") % (value, low, high))


def check_number(bits: "BitStream", value: int, low: int, high: int) -> None:
    """Make sure that a number is in its range."""
    _check(bits, value, low, high, "%d")
