"""The fixed part of an update: the layout of the area, the state record, and the choice between the two slots.

A copy of this file lies on the flash beside main.py and decides before any image is mounted. No update replaces that
copy, so what stands here about layout, record and header holds for as long as boards with it are in the field. It
imports nothing of the package.

The area, in blocks (of its erasure): two copies of the record, the journal, slot 0, slot 1.
"""

import struct
from binascii import crc32

TYPE_CHECKING = 0  # as in the package

if TYPE_CHECKING:
    from gridkeel.protocols import Area

PAGE = 256  # of every write: no page is written twice between two erasures, on any chip
HEAD_BYTES = 256  # of a slot: the page that says for which image it was erased; the image; then the header's page
RECORD_BLOCKS = 2
JOURNAL_BYTES = 32768
JOURNAL_BLOCKS_MIN = 4
BOOTS = 3  # starts that a new image has to be confirmed in

# states
CONFIRMED = 0
TRIAL = 1  # and the starts that are left: TRIAL_0 .. TRIAL_3
TRIAL_0 = 1
TRIAL_1 = 2
TRIAL_2 = 3
TRIAL_3 = 4

# events
SWITCH = 0
BOOT = 1
CONFIRM = 2
GIVE_UP = 3
BROKEN = 4

# reasons of the last change
NONE = 0
SWITCHED = 1
HEALTHY = 2
OUT_OF_BOOTS = 3
OUT_OF_TIME = 4
NOT_SOUND = 5
RECORD_LOST = 6

# (state, event): the state after it, whether the other slot is the active one then, the reason (NONE: as it was)
TABLE = {
    (CONFIRMED, SWITCH): (TRIAL_3, True, SWITCHED),
    (CONFIRMED, BROKEN): (CONFIRMED, True, NOT_SOUND),
    (TRIAL_3, BOOT): (TRIAL_2, False, NONE),
    (TRIAL_2, BOOT): (TRIAL_1, False, NONE),
    (TRIAL_1, BOOT): (TRIAL_0, False, NONE),
    (TRIAL_0, BOOT): (CONFIRMED, True, OUT_OF_BOOTS),
    (TRIAL_2, CONFIRM): (CONFIRMED, False, HEALTHY),
    (TRIAL_1, CONFIRM): (CONFIRMED, False, HEALTHY),
    (TRIAL_0, CONFIRM): (CONFIRMED, False, HEALTHY),
    (TRIAL_2, GIVE_UP): (CONFIRMED, True, OUT_OF_TIME),
    (TRIAL_1, GIVE_UP): (CONFIRMED, True, OUT_OF_TIME),
    (TRIAL_0, GIVE_UP): (CONFIRMED, True, OUT_OF_TIME),
    (TRIAL_3, BROKEN): (CONFIRMED, True, NOT_SOUND),
    (TRIAL_2, BROKEN): (CONFIRMED, True, NOT_SOUND),
    (TRIAL_1, BROKEN): (CONFIRMED, True, NOT_SOUND),
    (TRIAL_0, BROKEN): (CONFIRMED, True, NOT_SOUND),
}

_RECORD_MAGIC = b"GKR1"
_RECORD = "<4sBBBBII16s"  # magic, state, active slot, reason, 0, sequence, security counter, known faults
_RECORD_BYTES = 32
_HEADER_MAGIC = b"GKI1"
_HEADER = "<4sIII32s32s"  # magic, bytes of the image, its CRC-32, security counter, SHA-256, version
_HEADER_BYTES = 80
_MARK_MAGIC = b"GKE1"
_MARK = "<4sI32s"  # magic, bytes of the image that the slot was erased for, its SHA-256
_MARK_BYTES = 40


class Record:
    """What the selector remembers.  known: bits of the faults that were active when the switch was ordered."""

    def __init__(self, active: int = 0, counter: int = 0) -> None:
        self.state = CONFIRMED
        self.active = active
        self.reason = NONE
        self.sequence = 0
        self.counter = counter
        self.known = bytes(16)

    def step(self, event: int) -> bool:
        """Take an event of the table; return False, and change nothing, where the state has no such event."""
        row = TABLE.get((self.state, event))
        if row is None:
            return False
        self.state = row[0]
        if row[1]:
            self.active = 1 - self.active
        self.reason = row[2] or self.reason
        return True


class Header:
    """What stands behind an image, written last: size in bytes, CRC-32, security counter, SHA-256, version."""

    def __init__(self, size: int, crc: int, counter: int, digest: bytes, version: bytes) -> None:
        self.size = size
        self.crc = crc
        self.counter = counter
        self.digest = digest
        self.version = version

    def packed(self) -> bytearray:
        """Return the header's page."""
        head = struct.pack(_HEADER, _HEADER_MAGIC, self.size, self.crc, self.counter, self.digest, self.version)
        return _page(head)


def packed_mark(size: int, digest: bytes) -> bytearray:
    """Return the page that says: this slot is erased for that image."""
    return _page(struct.pack(_MARK, _MARK_MAGIC, size, digest))


def _page(head):
    page = bytearray(b"\xff" * PAGE)
    page[: len(head)] = head
    page[len(head) : len(head) + 4] = crc32(head).to_bytes(4, "little")
    return page


def _is_sound(page, magic, size):
    return page[:4] == magic and crc32(page[:size]) == int.from_bytes(page[size : size + 4], "little")


def journal_blocks(area: "Area") -> int:
    return max(JOURNAL_BLOCKS_MIN, JOURNAL_BYTES // area.block_bytes)


def slot_bytes(area: "Area") -> int:
    """Return the size of a slot, the header's page included; 0 where the area is too small for any."""
    blocks = area.size // area.block_bytes - RECORD_BLOCKS - journal_blocks(area)
    return max(0, blocks // 2) * area.block_bytes


def slot_start(area: "Area", slot: int) -> int:
    return (RECORD_BLOCKS + journal_blocks(area)) * area.block_bytes + slot * slot_bytes(area)


def header_start(area: "Area", slot: int, size: int) -> int:
    """Return where the header of an image of that size lies."""
    return slot_start(area, slot) + HEAD_BYTES + (size + PAGE - 1) // PAGE * PAGE


def image_room(area: "Area") -> int:
    """Return how large an image may be."""
    return max(0, slot_bytes(area) - HEAD_BYTES - PAGE)


def read_header(area: "Area", slot: int) -> "Header | None":
    """Return the header of a slot, None where it holds no image that was written to its end.  Errors: OSError."""
    page = bytearray(PAGE)
    if not slot_bytes(area):
        return None
    area.readinto(slot_start(area, slot), page)
    size = struct.unpack_from("<I", page, 4)[0]
    if not _is_sound(page, _MARK_MAGIC, _MARK_BYTES) or not 0 < size <= image_room(area):
        return None
    area.readinto(header_start(area, slot, size), page)
    if not _is_sound(page, _HEADER_MAGIC, _HEADER_BYTES):
        return None
    header = Header(*struct.unpack_from(_HEADER, page)[1:])
    return header if header.size == size else None


def image_crc(area: "Area", slot: int, size: int) -> int:
    """Return the CRC-32 of the first `size` bytes of a slot's image.  Errors: OSError."""
    crc = 0
    at = slot_start(area, slot) + HEAD_BYTES
    end = at + size
    while at < end:
        n = min(area.block_bytes - at % area.block_bytes, end - at)
        crc = crc32(area.map(at, n), crc)
        at += n
    return crc


def is_bootable(area: "Area", slot: int, counter: int) -> bool:
    """Return whether a slot holds a whole image that is not older than the security counter allows."""
    try:
        header = read_header(area, slot)
        return header is not None and header.counter >= counter and image_crc(area, slot, header.size) == header.crc
    except OSError:
        return False


def read_record(area: "Area") -> "Record | None":
    """Return the newer of the two copies, None where neither is sound."""
    newest = None
    for copy in range(RECORD_BLOCKS):
        record = _read_copy(area, copy)
        if record is not None and (newest is None or _is_later(record.sequence, newest.sequence)):
            newest = record
    return newest


def _read_copy(area, copy):
    page = bytearray(PAGE)
    try:
        area.readinto(copy * area.block_bytes, page)
    except OSError:
        return None
    if not _is_sound(page, _RECORD_MAGIC, _RECORD_BYTES):
        return None
    record = Record()
    _magic, record.state, record.active, record.reason, _zero, record.sequence, record.counter, record.known = (
        struct.unpack_from(_RECORD, page)
    )
    if record.state > TRIAL_3 or record.active > 1:
        return None
    return record


def _is_later(one, other):
    return 0 < (one - other) & 0xFFFFFFFF < 0x80000000


def write_record(area: "Area", record: Record) -> None:
    """Write a record over the older copy: a cut leaves the newer one.  Errors: OSError."""
    newest = read_record(area)
    record.sequence = (newest.sequence + 1) & 0xFFFFFFFF if newest else 1
    head = struct.pack(
        _RECORD,
        _RECORD_MAGIC,
        record.state,
        record.active,
        record.reason,
        0,
        record.sequence,
        record.counter,
        record.known,
    )
    at = (record.sequence % RECORD_BLOCKS) * area.block_bytes
    area.erase(at)
    area.write(at, _page(head))


def choose(area: "Area") -> int:
    """Count this start and return the slot to run, -1 where neither can be run.  Never raises."""
    if not slot_bytes(area):
        return -1
    try:
        record = read_record(area)
        if record is None:
            record = _recovered(area)
            if record is None:
                return -1
        return _choose(area, record)
    except OSError:
        return -1


def _recovered(area):
    """Return a record made of what the slots hold: of two, the newer on trial; None where neither is bootable."""
    sound = [slot for slot in (0, 1) if is_bootable(area, slot, 0)]
    if not sound:
        return None
    counters = [read_header(area, slot).counter for slot in sound]
    best = counters.index(max(counters))
    record = Record(sound[best], min(counters))
    record.reason = RECORD_LOST
    if len(sound) == 2:
        record.state = TRIAL_3
    if not _saved(area, record):
        record.state = CONFIRMED
    return record


def _choose(area, record):
    judged = record.active if record.state == CONFIRMED else 1 - record.active
    if record.step(BOOT) and not _saved(area, record):
        record.state = CONFIRMED
        record.active = judged  # a start that cannot be counted is not spent on an image that nobody judged
    if is_bootable(area, record.active, record.counter):
        return record.active
    if not is_bootable(area, 1 - record.active, record.counter):
        return -1
    record.step(BROKEN)
    _saved(area, record)
    return record.active


def _saved(area, record):
    try:
        write_record(area, record)
        return True
    except OSError:
        return False
