"""Strict DER by positions: definite, minimal lengths and single-byte tags; nothing is copied and nothing recurses.

Every function takes the bytes, a position and the end of the element around it, and refuses what reaches past that.
Source: ITU-T X.690, chapters 8 and 10.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto.refusals import ENCODING
from gridkeel.errors import CertificateError

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31


def refuse(text: str, at: int) -> None:
    """Raise CertificateError with the code ENCODING."""
    raise CertificateError(ENCODING, "%s at byte %d" % (text, at))


def element(data: "Buffer", at: int, end: int, tag: int) -> "tuple[int, int]":
    """Return (start, stop) of the contents of the element at `at`, which must have this tag."""
    if at >= end or data[at] != tag:
        refuse("no element of tag %02x" % tag, at)
    return contents(data, at, end)


def contents(data: "Buffer", at: int, end: int) -> "tuple[int, int]":
    """Return (start, stop) of the contents of the element at `at`, whatever its tag."""
    start = at + 2
    if start > end:
        refuse("element cut off", at)
    if data[at] & 0x1F == 0x1F or data[at] == 0:
        refuse("tag of several bytes", at)
    length = data[at + 1]
    if length & 0x80:
        count = length & 0x7F
        start += count
        if count not in (1, 2) or start > end:
            refuse("length that is indefinite, too long or cut off", at)
        length = int.from_bytes(data[at + 2 : start], "big")
        if length < 0x80 or (count == 2 and length < 0x100):
            refuse("length that is not minimal", at)
    if start + length > end:
        refuse("element longer than what holds it", at)
    return start, start + length


def whole(data: "Buffer", tag: int) -> "tuple[int, int]":
    """Return (start, stop) of the contents of the one element that these bytes are."""
    start, stop = element(data, 0, len(data), tag)
    finish(stop, len(data))
    return start, stop


def finish(at: int, end: int) -> None:
    """Refuse bytes that follow the last element."""
    if at != end:
        refuse("bytes that do not belong there", at)


def positive(data: "Buffer", at: int, end: int) -> "tuple[int, int]":
    """Return (start, stop) of the big-endian bytes of an INTEGER above zero, its sign byte left out."""
    start, stop = element(data, at, end, INTEGER)
    if start == stop or data[start] & 0x80:
        refuse("integer that is empty or negative", at)
    if data[start] == 0:
        if stop - start == 1:
            refuse("integer that is zero", at)
        start += 1
        if not data[start] & 0x80:
            refuse("integer that is not minimal", at)
    return start, stop


def small(data: "Buffer", at: int, end: int) -> "tuple[int, int]":
    """Return (value, stop) of an INTEGER of one byte, 0..127."""
    start, stop = element(data, at, end, INTEGER)
    if stop - start != 1 or data[start] & 0x80:
        refuse("integer not in 0..127", at)
    return data[start], stop


def true(data: "Buffer", at: int, end: int) -> int:
    """Return the position after a BOOLEAN, which must be TRUE: DER leaves out a FALSE that is the default."""
    start, stop = element(data, at, end, BOOLEAN)
    if stop - start != 1 or data[start] != 0xFF:
        refuse("boolean that is not TRUE", at)
    return stop


def octets(data: "Buffer", at: int, end: int) -> "tuple[int, int]":
    """Return (start, stop) of the bytes of a BIT STRING whose bits are whole bytes."""
    start, stop = element(data, at, end, BIT_STRING)
    if start == stop or data[start] != 0:
        refuse("bit string that is no whole bytes", at)
    return start + 1, stop


def identifier(data: "Buffer", at: int, end: int) -> "tuple[bytes, int]":
    """Return (bytes, stop) of an OBJECT IDENTIFIER's contents."""
    start, stop = element(data, at, end, OBJECT_IDENTIFIER)
    if start == stop or data[stop - 1] & 0x80:
        refuse("object identifier cut off", at)
    for position in range(start, stop):
        if data[position] == 0x80 and (position == start or not data[position - 1] & 0x80):
            refuse("object identifier that is not minimal", at)
    return bytes(data[start:stop]), stop
