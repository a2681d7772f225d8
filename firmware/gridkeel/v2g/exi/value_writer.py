"""Simple values by their type, appended to a BitWriter.  Errors: ExiError where a value is outside of its type."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.exi.facets import check_bytes, check_characters, check_number, large, lowest, number_range
from gridkeel.v2g.exi.reader import is_character
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
    from collections.abc import Generator

    from gridkeel.protocols import ExiValue
    from gridkeel.v2g.exi.writer import BitWriter


def write(bits: "BitWriter", table: bytes, place: int, value: "ExiValue") -> None:
    """Append a value of the type whose four bytes begin at table[place]."""
    _WRITE[table[place] & 15](bits, table, place, value)


def _demand(bits, value, kind, name):
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise bits.error("%r is no %s" % (value, name))


def _boolean(bits, _table, _place, value):
    _demand(bits, value, bool, "bool")
    bits.put(1 if value else 0, 1)


def _string(bits, table, place, value):
    _demand(bits, value, str, "str")
    check_characters(bits, table, place, len(value))
    write_characters(bits, value)


def write_characters(bits: "BitWriter", value: str) -> None:
    """Append a string: its length and two, then its code points."""
    bits.unsigned(len(value) + 2)
    octets = value.encode()
    if octets and len(octets) == len(value) and min(octets) >= 0x20:
        bits.octets(octets)
        return
    for code in code_points(octets):
        if not is_character(code):
            raise bits.error("%d is no character of XML" % code)
        bits.unsigned(code)


def code_points(octets: bytes) -> "Generator[int, None, None]":
    """Yield the code points of UTF-8; a letter taken out of a str would be among MicroPython's names for ever."""
    code = left = 0
    for octet in octets:
        if octet & 0xC0 == 0x80:
            code = code << 6 | octet & 0x3F
            left -= 1
        else:
            left = 0 if octet < 0x80 else 1 if octet < 0xE0 else 2 if octet < 0xF0 else 3
            code = octet & 0x7F >> left
        if not left:
            yield code


def _binary(bits, table, place, value):
    _demand(bits, value, (bytes, bytearray, memoryview), "bytes")
    check_bytes(bits, table, place, len(value))
    bits.unsigned(len(value))
    bits.octets(value)


def _enumeration(bits, table, place, value):
    _demand(bits, value, str, "str")
    wanted, at, count = value.encode(), large(table, place), table[place + 1]
    for index in range(count):
        size = table[at]
        if size == len(wanted) and table[at + 1 : at + 1 + size] == wanted:
            bits.put(index, width(count - 1))
            return
        at += 1 + size
    raise bits.error("%r is none of the enumeration" % value)


def _bits(bits, table, place, value):
    _demand(bits, value, int, "int")
    count, low = large(table, place), lowest(table, place)
    check_number(bits, value, low, low + count - 1)
    bits.put(value - low, width(count - 1))


def _unsigned(bits, table, place, value):
    _demand(bits, value, int, "int")
    low, high, _octets = number_range(table, place)
    check_number(bits, value, low, high)
    bits.unsigned(value)


def _signed(bits, table, place, value):
    _demand(bits, value, int, "int")
    low, high, _octets = number_range(table, place)
    check_number(bits, value, low, high)
    bits.put(1 if value < 0 else 0, 1)
    bits.unsigned(-value - 1 if value < 0 else value)


_WRITE = {
    BOOLEAN: _boolean,
    STRING: _string,
    BINARY: _binary,
    ENUMERATION: _enumeration,
    BITS: _bits,
    UNSIGNED: _unsigned,
    SIGNED: _signed,
    LIMITED: _unsigned,
}
