"""Questions to the backend behind the host, and their answers: up to EXCHANGE_MAX bytes each way, one at a time.

The receiver draws: it says from which byte on it wants more, and the sender sends up to a window of parts from there.
Where the receiver adds that parts were lost, the sender goes back to that byte.

    IDLE -ask-> OFFERED -wanted-> SENDING -all wanted-> WAITING -answer-> FETCHING -all there-> DONE
    OFFERED .. FETCHING -refused, lifetime over, host session over, damaged-> FAILED;  any -ask-> OFFERED
"""

import binascii
from struct import pack_into

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.link import frames
from gridkeel.link.framing import copy, read_u32, seal

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer, WritableBuffer

KINDS = ("CertificateInstallationReq", "CertificateUpdateReq")
RESULTS = ("ok", "none")  # of an answer: it follows, or there will be none

IDLE = 0
OFFERED = 1
SENDING = 2
WAITING = 3
FETCHING = 4
DONE = 5
FAILED = 6

_HALF_WINDOW = frames.EXCHANGE_WINDOW * frames.EXCHANGE_PART_MAX // 2
_WANT_SIZE = 10
_ANSWER_SIZE = 14
_PART_SIZE = 9  # and its bytes


class Backend:
    """The device's end; question and answer stand in the asker's buffers.  Allocates in ask and answer, else nothing.

    online: whether a host session is open.
    """

    def __init__(self) -> None:
        self.state = IDLE
        self.online = False
        self._question: "Buffer | None" = None
        self._room: "WritableBuffer | None" = None
        self._body = bytearray(frames.FRAME_MAX)
        self._crc = bytearray(frames.CRC_SIZE)
        self._number = 0
        self._kind = 0
        self._size = 0  # of the question, then of the answer
        self._at = 0  # SENDING: the next byte to go; FETCHING: how many are there
        self._limit = 0
        self._wanted = 0  # how far we said we are
        self._lost = False  # and that the host is to go back to there
        self._head_due = False  # OFFERED: ASK; FETCHING and DONE: ANSWER_WANT
        self._begun_ms = 0
        self._repeat_ms = 0

    def session(self, online: bool) -> None:
        """A host session began or ended: what was asked in the one before is lost."""
        self.online = online
        self.lose()

    @property
    def answer(self) -> "memoryview | None":
        """The part of the room that is the answer, None where it is not there (yet)."""
        return memoryview(self._room)[: self._size] if self.state == DONE else None

    @property
    def failed(self) -> bool:
        """Return whether there will be no answer."""
        return self.state == FAILED

    @property
    def settled(self) -> bool:
        """Return whether the last question is answered, or never will be."""
        return self.state == DONE or self.state == FAILED

    def ask(self, kind: str, question: "Buffer", room: "WritableBuffer", now_ms: int) -> None:
        """Put a question; one that is under way is forgotten.  kind: of KINDS.  room: where the answer is written.

        Both are left alone by whoever asks until this is settled or lost; at most EXCHANGE_MAX bytes of each are used.
        It fails within EXCHANGE_LIFETIME_MS where no answer comes, and at once where there is no host.
        Errors: ValueError for another kind.
        """
        self._kind = KINDS.index(kind)
        size = len(question)
        if not self.online or not 0 < size <= frames.EXCHANGE_MAX:
            self.state = FAILED
            return
        self._question = question
        self._room = room
        pack_into("<I", self._crc, 0, binascii.crc32(question))
        self._number = self._number % 0xFFFF + 1
        self._size = size
        self._at = self._limit = 0
        self._begun_ms = now_ms
        self._offer(OFFERED, now_ms)

    def lose(self) -> None:
        """Give the question up: the host session is over, or nobody waits any more."""
        if OFFERED <= self.state <= FETCHING:
            self.state = FAILED
            self._head_due = False

    def sendable(self) -> bool:
        """Return whether `send` has a frame."""
        return self._head_due or self.state == SENDING and self._at < self._limit

    def send(self, out: bytearray, at: int) -> int:
        """Write one frame to out from at, WIRE_MAX bytes; return the position after it."""
        body = self._body
        if self._head_due:
            self._head_due = False
            n = self._fill_ask(body) if self.state == OFFERED else self._fill_want(body)
        else:
            n = self._fill_part(body)
        return seal(body, 0, n, out, at)

    def deadline(self, now_ms: int) -> int:
        """Return the ms until on_deadline has something to do, -1 where it has nothing."""
        if self.sendable():
            return 0
        if not OFFERED <= self.state <= FETCHING:
            return -1
        left_ms = max(0, frames.EXCHANGE_LIFETIME_MS - ticks.diff(now_ms, self._begun_ms))
        if self.state == OFFERED or self.state == FETCHING:
            left_ms = min(left_ms, max(0, frames.EXCHANGE_REPEAT_MS - ticks.diff(now_ms, self._repeat_ms)))
        return left_ms

    def on_deadline(self, now_ms: int) -> None:
        """Give up a question whose time is over; say again what nobody answered."""
        if not OFFERED <= self.state <= FETCHING:
            return
        if ticks.diff(now_ms, self._begun_ms) >= frames.EXCHANGE_LIFETIME_MS:
            self.lose()
        elif self.deadline(now_ms) == 0 and not self.sendable():
            self._lost = True
            self._offer(self.state, now_ms)

    def on_frame(self, body: bytearray, size: int, now_ms: int) -> bool:
        """Take a frame of the open session; return False where its size is not its type's."""
        kind = body[0]
        number = body[5] | body[6] << 8
        if kind == frames.ASK_WANT and size == _WANT_SIZE:
            if number == self._number:
                self._on_want(body[7] | body[8] << 8, body[9])
        elif kind == frames.ANSWER and size == _ANSWER_SIZE:
            if number == self._number:
                self._on_answer(body, now_ms)
        elif kind == frames.ANSWER_PART and size > _PART_SIZE:
            if number == self._number and self.state == FETCHING:
                self._on_part(body, size - _PART_SIZE, now_ms)
        else:
            return False
        return True

    def _offer(self, state, now_ms):
        self.state = state
        self._head_due = True
        self._repeat_ms = now_ms

    def _on_want(self, offset, lost):
        if offset > self._size or not OFFERED <= self.state <= SENDING:
            return
        self._at = offset if lost else max(self._at, offset)
        self._limit = min(self._size, offset + frames.EXCHANGE_WINDOW * frames.EXCHANGE_PART_MAX)
        self._head_due = False
        self.state = WAITING if offset == self._size else SENDING

    def _on_answer(self, body, now_ms):
        if self.state == FETCHING or self.state == DONE:
            self._offer(self.state, now_ms)  # the host has not heard how far we are
            return
        if not OFFERED <= self.state <= WAITING:
            return
        size = body[8] | body[9] << 8
        if body[7] != 0 or not 0 < size <= min(frames.EXCHANGE_MAX, len(self._room)):
            self.lose()
            return
        for i in range(frames.CRC_SIZE):
            self._crc[i] = body[10 + i]
        self._size = size
        self._at = self._wanted = 0
        self._lost = False
        self._offer(FETCHING, now_ms)

    def _on_part(self, body, n, now_ms):
        offset = body[7] | body[8] << 8
        if offset != self._at or offset + n > self._size:
            if offset > self._at and not self._lost:
                self._lost = True  # said once; what is on its way behind the gap changes nothing
                self._offer(FETCHING, now_ms)
            return
        copy(body, _PART_SIZE, n, self._room, offset)
        self._at += n
        self._lost = False
        self._repeat_ms = now_ms
        if self._at == self._size:
            self._finish(now_ms)
        elif self._at - self._wanted >= _HALF_WINDOW:
            self._offer(FETCHING, now_ms)

    def _finish(self, now_ms):
        if binascii.crc32(memoryview(self._room)[: self._size]) != read_u32(self._crc, 0):
            self.lose()
            return
        self._offer(DONE, now_ms)

    def _fill_ask(self, body):
        pack_into(frames.ASK_LAYOUT, body, 0, frames.ASK, self._number, self._kind, self._size, 0)
        for i in range(frames.CRC_SIZE):
            body[6 + i] = self._crc[i]
        return 6 + frames.CRC_SIZE

    def _fill_want(self, body):
        self._wanted = self._at
        pack_into(
            frames.ANSWER_WANT_LAYOUT, body, 0, frames.ANSWER_WANT, self._number, self._at, 1 if self._lost else 0
        )
        return 6

    def _fill_part(self, body):
        n = min(frames.EXCHANGE_PART_MAX, self._limit - self._at)
        pack_into(frames.ASK_PART_HEAD, body, 0, frames.ASK_PART, self._number, self._at)
        copy(self._question, self._at, n, body, 5)
        self._at += n
        return 5 + n
