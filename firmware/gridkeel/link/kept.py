"""Records of an earlier boot, kept by the journal, on their way to the host: under that boot's number, one at a time.

The device speaks in the name of the earlier boot until the host has them all, and only then says that it started anew.
The host's own rules do the rest: it takes up a boot where it left it, filters what it has, and reports what is missing
between two records as a gap.
"""

from struct import pack_into

from gridkeel import TYPE_CHECKING
from gridkeel.link import frames
from gridkeel.link.device import DeviceLink
from gridkeel.link.frames import RECORD, RECORD_HEAD_SIZE, SEQUENCE_LAST, WINDOW
from gridkeel.link.framing import count_up
from gridkeel.link.ring import Ring

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer


class KeptRing(Ring):
    """Holds one record, or none.  next: never reached, for nobody knows how far that boot came."""

    def __init__(self) -> None:
        super().__init__(WINDOW)
        self.next = self.sent_last = SEQUENCE_LAST
        self.loaded = False

    def load(self, sequence: int, message: int, row: "Buffer") -> None:
        """Take the next record, as `put` laid it out."""
        slot = self.bodies[sequence % self.slots]
        slot[0] = RECORD
        slot[1] = message
        pack_into("<I", slot, 2, sequence)
        for i in range(len(row)):
            slot[RECORD_HEAD_SIZE + i] = row[i]
        self.sizes[sequence % self.slots] = RECORD_HEAD_SIZE + len(row)
        self.oldest = self.sent = sequence
        self.loaded = True

    def sendable(self) -> bool:
        return self.loaded and self.sent == self.oldest

    def acknowledge(self, sequence: int) -> bool:
        if not self.loaded or sequence < self.oldest:
            return False
        self.loaded = False
        self.sent = self.oldest
        self.acked = count_up(self.acked)
        return True

    def in_flight(self) -> bool:
        return self.loaded and self.sent > self.oldest


class KeptLink(DeviceLink):
    """The link in the name of an earlier boot.  It takes no command: who asks is told of the restart soon."""

    def __init__(self, device_id: bytes, boot_id: int) -> None:
        super().__init__(device_id, boot_id, WINDOW)
        self._ring = self._kept = KeptRing()
        self.boot_id = boot_id

    def load(self, sequence: int, message: int, row: "Buffer") -> None:
        """Hand over the next record once the last one was acknowledged."""
        self._kept.load(sequence, message, row)

    @property
    def idle(self) -> bool:
        """Whether the last record is on the host's disk."""
        return not self._kept.loaded

    def _on_frame(self, size, now_ms):
        if self._body[0] != frames.COMMAND:
            super()._on_frame(size, now_ms)
