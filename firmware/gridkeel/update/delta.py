"""Reader of a delta: makes an image from the one that runs and the bytes that arrive, a page at a time.

The method is that of bsdiff: a record adds differences to a stretch of the base, appends new bytes, and moves on in the
base. Records follow each other, so the reader holds one page whatever the size of image and delta.

    record      add, append: varints; the differences; `append` new bytes; move: a varint, its lowest bit is the sign
    differences runs until `add` bytes are made: a varint n << 1 | literal, over the n + 1 bytes that follow or are zero
    varint      7 bits an octet, lowest first, the highest bit says that more follow; below 2**30
"""

from gridkeel import TYPE_CHECKING
from gridkeel.update.refusals import BROKEN_DELTA, UpdateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridkeel.protocols import Buffer

# what the next octet of the input is
ADD = 0
APPEND = 1
RUN = 2
LITERALS = 3
ZEROS = 4  # of no input: differences that are nothing
NEW = 5
MOVE = 6
END = 7

_SHIFT_MAX = 28


class DeltaReader:
    """Fills `page` from what it is given, up to `room`; `filled` bytes of it are made.  base_at: what is read next.

    read_base(at, view): fills view from the base at `at`.  base_size, size: bytes of the base, of the image to be made.
    """

    def __init__(self, read_base: "Callable[[int, memoryview], None]", base_size: int, size: int, page: int) -> None:
        self.page = bytearray(page)
        self.room = page
        self.filled = 0
        self._view = memoryview(self.page)
        self.base_at = 0
        self._read_base = read_base
        self._base_size = base_size
        self._left = size  # bytes of the image that are to be made
        self._state = ADD
        self._add = 0
        self._append = 0
        self._run = 0
        self._value = 0
        self._shift = 0

    def limit(self, room: int) -> None:
        """Fill no more of the page than so many bytes."""
        self.room = room

    @property
    def done(self) -> bool:
        """Return whether the image is whole; the last page is in `page`."""
        return self._state == END

    def take(self, data: "Buffer", at: int, end: int) -> int:
        """Take data[at:end] until the page is full; return the position after what was taken.

        A full page is handed on with `next_page` before the next call, which may have work without any input.
        Errors: UpdateError where this is no delta of the base and size.
        """
        room = self.room
        while self.filled < room:
            state = self._state
            if state == ZEROS:
                self._copy(min(self._run, room - self.filled))
            elif at >= end:
                break
            elif state in (LITERALS, NEW):
                n = min(self._run, room - self.filled, end - at)
                self._make(data, at, n)
                at += n
            elif state == END:
                raise _broken("bytes behind its end")
            else:
                self._take_varint(data[at])
                at += 1
        return at

    def unchanged(self) -> int:
        """Return how many bytes from an empty page on are known to be those of the base from base_at on."""
        return self._run if self._state == ZEROS and not self.filled else 0

    def pass_over(self, n: int) -> None:
        """Go on behind the next n unchanged bytes, which are not made."""
        self.base_at += n
        self._made(n)
        self.filled = 0

    def next_page(self) -> None:
        """Begin the next page: what was in this one is written."""
        self.filled = 0

    def _copy(self, n):
        self._read_base(self.base_at, self._view[self.filled : self.filled + n])
        self.base_at += n
        self._made(n)

    def _make(self, data, at, n):
        page = self.page
        filled = self.filled
        if self._state == LITERALS:
            self._read_base(self.base_at, self._view[filled : filled + n])
            self.base_at += n
            for i in range(n):
                page[filled + i] = (page[filled + i] + data[at + i]) & 255
        else:
            for i in range(n):
                page[filled + i] = data[at + i]
        self._made(n)

    def _made(self, n):
        self.filled += n
        self._left -= n
        self._run -= n
        if self._state != NEW:
            self._add -= n
        if self._run == 0:
            self._next_part()

    def _next_part(self):
        """Go on after a run, or after the two lengths of a record."""
        if self._state != NEW and self._add:
            self._state = RUN
        elif self._state != NEW and self._append:
            self._run = self._append
            self._state = NEW
        else:
            self._state = MOVE if self._left else END

    def _take_varint(self, octet):
        if self._shift > _SHIFT_MAX:
            raise _broken("a number of 2**30 or more")
        self._value |= (octet & 127) << self._shift
        self._shift += 7
        if self._value >= 1 << 30:
            raise _broken("a number of 2**30 or more")
        if octet & 128:
            return
        value = self._value
        self._value = self._shift = 0
        self._take_number(value)

    def _take_number(self, value):
        state = self._state
        if state == ADD:
            if value > self._left or value > self._base_size - self.base_at:
                raise _broken("more than the image or the base holds")
            self._add = value
            self._state = APPEND
        elif state == APPEND:
            if value > self._left - self._add:
                raise _broken("more than the image holds")
            self._append = value
            self._next_part()
        elif state == RUN:
            n = (value >> 1) + 1
            if n > self._add:
                raise _broken("a run longer than its stretch")
            self._run = n
            self._state = LITERALS if value & 1 else ZEROS
        else:
            self.base_at += -(value >> 1) if value & 1 else value >> 1
            if not 0 <= self.base_at <= self._base_size:
                raise _broken("a move out of the base")
            self._state = ADD


def _broken(text):
    return UpdateError(BROKEN_DELTA, "the delta has %s" % text)
