"""Bytes to frames and back, in buffers reserved once."""

from gridkeel.link.frames import COUNT_MAX, CRC_SIZE, ENCODED_MAX

try:
    from gridkeel.link.kernels import cobs_decode, cobs_encode, copy, copy_to_zero, crc32_store
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.link.twins import (  # noqa: F401 - `copy` is for the rooms that fill bodies
        cobs_decode,
        cobs_encode,
        copy,
        copy_to_zero,
        crc32_store,
    )


def _nibble_table():
    table = bytearray(64)
    for i in range(16):
        entry = i
        for _bit in range(4):
            entry = entry >> 1 ^ (0xEDB88320 if entry & 1 else 0)
        table[4 * i : 4 * i + 4] = entry.to_bytes(4, "little")
    return table


CRC_TABLE = _nibble_table()


def count_up(count: int) -> int:
    """Return count + 1, stopped at COUNT_MAX."""
    return count + 1 if count < COUNT_MAX else count


def seal(buf: bytearray, start: int, n: int, out: bytearray, at: int) -> int:
    """Put the CRC behind buf[start:start + n] and write the frame to out from at; return the position after it.

    buf needs CRC_SIZE bytes behind the body, out n + CRC_SIZE + 2 from at.  Allocates: nothing.
    """
    crc32_store(buf, start, n, CRC_TABLE, buf, start + n)
    return cobs_encode(buf, start, n + CRC_SIZE, out, at)


def read_u32(buf: bytearray, at: int) -> int:
    """Return the little-endian number at buf[at]; on a 32-bit board it allocates from 2**30 on."""
    return buf[at] | buf[at + 1] << 8 | buf[at + 2] << 16 | buf[at + 3] << 24


def same_u32(buf: bytes | bytearray, at: int, other: bytes | bytearray, other_at: int) -> bool:
    """Return whether two numbers on the wire are equal, without making either of them."""
    return (
        buf[at] == other[other_at]
        and buf[at + 1] == other[other_at + 1]
        and buf[at + 2] == other[other_at + 2]
        and buf[at + 3] == other[other_at + 3]
    )


class FrameReader:
    """Collects the bytes up to a zero and checks what they hold; one frame at a time, in `body`.

    size: of the frame that was completed last.  errors counts frames that were too long, no COBS, too short or with a
    wrong CRC.
    """

    def __init__(self) -> None:
        self.body = bytearray(ENCODED_MAX)
        self.size = 0
        self.errors = 0
        self._n = 0
        self._overlong = False
        self._crc = bytearray(CRC_SIZE)

    def take(self, data: bytes | bytearray | memoryview, start: int, n: int) -> int:
        """Take data[start:n] up to the end of a frame; return the position after what was taken.

        `size` is then the length of the body that was completed, 0 for none.  Allocates: nothing.
        """
        end = copy_to_zero(data, start, n, self.body, self._n, ENCODED_MAX)
        arrived = self._n + end - start
        if arrived > ENCODED_MAX:
            self._overlong = True
            arrived = ENCODED_MAX
        self._n = arrived
        if end == n:
            self.size = 0
            return n
        self.size = self._finish()
        return end + 1

    def refuse(self) -> None:
        """Count the frame that was completed last as an error: its reader cannot use it."""
        self.errors = count_up(self.errors)

    def _finish(self):
        n = self._n
        if n == 0:
            return 0  # zeros between frames are rest, not damage
        overlong = self._overlong
        self._n = 0
        self._overlong = False
        size = -1 if overlong else cobs_decode(self.body, n) - CRC_SIZE
        if size < 1 or not self._crc_holds(size):
            self.refuse()
            return 0
        return size

    def _crc_holds(self, size):
        crc32_store(self.body, 0, size, CRC_TABLE, self._crc, 0)
        return same_u32(self.body, size, self._crc, 0)
