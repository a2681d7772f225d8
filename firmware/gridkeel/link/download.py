"""Device's end of a download: a stream of bytes that the host offers and the device draws, a window at a time.

The stream is a manifest and what it announces, or a rotation of keys. The host says its number and size, and says so
again until it is heeded. The device says from which octet on it wants more, the host sends up to a window from there.

    IDLE -offer-> OPEN;  OPEN -close-> CLOSED;  any -another offer-> OPEN;  any -host session over-> IDLE

What arrives lies in a room of ROOM bytes until it is used, so nothing is lost where the device is slow; a part that was
lost on the line is drawn again from there. An offer that was closed is answered with how it ended.
"""

from struct import pack_into

from gridkeel import ticks
from gridkeel.link import frames
from gridkeel.link.framing import copy, read_u32, seal
from gridkeel.update import refusals

IDLE = 0
OPEN = 1
CLOSED = 2

WINDOW_BYTES = frames.EXCHANGE_WINDOW * frames.UPDATE_PART_MAX
ROOM = 2 * WINDOW_BYTES  # what was there when more was drawn, and what was drawn
SIZE_MAX = (1 << 30) - 1
_OFFER_SIZE = 11
_PART_SIZE = 11  # and its bytes


class Download:
    """One stream at a time.  state, number: of it.  size: bytes of it.  used: how many of them were used.

    streams: changes with each stream that begins or is forgotten; a host that started again gives the same numbers.

    Allocates its room in an offer, and a few views of it.
    """

    def __init__(self) -> None:
        self.state = IDLE
        self.number = 0
        self.streams = 0
        self.size = 0
        self.used = 0
        self._body = bytearray(frames.FRAME_MAX)
        self._room: "bytearray | None" = None
        self._have = 0  # bytes in the room, from its start
        self._end = refusals.NONE  # CLOSED: how it ended
        self._lost = False  # the host is to go back to what is wanted
        self._due = False
        self._wanted = 0
        self._repeat_ms = 0

    def waiting(self) -> "memoryview":
        """Return the bytes that have arrived and were not used."""
        return memoryview(self._room)[: self._have] if self.state == OPEN else memoryview(b"")

    def use(self, n: int, now_ms: int) -> None:
        """Take the first n of the bytes that wait as used."""
        if n == 0:
            return
        room = self._room
        room[: self._have - n] = memoryview(room)[n : self._have]
        self._have -= n
        self.used += n
        drawn = self._arrived() - self._wanted
        if self._has_room() and (drawn >= WINDOW_BYTES // 2 or self._lost and drawn):
            self._say(now_ms)

    def skip_to(self, offset: int, now_ms: int) -> None:
        """Go on with the octet at `offset`: what lies before it is here already."""
        self._have = 0
        self.used = offset
        self._lost = True
        self._say(now_ms)

    def close(self, code: int, now_ms: int) -> None:
        """End the stream.  code: of refusals.py, NONE where all was taken."""
        self.state = CLOSED
        self._end = code
        self._room = None
        self._have = 0
        self._say(now_ms)

    def session(self, online: bool) -> None:
        """A host session began or ended: the stream of the one before is forgotten."""
        self.state = IDLE
        self.number = 0
        self.streams = self.streams + 1 & 0xFFFF
        self._room = None
        self._have = 0
        self._due = False

    def sendable(self) -> bool:
        """Return whether `send` has a frame."""
        return self._due

    def send(self, out: bytearray, at: int) -> int:
        """Write one frame to out from at, WIRE_MAX bytes; return the position after it."""
        self._due = False
        goes_back = 0
        if self._has_room():
            self._wanted = self._arrived()
            goes_back = 1 if self._lost else 0
        pack_into(
            frames.UPDATE_WANT_LAYOUT,
            self._body,
            0,
            frames.UPDATE_WANT,
            self.number,
            self._wanted,
            goes_back,
            1 if self.state == CLOSED else 0,
            self._end,
        )
        return seal(self._body, 0, frames.UPDATE_WANT_SIZE, out, at)

    def deadline(self, now_ms: int) -> int:
        """Return the ms until on_deadline has something to do, -1 where it has nothing."""
        if self._due:
            return 0
        if self.state != OPEN:
            return -1
        return max(0, frames.UPDATE_REPEAT_MS - ticks.diff(now_ms, self._repeat_ms))

    def on_deadline(self, now_ms: int) -> None:
        """Say again what is wanted where nothing has come for a while, or that this end still works on it."""
        if self.state == OPEN and not self._due and self.deadline(now_ms) == 0:
            self._lost = self._lost or self._arrived() < min(self.size, self._wanted + WINDOW_BYTES)
            self._say(now_ms)

    def on_frame(self, body: bytearray, size: int, now_ms: int) -> bool:
        """Take a frame of the open session; return False where its size is not its type's."""
        number = body[5] | body[6] << 8
        if body[0] == frames.UPDATE_OFFER and size == _OFFER_SIZE:
            self._on_offer(number, read_u32(body, 7), now_ms)
        elif body[0] == frames.UPDATE_PART and size > _PART_SIZE:
            if number == self.number and self.state == OPEN:
                self._on_part(body, read_u32(body, 7), size - _PART_SIZE, now_ms)
        else:
            return False
        return True

    def _on_offer(self, number, size, now_ms):
        if number != self.number:
            self._open(number, size)
        self._lost = True
        self._say(now_ms)

    def _open(self, number, size):
        self.number = number
        self.streams = self.streams + 1 & 0xFFFF
        self.size = size
        self.used = self._have = 0
        self._end = refusals.NONE
        self.state = OPEN
        if not 0 < size <= SIZE_MAX:
            self.state = CLOSED
            self._end = refusals.MALFORMED
            return
        try:
            self._room = self._room or bytearray(ROOM)
        except MemoryError:
            self.state = CLOSED
            self._end = refusals.NO_MEMORY

    def _on_part(self, body, offset, n, now_ms):
        arrived = self._arrived()
        if offset != arrived or arrived + n > self.size or self._have + n > ROOM:
            if offset > arrived and not self._lost:
                self._lost = True  # said once; what is on its way behind the gap changes nothing
                self._say(now_ms)
            return
        copy(body, _PART_SIZE, n, self._room, self._have)
        self._have += n
        self._lost = False
        self._repeat_ms = now_ms

    def _arrived(self):
        return self.used + self._have

    def _has_room(self):
        return self._have <= WINDOW_BYTES

    def _say(self, now_ms):
        self._due = True
        self._repeat_ms = now_ms
