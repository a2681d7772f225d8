"""Ring of unacknowledged records: slots of one size, each a frame body that lacks `held` only."""

from struct import pack_into

from gridkeel.errors import ProtocolError
from gridkeel.link import packed
from gridkeel.link.frames import (
    FRAME_MAX,
    RECORD,
    RECORD_HEAD_SIZE,
    SEQUENCE_LAST,
    SLOTS_MAX,
    WINDOW,
)
from gridkeel.link.framing import count_up, seal

# code: format, bytes, least and most value
_CODES = {
    ord("B"): ("<B", 1, 0, 0xFF),
    ord("b"): ("<b", 1, -0x80, 0x7F),
    ord("H"): ("<H", 2, 0, 0xFFFF),
    ord("h"): ("<h", 2, -0x8000, 0x7FFF),
    ord("I"): ("<I", 4, 0, 0xFFFFFFFF),
    ord("i"): ("<i", 4, -0x80000000, 0x7FFFFFFF),
}
_COUNT = ord("1")


class Ring:
    """Records oldest..next-1; `sent` is the next to go out.

    bodies, sizes: of the frames, at sequence % slots.  Allocates after construction: nothing."""

    def __init__(self, slots: int) -> None:
        if not WINDOW <= slots <= SLOTS_MAX:
            raise ProtocolError("slots = %d is outside %d..%d" % (slots, WINDOW, SLOTS_MAX))
        self.slots = slots
        self.oldest = 1
        self.next = 1
        self.sent = 1
        self.sent_last = 0  # highest sequence that ever went out
        self.acked = 0
        self.dropped = 0
        self.clamped = 0
        # A buffer a slot: after the imports a board's heap is in pieces, and one of 8 kB may not be left.
        self.bodies = [bytearray(FRAME_MAX) for _ in range(slots)]
        self.sizes = bytearray(slots)
        self._rows = {message: (codes, counts) for message, codes, counts in packed.RECORDS}

    def put(self, message: int, values: list | tuple) -> int:
        """Store one record and return its sequence, 0 where the sequences of this boot are used up.

        A value outside its field is stored as the nearest that fits and counted in clamped; a count saturates.
        Errors: ProtocolError for an unknown message or a wrong number of values.
        """
        row = self._rows.get(message)
        if row is None or len(values) != len(row[0]):
            raise ProtocolError("message %r has no such row of values" % (message,))
        if self.next > SEQUENCE_LAST:
            self.dropped = count_up(self.dropped)
            return 0
        sequence = self.next
        slot = self.bodies[sequence % self.slots]
        slot[0] = RECORD
        slot[1] = message
        pack_into("<I", slot, 2, sequence)
        codes = row[0]
        at = RECORD_HEAD_SIZE
        for i in range(len(codes)):
            code = _CODES[codes[i]]
            pack_into(code[0], slot, at, self._fit(code, row[1][i] == _COUNT, values[i]))
            at += code[1]
        self.sizes[sequence % self.slots] = at
        self.next = sequence + 1
        return sequence

    def full(self) -> bool:
        """Return whether the next put would overwrite the oldest record."""
        return self.next - self.oldest == self.slots

    def drop_oldest(self) -> int:
        """Give the oldest record up and count it; return its sequence."""
        sequence = self.oldest
        self.dropped = count_up(self.dropped)
        self.oldest = sequence + 1
        if self.sent < self.oldest:
            self.sent = self.oldest
        return sequence

    def acknowledge(self, sequence: int) -> bool:
        """Free everything up to sequence; return True on progress."""
        if sequence < self.oldest:
            return False
        while self.oldest <= sequence:
            self.oldest += 1
            self.acked = count_up(self.acked)
        if self.sent < self.oldest:
            self.sent = self.oldest
        return True

    def rewind(self) -> None:
        """Send again from the oldest record on."""
        self.sent = self.oldest

    def in_flight(self) -> bool:
        return self.sent > self.oldest

    def sendable(self) -> bool:
        return self.sent < self.next and self.sent - self.oldest < WINDOW

    def send(self, out: bytearray, at: int) -> int:
        """Write the next record's frame to out from at, WIRE_MAX bytes; return the position after it."""
        sequence = self.sent
        slot = self.bodies[sequence % self.slots]
        pack_into("<H", slot, 6, sequence - self.oldest)
        self.sent = sequence + 1
        if sequence > self.sent_last:
            self.sent_last = sequence
        return seal(slot, 0, self.sizes[sequence % self.slots], out, at)

    def _fit(self, code, saturates, value):
        if value < code[2]:
            fitted = code[2]
        elif value > code[3]:
            fitted = code[3]
        else:
            return value
        if not saturates:
            self.clamped = count_up(self.clamped)
        return fitted
