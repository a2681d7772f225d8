"""Modbus PDUs of a register master: read holding registers (3), write multiple registers (16), exceptions.

Source: MODBUS Application Protocol Specification V1.1b3, 6.3, 6.12 and 7.
"""

from gridkeel import TYPE_CHECKING, limits
from gridkeel.errors import ProtocolError

try:
    from gridkeel.inverter.modbus.kernels import put_words
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.inverter.modbus.plain import put_words

if TYPE_CHECKING:
    from array import array

    from gridkeel.inverter.interface import Buffer

READ_HOLDING = 3
WRITE_MULTIPLE = 16
EXCEPTION_BIT = 0x80

ILLEGAL_VALUE = 3
ACKNOWLEDGE = 5
BUSY = 6

READ_MAX = 125
WRITE_MAX = 123
READ_SIZE = 5
WRITE_HEAD = 6
WRITE_ANSWER = 5
EXCEPTION_ANSWER = 2
READ_ANSWER_HEAD = 2


def put_u16(out: bytearray, at: int, value: int) -> None:
    out[at] = (value >> 8) & 0xFF
    out[at + 1] = value & 0xFF


def get_u16(buffer: "Buffer", at: int) -> int:
    return buffer[at] << 8 | buffer[at + 1]


def signed(word: int) -> int:
    """Return a register's value, 0..65535, as the signed one it stands for."""
    return word - 0x10000 if word & 0x8000 else word


def signed32(high: int, low: int) -> int:
    """Return the signed number of two registers, high already signed; limits.UNKNOWN past the small integers."""
    return high << 16 | low if -0x4000 <= high < 0x4000 else limits.UNKNOWN


def build_read(out: bytearray, at: int, address: int, count: int) -> int:
    """Put a read of count registers at out[at]; return its size.  Errors: ProtocolError."""
    _check(out, at + READ_SIZE, address, count, READ_MAX)
    out[at] = READ_HOLDING
    put_u16(out, at + 1, address)
    put_u16(out, at + 3, count)
    return READ_SIZE


def build_write(out: bytearray, at: int, address: int, words: "array[int]", first: int, count: int) -> int:
    """Put a write of words[first:first + count] at out[at]; return its size.  Errors: ProtocolError."""
    size = WRITE_HEAD + 2 * count
    # Without a call for each number: this is on the way of every command.
    if not 1 <= count <= WRITE_MAX or not 0 <= address <= 0x10000 - count or at + size + 2 > len(out):
        _check(out, at + size, address, count, WRITE_MAX)
    out[at] = WRITE_MULTIPLE
    out[at + 1] = address >> 8
    out[at + 2] = address & 0xFF
    out[at + 3] = 0  # count, no more than WRITE_MAX
    out[at + 4] = count
    out[at + 5] = 2 * count
    put_words(words, first, count, out, at + WRITE_HEAD)
    return size


def answer_size(buffer: "Buffer", at: int, function: int, count: int) -> int:
    """Return the size of the answer that begins at buffer[at] (two bytes are there), 0 where it is none of ours."""
    if buffer[at] == function | EXCEPTION_BIT:
        return EXCEPTION_ANSWER
    if buffer[at] != function:
        return 0
    if function == WRITE_MULTIPLE:
        return WRITE_ANSWER
    return READ_ANSWER_HEAD + 2 * count if buffer[at + 1] == 2 * count else 0


def echoes(buffer: "Buffer", at: int, address: int, count: int) -> bool:
    """Say whether a write's answer names the registers that were written."""
    return get_u16(buffer, at + 1) == address and get_u16(buffer, at + 3) == count


def _check(out, end, address, count, count_max):
    if not 1 <= count <= count_max or not 0 <= address <= 0x10000 - count:
        raise ProtocolError("no such registers: %d from %d" % (count, address))
    if end + 2 > len(out):
        raise ProtocolError("buffer of %d bytes is too small for a request of %d" % (len(out), end + 2))
