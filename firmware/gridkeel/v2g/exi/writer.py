"""Bits of one EXI body, written into a buffer from the first to the last."""

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ExiError

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer, WritableBuffer

_PIECE = 64  # octets moved at a time


class BitWriter:
    """Writes from out[start] on, never past the end of `out`.  Errors, of every method: ExiError where it is full."""

    def __init__(self, out: "WritableBuffer", start: int) -> None:
        self._out = out
        self._start = start
        self._at = start
        self._end = len(out)
        self._pending = 0
        self._bits = 0  # how many of them wait in _pending for a whole byte, 0..7

    def error(self, text: str) -> ExiError:
        """Return the error that says what is wrong with the byte to be written next."""
        return ExiError("EXI byte %d: %s" % (self._at - self._start, text))

    def _full(self):
        return self.error("the message is longer than the buffer's %d bytes" % (self._end - self._start))

    def put(self, value: int, bits: int) -> None:
        """Write the low bits of a number, at most 16 of them; no higher one may be set."""
        bits += self._bits
        value |= self._pending << bits - self._bits
        while bits >= 8:
            bits -= 8
            if self._at >= self._end:
                raise self._full()
            self._out[self._at] = value >> bits
            self._at += 1
            value &= (1 << bits) - 1
        self._pending = value
        self._bits = bits

    def octets(self, data: "Buffer") -> None:
        """Write whole octets, wherever in a byte they begin."""
        size, bits = len(data), self._bits
        if self._at + size > self._end:
            raise self._full()
        out, at = self._out, self._at
        self._at += size
        if not bits:
            out[at : at + size] = data
            return
        for first in range(0, size, _PIECE):
            part = data[first : first + _PIECE]
            count = len(part)
            out[at : at + count] = (int.from_bytes(part, "big") >> bits).to_bytes(count, "big")
            out[at] |= self._pending << 8 - bits
            self._pending = part[count - 1] & (1 << bits) - 1
            at += count

    def unsigned(self, value: int) -> None:
        """Write an EXI Unsigned Integer, the lowest seven bits first."""
        while value > 0x7F:
            self.put(value & 0x7F | 0x80, 8)
            value >>= 7
        self.put(value, 8)

    def finish(self) -> int:
        """Pad the last byte with zeros; return the position after it."""
        if self._bits:
            self.put(0, 8 - self._bits)
        return self._at
