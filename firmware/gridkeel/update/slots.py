"""Writing of the slot that does not run, and the switch to it.

What a signed manifest, a transfer and a delta need of a slot: prepare it, write it from the start on, find out after a
restart how far it is written, and finish it. A slot is bootable from the moment its header is written, which is last.
"""

import hashlib
from binascii import crc32

from gridkeel import TYPE_CHECKING
from gridkeel.update import selector
from gridkeel.update.refusals import (
    DIGEST_MISMATCH,
    NO_AREA,
    NOT_BLANK,
    NOT_BOOTABLE,
    OLDER_COUNTER,
    ON_TRIAL,
    OUT_OF_ORDER,
    TOO_LARGE,
    UpdateError,
)
from gridkeel.update.selector import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridkeel.protocols import Area

_BLANK = b"\xff" * PAGE
_KEPT_AT = 44  # in the mark's page, behind what the selector reads: a bit for each block that is kept, and their CRC-32
_KEPT_MOST = 8 * (PAGE - _KEPT_AT - 4)  # blocks


def idle_slot(area: "Area") -> int:
    """Return the slot that may be written.  Errors: UpdateError where both are needed, OSError."""
    record = selector.read_record(area)
    if record is None:
        raise UpdateError(NO_AREA, "this controller does not run from a slot")
    if record.state != selector.CONFIRMED:
        raise UpdateError(ON_TRIAL, "the image that runs is not confirmed yet")
    return 1 - record.active


class SlotWriter:
    """Writes one image into a slot.  slot: of idle_slot.  size, digest: of the image, in bytes and SHA-256.

    First blocks are erased, one a call, where no power flows: an erasure holds the processor up for tens of
    milliseconds. Then pages are written, at any time: one takes under 3 ms. Where the slot holds an image that was
    finished, blocks that are the same in both can be kept: they are neither erased nor written. The slot remembers for
    which image it was erased and what was kept, so that a new writer goes on where the last one was cut.
    """

    def __init__(self, area: "Area", slot: int, size: int, digest: bytes) -> None:
        room = selector.image_room(area)
        if not 0 < size <= room:
            raise UpdateError(TOO_LARGE, "%d bytes, a slot takes %d" % (size, room))
        self._area = area
        self._start = selector.slot_start(area, slot)
        self._slot = slot
        self._page = bytearray(PAGE)
        self._header = selector.header_start(area, slot, size)
        self._blocks = (self._header + PAGE - self._start + area.block_bytes - 1) // area.block_bytes
        self._erased = 0
        self._kept: "bytearray | None" = None  # a bit a block; the first and the last one are never kept
        self._digest = digest
        self.size = size
        self.written = 0
        self.compared = 0

    def begin_comparing(self) -> bool:
        """Return whether the slot holds a finished image; `compare` is to be given the whole new one then."""
        # Of an image that was not finished nobody knows which of its pages and erasures were cut. What has rotted since
        # it was finished differs.
        if self._blocks > _KEPT_MOST or selector.read_header(self._area, self._slot) is None:
            return False
        kept = self._kept = bytearray(b"\xff" * ((self._blocks + 7) // 8))
        self._drop(0)
        for block in range(self._blocks - 1, 8 * len(kept)):
            self._drop(block)
        return True

    def _drop(self, block):
        self._kept[block >> 3] &= ~(1 << (block & 7)) & 0xFF

    def _parts(self, size):
        """Yield what lies in the slot as the first bytes of an image, block by block."""
        block = self._area.block_bytes
        at = self._start + selector.HEAD_BYTES
        end = at + size
        while at < end:
            n = min(block - at % block, end - at)
            yield self._area.map(at, n)
            at += n

    def left_in_block(self, offset: int) -> int:
        """Return how many bytes of the image lie from `offset` on in the same block."""
        block = self._area.block_bytes
        return min(self.size - offset, block - (selector.HEAD_BYTES + offset) % block)

    def compare(self, piece: "memoryview") -> None:
        """Take the next bytes of the image, of one block; it is not kept where they differ."""
        at = selector.HEAD_BYTES + self.compared
        block = at // self._area.block_bytes
        if self.keeps(block) and self._area.map(self._start + at, len(piece)) != piece:
            self._drop(block)
        self.compared += len(piece)

    def has(self, offset: int) -> bool:
        """Return whether the image's byte at `offset` is there already, and the rest of its block with it."""
        return offset < self.written or self.keeps((selector.HEAD_BYTES + offset) // self._area.block_bytes)

    def skip_to(self, offset: int) -> None:
        """Go on at an offset: what lies before it is there."""
        self.written = max(self.written, offset)

    def keeps(self, block: int) -> bool:
        """Return whether a block of the slot is left as it is."""
        kept = self._kept
        return kept is not None and kept[block >> 3] >> (block & 7) & 1 == 1

    def erase_next(self) -> bool:
        """Erase one more block that is not kept; return whether more are to be erased.  Errors: OSError.

        The first block goes first: from then on the slot holds no finished image.
        """
        if self._erased < self._blocks:
            self._area.erase(self._start + self._erased * self._area.block_bytes)
            self._erased = self._after(self._erased)
            if self._erased == self._blocks:
                self._area.write(self._start, self._mark())
        return self._erased < self._blocks

    def _after(self, block):
        """Return the next block that is not kept."""
        block += 1
        while block < self._blocks and self.keeps(block):
            block += 1
        return block

    def _mark(self):
        page = selector.packed_mark(self.size, self._digest)
        kept = self._kept
        if kept is not None:
            end = _KEPT_AT + len(kept)
            page[_KEPT_AT:end] = kept
            page[end : end + 4] = crc32(kept).to_bytes(4, "little")
        return page

    def resume(self) -> bool:
        """Return whether this image was being written here; `written` bytes of it are there then.

        Erases what was being written when the power was cut, so it is called where no power flows.  Errors: OSError.
        """
        if not self._is_marked():
            return False
        if selector.is_bootable(self._area, self._slot, 0):
            self._erased = self._blocks
            self.written = self.size
            return True
        last = self._blocks - 1
        while last > 0 and (self.keeps(last) or self._is_blank(last)):
            last -= 1
        if last == 0:
            self._kept = None
            return False  # the mark would be erased with it: what is lost is less than a block
        # A page or an erasure that was cut may read as whole and not hold: both blocks in question are done again.
        for block in (last, self._after(last)):
            if block < self._blocks:
                self._area.erase(self._start + block * self._area.block_bytes)
        self._erased = self._blocks
        self.written = min(last * self._area.block_bytes - selector.HEAD_BYTES, self.size)
        return True

    def _is_marked(self):
        """Read the mark; return whether the slot was erased for this image."""
        self._area.readinto(self._start, self._page)
        kept = self._page[_KEPT_AT : _KEPT_AT + (self._blocks + 7) // 8]
        self._kept = None if kept[0] & 1 or self._blocks > _KEPT_MOST else kept  # blank: nothing was kept
        if self._page == self._mark():
            return True
        self._kept = None
        return False

    def _is_blank(self, block):
        at = self._start + block * self._area.block_bytes
        for _ in range(self._area.block_bytes // PAGE):
            self._area.readinto(at, self._page)
            if self._page != _BLANK:
                return False
            at += PAGE
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> None:
        """Write the next bytes of the image, whole pages but for the last, where they are not there already.

        Errors: UpdateError, OSError.
        """
        n = len(data)
        end = self.written + n
        if self._erased < self._blocks or end > self.size or n % PAGE and end != self.size:
            raise UpdateError(OUT_OF_ORDER, "%d bytes at %d of %d" % (n, self.written, self.size))
        page = self._page
        for at in range(0, n, PAGE):
            piece = data[at : at + PAGE]
            target = self._start + selector.HEAD_BYTES + self.written
            self._area.readinto(target, page)
            if page != _BLANK:
                raise UpdateError(NOT_BLANK, "the flash at %d is not erased" % target)
            page[: len(piece)] = piece
            self._area.write(target, page)
            self.written += len(piece)

    def finish(self, counter: int, version: bytes) -> None:
        """Check the whole image against its SHA-256 and write the header.  Errors: UpdateError, OSError."""
        for _ in self.finishing(counter, version):
            pass

    def finishing(self, counter: int, version: bytes) -> "Iterator[None]":
        """Yield behind each block that it reads; else as `finish`.  To be called where no power flows."""
        area = self._area
        record = selector.read_record(area)
        if record is not None and counter < record.counter:
            raise UpdateError(OLDER_COUNTER, "security counter %d" % counter)
        if self.written != self.size:
            raise UpdateError(OUT_OF_ORDER, "%d of %d bytes are written" % (self.written, self.size))
        if selector.is_bootable(area, self._slot, 0):
            return  # it was finished before the power was cut
        sha, crc = hashlib.sha256(), 0
        for part in self._parts(self.size):
            sha.update(part)
            crc = crc32(part, crc)
            yield
        if sha.digest() != self._digest:
            raise UpdateError(DIGEST_MISMATCH, "the image is not the one that was announced")
        header = selector.Header(self.size, crc, counter, self._digest, version)
        area.write(self._header, header.packed())


def provision(area: "Area", slot: int) -> None:
    """Make a slot the judged one of a controller that has no record yet: the first image, from a cable.

    Errors: UpdateError, OSError.
    """
    header = selector.read_header(area, slot)
    if header is None or not selector.is_bootable(area, slot, 0):
        raise UpdateError(NOT_BOOTABLE, "slot %d holds no whole image" % slot)
    if selector.read_record(area) is not None:
        raise UpdateError(ON_TRIAL, "this controller runs from a slot already")
    selector.write_record(area, selector.Record(slot, header.counter))


def switch(area: "Area", known_faults: bytes, was_read: bool = False) -> None:
    """Order that the other slot is started, on trial; the caller resets the controller, and no power flows.

    known_faults: bits of the faults that are active now, 16 bytes: they do not speak against the new image.
    was_read: the image was found whole a moment ago, and reading it again would hold the processor up.
    Errors: UpdateError, OSError.
    """
    slot = idle_slot(area)
    record = selector.read_record(area)
    header = selector.read_header(area, slot)
    if header is None or not (was_read or selector.is_bootable(area, slot, 0)):
        raise UpdateError(NOT_BOOTABLE, "the other slot holds no whole image")
    if header.counter < record.counter:
        raise UpdateError(OLDER_COUNTER, "security counter %d, %d is in force" % (header.counter, record.counter))
    record.known = known_faults
    record.step(selector.SWITCH)
    selector.write_record(area, record)


def confirm(area: "Area") -> bool:
    """Make the image that runs the judged one; its security counter is in force from now on.

    Return False where there was nothing to confirm.  Errors: OSError.
    """
    record = selector.read_record(area)
    if record is None or not record.step(selector.CONFIRM):
        return False
    header = selector.read_header(area, record.active)
    if header is None:
        return False
    record.counter = max(record.counter, header.counter)
    selector.write_record(area, record)
    return True


def give_up(area: "Area") -> bool:
    """Let the next start run the judged image; return False where this one is judged.  Errors: OSError."""
    record = selector.read_record(area)
    if record is None or not record.step(selector.GIVE_UP):
        return False
    selector.write_record(area, record)
    return True
