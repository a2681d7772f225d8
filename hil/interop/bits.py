"""EXI messages that no encoder makes: the bits of a good one, with byte strings in it exchanged for longer ones.

A byte string is in the stream as its length (an unsigned integer, seven bits an octet, the lowest first, the top
bit set where more follow) and its octets, at any bit. Octets go out and come in, so the end stays where it was
within its byte.
"""

from __future__ import annotations

from host_tools.errors import ToolError


def replaced(message: bytes, old: bytes, new: bytes) -> bytes:
    """Return the message with one byte string exchanged.  Errors: ToolError where `old` is not once in it."""
    bits, found = _bits(message), _string(old)
    at = _only(bits, found)
    return _octets(bits[:at] + _string(new) + bits[at + len(found) :])


def appended(message: bytes, last: tuple[bytes, bytes], new: bytes) -> bytes:
    """Return the message with one more item behind a list of byte strings that ends with the two of `last`.

    What is between those two, the codes of an item's end and of the next one's begin, is written once more: as an
    encoder would that knows no end of the list. The padding may come out an octet longer.
    """
    bits = _bits(message)
    before, after = (_string(each) for each in last)
    between = bits[_only(bits, before) + len(before) : _only(bits, after)]
    end = _only(bits, after) + len(after)
    made = bits[:end] + between + _string(new) + bits[end:]
    return _octets(made + "0" * (-len(made) % 8))


def _string(data: bytes) -> str:
    length, octets = len(data), bytearray()
    while length > 0x7F:
        octets.append(length & 0x7F | 0x80)
        length >>= 7
    octets.append(length)
    return _bits(bytes(octets) + data)


def _bits(data: bytes) -> str:
    return "".join(f"{octet:08b}" for octet in data)


def _octets(bits: str) -> bytes:
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _only(bits: str, part: str) -> int:
    if bits.count(part) != 1:
        raise ToolError(f"a byte string is {bits.count(part)} times in the message, not once")
    return bits.index(part)
