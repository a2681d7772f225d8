"""Simple values by their type, read from a BitReader.  Errors: ExiError where a value is outside of its type."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.exi.facets import check_bytes, check_characters, check_number, large, lowest, number_range
from gridkeel.v2g.exi.schema import (
    BINARY,
    BITS,
    BOOLEAN,
    ENUMERATION,
    LIMITED,
    SIGNED,
    STRING,
    UNSIGNED,
    width,
)

if TYPE_CHECKING:
    from gridkeel.protocols import ExiValue
    from gridkeel.v2g.exi.reader import BitReader


def read(bits: "BitReader", table: bytes, place: int) -> "ExiValue":
    """Return the next value, of the type whose four bytes begin at table[place]."""
    return _READ[table[place] & 15](bits, table, place)


def _boolean(bits, _table, _place):
    return bits.take(1) == 1


def read_length(bits: "BitReader") -> int:
    """Return how many characters a string has."""
    size = bits.unsigned(3) - 2
    if size < 0:
        raise bits.error("a reference to an earlier string, which ISO 15118 does not use")
    return size


def _string(bits, table, place):
    size = read_length(bits)
    check_characters(bits, table, place, size)
    return bits.characters(size)


def _binary(bits, table, place):
    size = bits.unsigned(3)
    check_bytes(bits, table, place, size)
    return bits.octets(size)


def _enumeration(bits, table, place):
    count = table[place + 1]
    index = bits.take(width(count - 1))
    check_number(bits, index, 0, count - 1)
    at = large(table, place)
    while index:
        at += 1 + table[at]
        index -= 1
    return str(table[at + 1 : at + 1 + table[at]], "ascii")


def _bits(bits, table, place):
    count, low = large(table, place), lowest(table, place)
    value = bits.take(width(count - 1)) + low
    check_number(bits, value, low, low + count - 1)
    return value


def _unsigned(bits, table, place):
    low, high, octets = number_range(table, place)
    value = bits.unsigned(octets)
    check_number(bits, value, low, high)
    return value


def _signed(bits, table, place):
    low, high, octets = number_range(table, place)
    negative = bits.take(1)
    value = bits.unsigned(octets)
    if negative:
        value = -value - 1
    check_number(bits, value, low, high)
    return value


_READ = {
    BOOLEAN: _boolean,
    STRING: _string,
    BINARY: _binary,
    ENUMERATION: _enumeration,
    BITS: _bits,
    UNSIGNED: _unsigned,
    SIGNED: _signed,
    LIMITED: _unsigned,
}
