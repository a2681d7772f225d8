"""The viper kernels' twins in plain Python, and the CRC's table, which both of them use."""

from array import array

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Buffer

_POLYNOMIAL = 0xA001  # x^16 + x^15 + x^2 + 1, reflected


def _table_entry(byte):
    for _ in range(8):
        byte = (byte >> 1) ^ _POLYNOMIAL if byte & 1 else byte >> 1
    return byte


TABLE = array("H", [_table_entry(byte) for byte in range(256)])


def crc16(buffer: "Buffer", offset: int, n: int) -> int:
    """Return the CRC of buffer[offset:offset + n]; it travels low byte first.  Allocates: nothing."""
    crc = 0xFFFF
    for i in range(offset, offset + n):
        crc = (crc >> 8) ^ TABLE[(crc ^ buffer[i]) & 0xFF]
    return crc


def put_words(words: "array[int]", first: int, n: int, out: bytearray, at: int) -> None:
    """Put words[first:first + n], an array('H'), into out from `at` on, high byte first.  Allocates: nothing."""
    for i in range(first, first + n):
        word = words[i]
        out[at] = word >> 8
        out[at + 1] = word & 0xFF
        at += 2
