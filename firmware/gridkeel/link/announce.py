"""Announcements of the device: HELLO, and its message table in parts."""

from struct import pack_into

from gridkeel import COMMIT, TYPE_CHECKING, VERSION
from gridkeel.errors import ProtocolError
from gridkeel.link import frames, ids, packed
from gridkeel.link.framing import seal

if TYPE_CHECKING:
    from gridkeel.link.ring import Ring

_SESSION_AT = 6
_OLDEST_AT = 16
_NEXT_AT = 20
_DROPPED_AT = 24
_TEXTS_AT = 28


class Announcer:
    """hello_due, part_due: what is to be written next.  Allocates after construction: nothing."""

    def __init__(self, device_id: bytes, boot_id: int) -> None:
        if ids.device_id(device_id) != device_id:
            raise ProtocolError("invalid device id %r, see gridkeel.link.ids" % (device_id,))
        if not 0 <= boot_id <= 0xFFFFFFFF:
            raise ProtocolError("boot id %d is outside 0..2**32-1" % boot_id)
        self.hello_due = True
        self.part_due = False
        self._part_at = 0
        self._table = packed.TEXT
        self._part = bytearray(frames.FRAME_MAX)
        self._hello = bytearray(frames.FRAME_MAX)
        self._hello_size = self._fill_hello(device_id, boot_id)

    def want_hello(self) -> None:
        """Note that a HELLO is due."""
        self.hello_due = True

    def want_part(self, offset: int) -> bool:
        """Note that a host asked for the table from offset on; return False where the table has no such byte."""
        if offset >= len(self._table):
            return False
        self._part_at = offset
        self.part_due = True
        return True

    def write_hello(self, out: bytearray, session: bytes | bytearray, ring: "Ring") -> int:
        """Write a HELLO to the start of out, WIRE_MAX bytes; return the position after it.

        session: the 4 bytes of the open session's number, or of none (zeros).
        """
        hello = self._hello
        for i in range(4):
            hello[_SESSION_AT + i] = session[i]
        pack_into("<I", hello, _OLDEST_AT, ring.oldest)
        pack_into("<I", hello, _NEXT_AT, ring.next)
        pack_into("<I", hello, _DROPPED_AT, ring.dropped)
        self.hello_due = False
        out[0] = 0  # ends whatever noise the line held before
        return seal(hello, 0, self._hello_size, out, 1)

    def write_part(self, out: bytearray, at: int) -> int:
        """Write the part that was asked for to out from at, WIRE_MAX bytes; return the position after it."""
        body = self._part
        offset = self._part_at
        n = min(frames.TABLE_PART_MAX, len(self._table) - offset)
        body[0] = frames.TABLE_PART
        pack_into("<H", body, 1, offset)
        for i in range(n):
            body[3 + i] = self._table[offset + i]
        self.part_due = False
        return seal(body, 0, 3 + n, out, at)

    def _fill_hello(self, device_id, boot_id):
        hello = self._hello
        size = len(self._table)
        pack_into(frames.HELLO_HEAD, hello, 0, frames.HELLO, frames.VERSION, boot_id, 0, packed.HASH, size, 1, 1, 0)
        at = _TEXTS_AT
        for text in (device_id, ("%s+%s" % (VERSION, COMMIT)).encode()[: frames.FIRMWARE_MAX]):
            hello[at] = len(text)
            hello[at + 1 : at + 1 + len(text)] = text
            at += 1 + len(text)
        return at
