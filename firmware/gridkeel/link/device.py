"""The device's end of the host link: docs/link-protocol.md, without a port and without a clock."""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.errors import ProtocolError
from gridkeel.link import commands, frames, ids, message_ids
from gridkeel.link.announce import Announcer
from gridkeel.link.framing import FrameReader, count_up, read_u32, same_u32
from gridkeel.link.ring import Ring

if TYPE_CHECKING:
    from gridkeel.link.backend import Backend
    from gridkeel.link.download import Download
    from gridkeel.protocols import Recorder, Uptime

_UNKNOWN = ids.RESULTS.index("unknown")
_OPEN_SIZE = 14
_ACK_SIZE = 9
_TABLE_GET_SIZE = 3
_BACKEND_FRAMES = (frames.ASK_WANT, frames.ANSWER, frames.ANSWER_PART)
_DOWNLOAD_FRAMES = (frames.UPDATE_OFFER, frames.UPDATE_PART)
_NUMBERED_SIZE = 7  # the least that names its number
_NO_SESSION = bytes(4)


class DeviceLink:
    """Keeps records until a host has them, and takes that host's commands once each.

    device_id: bytes, 1..24 ASCII.  boot_id: another number each boot, 0..2**32-1.  slots: records held, 16..4096, of
    128 bytes each.  backend: None where nobody has questions for the host.
    uptime: has the uptime_ms that answers carry; the link's own, which its caller sets, where there is none.
    Allocates after construction: nothing but the tuple of next_command.
    """

    def __init__(
        self,
        device_id: bytes,
        boot_id: int,
        slots: int = 64,
        backend: "Backend | None" = None,
        uptime: "Uptime | None" = None,
    ) -> None:
        self.uptime_ms = 0
        self._uptime = uptime or self
        self.ignored = 0  # sound frames that did not apply: another boot or session, no room, out of range
        self._backend = backend
        self._download: "Download | None" = None
        self._exchanges: "list[Backend | Download]" = [backend] if backend is not None else []
        self._ring = Ring(slots)
        self._ledger = commands.Ledger()
        self._reader = FrameReader()
        self._body = self._reader.body
        self._announcer = Announcer(device_id, boot_id)
        self._boot = boot_id.to_bytes(4, "little")
        self._session = bytearray(4)
        self._open = False
        self._heard = 0
        self._silence_ms = frames.SILENCE_MS
        self._hello_at = 0
        self._flight_at = 0
        self._retransmit_ms = frames.RETRANSMIT_MS
        self._result = [0, 0, 0]
        self._parameter = [0, 0, 0, 0]
        self._recorder: "Recorder | None" = None

    @property
    def produced(self) -> int:
        """Records posted this boot, dropped ones included: the last sequence number given."""
        return self._ring.next - 1

    @property
    def acked(self) -> int:
        return self._ring.acked

    @property
    def dropped(self) -> int:
        """Records given up without an acknowledgement; stops at 2**30-1."""
        return self._ring.dropped

    @property
    def clamped(self) -> int:
        """Values that did not fit their field and were posted as the nearest that does."""
        return self._ring.clamped

    @property
    def errors(self) -> int:
        """Frames that were damaged, too long, of unknown type or of the wrong size."""
        return self._reader.errors

    def attach(self, download: "Download") -> None:
        """Take updates that a host offers from now on."""
        self._download = download
        self._exchanges.append(download)

    def keep(self, recorder: "Recorder | None") -> None:
        """Notify a journal of each record and each acknowledgement from now on."""
        self._recorder = recorder

    def set_silence_ms(self, silence_ms: int) -> None:
        if not 1 <= silence_ms < 1 << 29:
            raise ProtocolError("silence of %d ms is outside 1..2**29-1" % silence_ms)
        self._silence_ms = silence_ms

    def connected(self, now_ms: int) -> bool:
        """Return whether a host has been heard within the silence."""
        return self._open and ticks.diff(now_ms, self._heard) < self._silence_ms

    def post(self, message_id: int, values: list | tuple) -> None:
        """Hold one record for the host; the oldest makes room.  values: ints in the row's order.

        A RESULT or PARAMETER that names a command is that command's answer: it goes out once, and only while the
        host session that asked lives.  Errors: ProtocolError for a row that is not in the table.
        """
        if (message_id == message_ids.RESULT or message_id == message_ids.PARAMETER) and values[1]:
            self._post_answer(message_id, values)
        else:
            self._put(message_id, values)

    def answer(self, command_id: int, result: int) -> None:
        """Post the RESULT of a command, once: a second answer to the same id does nothing."""
        values = self._result
        values[0] = self._uptime.uptime_ms
        values[1] = command_id
        values[2] = result
        self._post_answer(message_ids.RESULT, values)

    def next_command(self) -> tuple | None:
        """Return (message_id, values) of the next command to execute, id first in values, or None."""
        return self._ledger.take()

    def receive(self, data: bytes | bytearray | memoryview, n: int, now_ms: int) -> None:
        """Take data[:n] from the port."""
        reader = self._reader
        at = 0
        while at < n:
            at = reader.take(data, at, n)
            if reader.size:
                self._on_frame(reader.size, now_ms)

    def data_to_send(self, out: bytearray, now_ms: int) -> int:
        """Write whole frames to out, at least 131 bytes long, and return how many bytes; 0 when there is nothing."""
        if len(out) < frames.WIRE_MAX:
            raise ProtocolError("a buffer of %d bytes is under %d" % (len(out), frames.WIRE_MAX))
        last = len(out) - frames.WIRE_MAX
        at = 0
        if self._announcer.hello_due:
            at = self._announcer.write_hello(out, self._session if self._open else _NO_SESSION, self._ring)
            self._hello_at = now_ms
        if self._announcer.part_due and at <= last:
            at = self._announcer.write_part(out, at)
        for exchange in self._exchanges:
            while self._open and at <= last and exchange.sendable():
                at = exchange.send(out, at)
        while self._open and at <= last and self._ring.sendable():
            if not self._ring.in_flight():
                self._flight_at = now_ms
            at = self._ring.send(out, at)
        return at

    def deadline(self, now_ms: int) -> int:
        """Return the ms until on_deadline or data_to_send has something to do, 0 for now."""
        announcer = self._announcer
        if announcer.hello_due or announcer.part_due or self._open and self._ring.sendable():
            return 0
        wait = _left(self._hello_at, frames.HELLO_MS, now_ms)
        if self._open:
            wait = min(wait, _left(self._heard, self._silence_ms, now_ms))
            if self._ring.in_flight():
                wait = min(wait, _left(self._flight_at, self._retransmit_ms, now_ms))
            for exchange in self._exchanges:
                exchange_wait = exchange.deadline(now_ms)
                if exchange_wait >= 0:
                    wait = min(wait, exchange_wait)
        return wait

    def on_deadline(self, now_ms: int) -> None:
        """Do what time asks for: beacon, retransmission, the end of a silent session."""
        if _left(self._hello_at, frames.HELLO_MS, now_ms) == 0:
            self._announcer.want_hello()
        if not self._open:
            return
        for exchange in self._exchanges:
            exchange.on_deadline(now_ms)
        if not self.connected(now_ms):
            self._open = False
            self._announcer.want_hello()
            for exchange in self._exchanges:
                exchange.session(False)
        elif self._ring.in_flight() and _left(self._flight_at, self._retransmit_ms, now_ms) == 0:
            self._ring.rewind()
            self._retransmit_ms = min(2 * self._retransmit_ms, frames.RETRANSMIT_MAX_MS)

    def _put(self, message_id, values):
        if self._ring.full():
            self._ledger.record_dropped(self._ring.drop_oldest())
        sequence = self._ring.put(message_id, values)
        if self._recorder is not None and sequence:
            self._recorder.record(message_id, sequence, self._ring)
        return sequence

    def _post_answer(self, message_id, values):
        place = self._ledger.claim(values[1])
        if place >= 0:
            sequence = self._put(message_id, values)
            value = values[3] if message_id == message_ids.PARAMETER else 0
            self._ledger.answered(place, message_id, values[2], value, sequence)

    def _post_answer_again(self, command_id, place):
        ledger = self._ledger
        message_id = ledger.answer_messages[place]
        values = self._parameter if message_id == message_ids.PARAMETER else self._result
        values[0] = self._uptime.uptime_ms
        values[1] = command_id
        values[2] = ledger.answer_firsts[place]
        if message_id == message_ids.PARAMETER:
            values[3] = ledger.answer_values[place]
        ledger.posted(place, self._put(message_id, values))

    def _on_frame(self, size, now_ms):
        kind = self._body[0]
        if kind == frames.ACK and size == _ACK_SIZE:
            self._on_ack(now_ms)
        elif kind == frames.COMMAND and size >= frames.COMMAND_HEAD_SIZE + 2:
            self._on_command(size, now_ms)
        elif kind == frames.QUERY and size >= 2:
            self._announcer.want_hello()
        elif kind == frames.OPEN and size == _OPEN_SIZE:
            self._on_open(now_ms)
        elif kind == frames.TABLE_GET and size == _TABLE_GET_SIZE:
            if not self._announcer.want_part(self._body[1] | self._body[2] << 8):
                self.ignored = count_up(self.ignored)
        elif kind in _BACKEND_FRAMES and size >= _NUMBERED_SIZE:
            self._on_exchange(self._backend, size, now_ms)
        elif kind in _DOWNLOAD_FRAMES and size >= _NUMBERED_SIZE:
            self._on_exchange(self._download, size, now_ms)
        else:
            self._reader.refuse()

    def _on_exchange(self, exchange, size, now_ms):
        if not self._in_session():
            return
        self._heard = now_ms
        if exchange is None:
            self.ignored = count_up(self.ignored)
        elif not exchange.on_frame(self._body, size, now_ms):
            self._reader.refuse()

    def _on_open(self, now_ms):
        body = self._body
        self._announcer.want_hello()
        if body[1] != frames.VERSION or not same_u32(body, 6, self._boot, 0) or same_u32(body, 2, _NO_SESSION, 0):
            self.ignored = count_up(self.ignored)
            return
        same_session = same_u32(body, 2, self._session, 0)
        if not same_session:
            for i in range(4):
                self._session[i] = body[2 + i]
            self._ledger.abandon()
        resumed = self._open and same_session
        self._open = True
        self._heard = now_ms
        if not resumed:
            self._ring.rewind()
            self._retransmit_ms = frames.RETRANSMIT_MS
            for exchange in self._exchanges:
                exchange.session(True)
        self._take_ack(10, now_ms)

    def _on_ack(self, now_ms):
        if self._in_session():
            self._heard = now_ms
            self._take_ack(5, now_ms)

    def _on_command(self, size, now_ms):
        body = self._body
        command_id = body[frames.COMMAND_HEAD_SIZE] | body[frames.COMMAND_HEAD_SIZE + 1] << 8
        if command_id == 0:
            self._reader.refuse()
            return
        if not self._in_session():
            return
        self._heard = now_ms
        found = self._ledger.accept(body[5], body, frames.COMMAND_HEAD_SIZE, size - frames.COMMAND_HEAD_SIZE)
        if found == commands.STRANGE:
            self.answer(command_id, _UNKNOWN)
        elif found == commands.ANSWER_LOST:
            self._post_answer_again(command_id, self._ledger.found)
        elif found == commands.NO_ROOM:
            self.ignored = count_up(self.ignored)

    def _in_session(self):
        if self._open and same_u32(self._body, 1, self._session, 0):
            return True
        self.ignored = count_up(self.ignored)
        return False

    def _take_ack(self, at, now_ms):
        sequence = read_u32(self._body, at)
        if sequence > self._ring.sent_last:
            self.ignored = count_up(self.ignored)
        elif self._ring.acknowledge(sequence):
            self._flight_at = now_ms
            self._retransmit_ms = frames.RETRANSMIT_MS
            if self._recorder is not None:
                self._recorder.acknowledged(sequence)


def _left(since, period_ms, now_ms):
    """Return the ms left of a period, never under 0."""
    return max(0, period_ms - ticks.diff(now_ms, since))
