"""The journal: entries that survive a power cut, in a ring of flash blocks that are written in turn.

A block is erased, gets a page that marks its place in the row of all blocks so far, and then pages with entries, each
page once. Every page has a CRC over its place in the row, so a page that was cut counts as nothing, and an old one is
not taken for a new one. Erasing holds the processor up, so blocks are erased ahead, while no power flows (prepare);
writing a page takes under 3 ms and is done in the rest of a block period (flush). Until then entries wait in memory.

    page    CRC-32 of the rest u32, number of the page u32, number of its first entry u32, bytes u16, kind u8, 0, bytes
    entry   its length with the kind u8, kind u8, bytes
"""

import struct
from binascii import crc32

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridkeel.protocols import Area, Buffer

PAGE = 256
READY = 3  # blocks that are erased ahead, of 8: 45 pages of 4 kB blocks, the journal of a long session
_HEAD = "<IIIHBB"
_HEAD_BYTES = 16
ENTRY_MAX = 238  # what a page holds: PAGE - _HEAD_BYTES - 2
_MARK = 1
_ENTRIES = 2
_BLANK = b"\xff" * PAGE
_USED = bytes(PAGE)


class Journal:
    """Ring of blocks at `start` of an area; `open` before anything else.  pending: pages that entries wait in.

    next: number of the next entry, counted since the area was new.  dropped: entries of these that are gone: erased to
    make room, the oldest first, or never written because power flowed for longer than the erased blocks lasted.
    gone: number behind the newest entry that was given up since `open`.
    """

    def __init__(self, area: "Area", start: int, blocks: int, pending: int = 2) -> None:
        self._area = area
        self._start = start
        self._blocks = blocks
        self._ahead = min(READY, blocks // 2 - 1)  # at least as many blocks are kept as are erased ahead
        self._pages = area.block_bytes // PAGE
        self._queue = [bytearray(PAGE) for _ in range(pending)]
        self._fills = [0] * pending  # bytes of each
        self._counts = [0] * pending  # entries of each
        self._firsts = [0] * pending  # number of the first of each
        self._first = 0
        self._page = bytearray(PAGE)
        self._number = 0  # of the next page
        self._left = 0  # pages left in the block that is being filled
        self._ready = 0  # erased blocks behind it
        self._doubted = False  # whether the writing of the next page may have been begun before this start
        self._kept_from = 0  # number of the oldest page that is kept
        self.next = 0
        self.dropped = 0
        self.gone = 0

    def open(self) -> None:
        """Find out what the flash holds.  Errors: OSError."""
        marks = [self._mark_of(block) for block in range(self._blocks)]
        newest = max(marks)
        if newest < 0:
            return
        oldest = newest
        while newest - oldest < self._blocks - 1 and oldest and marks[(oldest - 1) % self._blocks] == oldest - 1:
            oldest -= 1
        self._kept_from = oldest * self._pages
        self._find_end(oldest, newest)
        self._count_entries(newest)

    def _mark_of(self, block):
        """Return the place in the row that a block is marked with, -1 where it is not marked."""
        at = self._start + block * self._pages * PAGE
        if self._load(at) != _MARK:
            return -1
        row = struct.unpack_from("<I", self._page, 4)[0] // self._pages
        return row if row % self._blocks == block else -1

    def _find_end(self, oldest, newest):
        filling = newest
        while filling >= oldest and not self._written(filling):
            filling -= 1
        self._ready = newest - filling
        self._number = (filling + 1) * self._pages
        if filling >= oldest:
            self._left = self._pages - 1 - self._written(filling)
            self._number -= self._left
        self._doubted = True

    def _count_entries(self, newest):
        kept = 0
        self._load(self._at(newest * self._pages))
        self.next = struct.unpack_from("<I", self._page, 8)[0]
        for number in range(self._kept_from, self._number):
            if self._load_entries(number):
                count = len(_split(self._page))
                kept += count
                self.next = max(self.next, struct.unpack_from("<I", self._page, 8)[0] + count)
        self.dropped = self.next - kept

    def _at(self, number):
        return self._start + number % (self._blocks * self._pages) * PAGE

    def _load(self, at):
        """Read a page and return its kind, 0 where it is not sound."""
        page = self._page
        self._area.readinto(at, page)
        n = page[12] | page[13] << 8
        if n > PAGE - _HEAD_BYTES or crc32(page[4 : _HEAD_BYTES + n]) != struct.unpack_from("<I", page)[0]:
            return 0
        return page[14]

    def _load_entries(self, number):
        """Read a page and return whether it holds entries and is the one of this number."""
        return self._load(self._at(number)) == _ENTRIES and struct.unpack_from("<I", self._page, 4)[0] == number

    def _written(self, row):
        """Return the place of the last page of a block that is not blank, 0 where only its mark is there."""
        for place in range(self._pages - 1, 0, -1):
            self._area.readinto(self._at(row * self._pages + place), self._page)
            if self._page != _BLANK:
                return place
        return 0

    def put(self, kind: int, data: "Buffer", n: int) -> None:
        """Add an entry to those that wait; where all pages are full, the oldest makes room and counts as dropped.

        kind: 0..255.  data: n bytes, 0..ENTRY_MAX.
        """
        pages = len(self._queue)
        waiting = pages - self._fills.count(0)
        last = (self._first + max(0, waiting - 1)) % pages
        if _HEAD_BYTES + self._fills[last] + 2 + n > PAGE:
            last = (last + 1) % pages
            if self._fills[last]:
                self.dropped += self._counts[last]
                self.gone = self._firsts[last] + self._counts[last]
                self._advance()
        page, fill = self._queue[last], self._fills[last]
        if not fill:
            self._firsts[last] = self.next
        at = _HEAD_BYTES + fill
        page[at] = n + 1
        page[at + 1] = kind
        page[at + 2 : at + 2 + n] = memoryview(data)[:n]
        self._fills[last] = fill + 2 + n
        self._counts[last] += 1
        self.next += 1

    def _advance(self):
        self._fills[self._first] = self._counts[self._first] = 0
        self._first = (self._first + 1) % len(self._queue)

    @property
    def waiting(self) -> bool:
        """Whether an entry is not on the flash yet."""
        return self._fills[self._first] > 0

    def flush(self) -> bool:
        """Write one page of what waits; return whether that was done: the entries in it survive from then on.

        False where nothing waits or no erased block is left.  Errors: OSError.
        """
        first = self._first
        if not self._fills[first] or not self._find_page():
            return False
        page = self._queue[first]
        self._seal(page, self._number, self._firsts[first], self._fills[first], _ENTRIES)
        self._write(page)
        self._advance()
        return True

    def _find_page(self):
        """Return whether there is a page to be written next."""
        if not self._left and not self._begin_block():
            return False
        if self._doubted:
            # Its writing may have been cut before a bit showed. Zeros make it used for certain, however often they
            # are cut themselves.
            self._doubted = False
            self._write(_USED)
            return self._left > 0 or self._begin_block()
        return True

    def _begin_block(self):
        if not self._ready:
            return False
        self._ready -= 1
        self._number += 1
        self._left = self._pages - 1
        return True

    def _write(self, page):
        at = self._at(self._number)
        self._number += 1  # whatever becomes of it, this page is used
        self._left -= 1
        self._area.write(at, page)

    def _seal(self, page, number, entry, n, kind):
        page[_HEAD_BYTES + n :] = _BLANK[_HEAD_BYTES + n :]
        struct.pack_into(_HEAD, page, 0, 0, number, entry, n, kind, 0)
        struct.pack_into("<I", page, 0, crc32(page[4 : _HEAD_BYTES + n]))

    @property
    def wants_block(self) -> bool:
        """Whether `prepare` has something to do."""
        return self._ready < self._ahead

    def prepare(self) -> None:
        """Erase one block ahead, the oldest, where no power flows: the processor waits for it.  Errors: OSError."""
        if not self.wants_block:
            return
        row = (self._number + self._left) // self._pages + self._ready
        oldest = row - self._blocks
        if oldest >= 0 and oldest * self._pages >= self._kept_from:
            self._kept_from = (oldest + 1) * self._pages
            self._give_up(oldest)
        at = self._at(row * self._pages)
        self._area.erase(at)
        self._seal(self._page, row * self._pages, self.next, 0, _MARK)
        self._area.write(at, self._page)
        self._ready += 1

    def _give_up(self, row):
        for number in range(row * self._pages + 1, (row + 1) * self._pages):
            if self._load_entries(number):
                count = len(_split(self._page))
                self.dropped += count
                self.gone = max(self.gone, struct.unpack_from("<I", self._page, 8)[0] + count)

    def entries(self) -> "Iterator[tuple[int, int, bytes]]":
        """Yield (number, kind, bytes) of what is on the flash, oldest first.  Errors: OSError."""
        for page in range(self._kept_from, self._number):
            if self._load_entries(page):
                number = struct.unpack_from("<I", self._page, 8)[0]
                for kind, data in _split(self._page):
                    yield number, kind, data
                    number += 1


def _split(page):
    """Return the entries of a page as (kind, bytes)."""
    end = _HEAD_BYTES + (page[12] | page[13] << 8)
    at = _HEAD_BYTES
    found = []
    while at < end:
        found.append((page[at + 1], bytes(page[at + 2 : at + 1 + page[at]])))
        at += 1 + page[at]
    return found
