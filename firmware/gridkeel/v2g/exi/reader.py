"""Bits of one EXI body, read from the first to the last."""

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ExiError
from gridkeel.v2g.exi import bounds

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

_PIECE = 64  # octets moved at a time
_LEADS = b"\0\xc0\xe0\xf0"  # UTF-8, first byte of a character by how many follow


class BitReader:
    """Reads buffer[start:end], of which it keeps a copy: a sliced decode does not mind what becomes of the buffer.

    Errors, of every method: ExiError where the body ends too soon; positions count from the body's first byte.
    """

    def __init__(self, buffer: "Buffer", start: int, end: int) -> None:
        size = end - start
        if not 0 < size <= bounds.MESSAGE_BYTES:
            raise ExiError("EXI: a body of %d bytes, 1..%d are taken" % (size, bounds.MESSAGE_BYTES))
        self._data = bytearray(size + 3)
        self._data[:size] = memoryview(buffer)[start:end]
        self._end = size << 3
        self._at = 0

    def error(self, text: str) -> ExiError:
        """Return the error that says what is wrong with the byte read last."""
        return ExiError("EXI byte %d: %s" % (self._at - 1 >> 3 if self._at else 0, text))

    def left(self) -> int:
        """Return the whole bytes that are still to be read."""
        return self._end - self._at >> 3

    def _pass(self, bits):
        at = self._at
        if at + bits > self._end:
            self._at = self._end
            raise self.error("the body ends in the middle of a value")
        self._at = at + bits
        return at

    def take(self, bits: int) -> int:
        """Return the next bits as a number, at most 16 of them."""
        at = self._at
        self._at = at + bits
        if self._at > self._end:
            self._at = at
            self._pass(bits)
        data, i = self._data, at >> 3
        return (data[i] << 16 | data[i + 1] << 8 | data[i + 2]) >> 24 - (at & 7) - bits & (1 << bits) - 1

    def octets(self, size: int) -> bytes:
        """Return the next `size` octets as bytes, wherever in a byte they begin."""
        at = self._pass(size << 3)
        first = at >> 3
        if at & 7:
            # Aligned in place, in the copy: the value itself is the one large piece of memory that this takes.
            for done in range(0, size, _PIECE):
                count = min(_PIECE, size - done)
                self._data[first + done : first + done + count] = self._piece(at + (done << 3), count)
        return bytes(memoryview(self._data)[first : first + size])

    def _piece(self, at, size):
        """Return the octets from bit `at` on, at most _PIECE of them."""
        first, shift = at >> 3, at & 7
        part = self._data[first : first + size + 1]
        part[0] &= 0xFF >> shift
        return (int.from_bytes(part, "big") >> 8 - shift).to_bytes(size, "big")

    def unsigned(self, most_octets: int) -> int:
        """Return an EXI Unsigned Integer, the lowest seven bits first; `most_octets` of them bound it."""
        octet = self.take(8)
        value, shift = octet & 0x7F, 7
        while octet > 0x7F:
            if shift >= 7 * most_octets:
                raise self.error("a number of more than %d octets" % most_octets)
            octet = self.take(8)
            value |= (octet & 0x7F) << shift
            shift += 7
        return value

    def characters(self, count: int) -> str:
        """Return a string of `count` characters, each an Unsigned Integer."""
        if count > self.left():
            self._pass(count << 3)
        text = bytearray()
        while count:
            size = min(_PIECE, count, self.left())
            plain = self._piece(self._at, size)
            if plain and min(plain) >= 0x20 and max(plain) < 0x80:
                text.extend(plain)
                self._at += size << 3
            else:
                size = 1
                self._character(text)
            count -= size
        return str(text, "utf-8")

    def _character(self, text):
        """Append the next character's UTF-8; chr() would keep every one it ever made among MicroPython's names."""
        code = self.unsigned(3)
        if not is_character(code):
            raise self.error("%d is no character of XML" % code)
        if code < 0x80:
            text.append(code)
            return
        low = 6 if code < 0x800 else 12 if code < 0x10000 else 18
        text.append(_LEADS[low // 6] | code >> low)
        while low:
            low -= 6
            text.append(0x80 | code >> low & 0x3F)

    def finish(self, most: int = 0) -> int:
        """Return how many bytes are left behind the last one that was read from; there may be `most`."""
        left = self.left()
        if left > most:
            raise self.error("%d bytes behind the end of the message" % left)
        return left


def is_character(code: int) -> bool:
    """Return whether a code point can be in an XML document (XML 1.0, production 2)."""
    if code < 0x20:
        return code in (9, 10, 13)
    return code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
