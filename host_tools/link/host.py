"""The host's end of the link: docs/link-protocol.md, without a port and without a clock."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable

from gridkeel.link import frames
from host_tools.errors import ToolError
from host_tools.link import events, layouts
from host_tools.link.codec import FrameSplitter, encode_frame
from host_tools.link.commands import ID_COUNT, CommandQueue, Pending
from host_tools.link.dictionary import COMMAND_FIELD, Dictionary
from host_tools.link.exchange import Exchange
from host_tools.link.negotiation import REPEAT_S, Negotiation, State, check_version
from host_tools.link.offer import Offer
from host_tools.link.overheard import Overheard
from host_tools.link.records import Inbox, Place

SILENCE_S = 5.0
ASK_MAX_S = 30.0  # between two QUERYs to a line on which nobody ever answered
COMMAND_TIMEOUT_S = 10.0
ANSWERS = ("result", "parameter")


class HostLink:
    """One serial line, whatever device and boot is at its end.  Times are seconds of any steady clock.

    last_committed(device_id, boot_id) returns the last sequence of that boot the caller has on disk, 0 for none;
    without it a new HostLink takes whatever the device still holds, and the caller sorts out what it had before.
    listen_s: how long to listen before the first QUERY. A device says HELLO every second by itself; a line that carries
    text instead is a console, and gets nothing to read.
    """

    def __init__(
        self,
        last_committed: Callable[[str, int], int] | None = None,
        session: int | None = None,
        first_command: int | None = None,
        listen_s: float = 0.0,
    ) -> None:
        self.errors = 0  # sound frames that made no sense; damaged ones are in `damaged`
        self.repeats = 0
        self.ahead = 0
        self.overheard = Overheard()
        self._listen_s = listen_s
        self._ask_s = 0.0
        self._last_committed = last_committed
        self._negotiation = Negotiation(session)
        self._commands = CommandQueue(first_command or secrets.randbelow(ID_COUNT) + 1)
        self._exchange = Exchange()
        self._offer = Offer()
        self._offers = 0
        self._splitter = FrameSplitter()
        self._inbox = Inbox(0)
        self._opened = False  # this boot, at least once
        self._announced = False
        self._first_answer = 0
        self._ack_due = False
        self._now: float | None = None
        self._heard_at = 0.0
        self._repeat_at = 0.0
        self._out = bytearray()
        self._events: list[events.Event] = []

    @property
    def damaged(self) -> int:
        """Frames that were too long, no COBS, too short or with a wrong CRC."""
        return self._splitter.errors

    @property
    def connected(self) -> bool:
        return self._announced and self._negotiation.state is State.OPEN

    @property
    def session(self) -> int:
        """The number this host opens the link with; another one for each boot it meets."""
        return self._negotiation.session

    @property
    def hello(self) -> layouts.Hello | None:
        """What the device said of itself last, with its count of dropped records; at most a second old."""
        return self._negotiation.hello

    @property
    def dictionary(self) -> Dictionary:
        return self._negotiation.dictionary

    def receive(self, data: bytes, now_s: float) -> None:
        """Take bytes from the port."""
        if self._now is None:
            self._repeat_at = now_s + self._listen_s
        self._now = now_s
        if self._negotiation.state is State.ASKING:
            self.overheard.take(data)
        for body in self._splitter.feed(data):
            try:
                self._on_body(body, now_s)
            except (struct.error, ValueError, IndexError):
                self.errors += 1

    def events(self) -> list[events.Event]:
        """Return what happened since the last call."""
        while (ended := self._offer.ended()) is not None:
            self._events.append(events.Offered(ended.number, ended.code, ended.sent))
        happened, self._events = self._events, []
        return happened

    def command(self, message: str, timeout_s: float = COMMAND_TIMEOUT_S, **values: int | str) -> int:
        """Queue a command and return its id; an Answered event says how it ended.

        Errors: ToolError for a message, field or value that is not in the table.
        """
        row = self.dictionary.by_name.get(message)
        if row is not None and not row.is_command:
            raise ToolError(f"{message} is a record, not a command")
        self.dictionary.encode(message, {COMMAND_FIELD: 0, **values})
        return self._commands.add(message, values, timeout_s)

    def acknowledge(self, sequence: int, boot_id: int | None = None) -> None:
        """Tell the device that every record up to sequence is safe.

        boot_id: of the record; one of an earlier boot is ignored.  Errors: ValueError for a record never handed out.
        """
        if boot_id is not None and (self.hello is None or boot_id != self.hello.boot_id):
            return
        self._inbox.commit(sequence)
        self._ack_due = True

    def answer(self, number: int, data: bytes | None) -> bool:
        """Answer an Asked event, with None where there is no answer; return False where it comes too late.

        Errors: ValueError for more than frames.EXCHANGE_MAX bytes, or none.
        """
        return self._exchange.answer(number, data, self._now or 0.0)

    def offer(self, data: bytes) -> int:
        """Offer a stream (a release, a rotation of keys) and return its number; an Offered event tells how it ended.

        It takes the place of one that is under way.  Errors: ToolError where no device is connected.
        """
        if not self.connected:
            raise ToolError("no device is connected: an update is offered to one that is")
        self._offers = self._offers % 0xFFFF + 1
        self._offer.begin(self._offers, data, self._now or 0.0)
        return self._offers

    def withdraw_offer(self) -> None:
        """Stop offering what is under way; its Offered event has no code."""
        self._offer.lose()

    @property
    def offered(self) -> tuple[int, int] | None:
        """(bytes that the device has drawn, bytes of the stream), None where nothing is offered."""
        return self._offer.progress

    def data_to_send(self) -> bytes:
        """Return the bytes to write to the port."""
        if self._negotiation.state is State.OPEN:
            self._send_commands()
            for body in self._exchange.bodies(self._negotiation.session):
                self._out += encode_frame(body)
            for body in self._offer.bodies(self._negotiation.session, self._now or 0.0):
                self._out += encode_frame(body)
            if self._ack_due:
                self._repeat()
        data = bytes(self._out)
        self._out.clear()
        return data

    def deadline(self) -> float:
        """Return the now_s at which on_deadline wants to run; 0.0 before the clock was seen."""
        if self._now is None:
            return 0.0
        times = [self._repeat_at, *self._commands.times(self._negotiation.state is State.OPEN)]
        if self._negotiation.state is not State.ASKING:
            times.append(self._heard_at + SILENCE_S)
        times += [due for due in (self._exchange.deadline(), self._offer.deadline()) if due is not None]
        return min(times)

    def on_deadline(self, now_s: float) -> None:
        """Do what time asks for."""
        if self._now is None:
            self._repeat_at = now_s + self._listen_s
        self._now = now_s
        if self._negotiation.state is not State.ASKING and now_s - self._heard_at >= SILENCE_S:
            self._lose()
        if now_s >= self._repeat_at:
            self._repeat()
        self._exchange.on_deadline(now_s)
        self._offer.on_deadline(now_s)
        for pending in self._commands.expire(now_s):
            self._fail(
                pending, f"{pending.message}: no answer within {pending.timeout_s:g} s; is the device connected?"
            )

    def line_lost(self) -> None:
        """The port was closed: forget half a frame and what was not written; records, commands and session stay."""
        self._splitter.reset()
        self._out.clear()
        self._lose()

    def _lose(self) -> None:
        if self._announced and self.hello is not None:
            self._events.append(events.Lost(self.hello.device_id, self.hello.boot_id))
        self._announced = False
        self._exchange.reset()
        self._offer.lose()
        self._negotiation.ask_again()
        self.overheard.clear()
        self._ask_s = 0.0
        self._repeat_at = (self._now or 0.0) + self._listen_s

    def _repeat(self) -> None:
        state = self._negotiation.state
        body = self._negotiation.body(self._inbox.committed)
        if body is not None and not (state is State.ASKING and self.overheard.is_text):
            if state in (State.ASKING, State.OPENING):
                self._out += b"\0"  # ends whatever noise the line held before
            self._out += encode_frame(body)
        self._ack_due = False
        self._repeat_at = (self._now or 0.0) + (self._next_ask_s() if state is State.ASKING else REPEAT_S[state])

    def _next_ask_s(self) -> float:
        self._ask_s = min(2 * self._ask_s, ASK_MAX_S) if self._ask_s else REPEAT_S[State.ASKING]
        return self._ask_s

    def _send_commands(self) -> None:
        for pending in self._commands.due(self._now or 0.0):
            values = {COMMAND_FIELD: pending.command_id, **pending.values}
            try:
                message_id, payload = self.dictionary.encode(pending.message, values)
            except ToolError as error:
                self._commands.discard(pending)
                self._events.append(events.Answered(pending.command_id, None, {}, error))
            else:
                self._out += encode_frame(layouts.command(self._negotiation.session, message_id, payload))

    def _fail(self, pending: Pending, reason: str) -> None:
        self._events.append(events.Answered(pending.command_id, None, {}, ToolError(reason)))

    def _on_body(self, body: bytes, now_s: float) -> None:
        state = self._negotiation.state
        if body[0] == frames.HELLO:
            self._on_hello(body)
        elif body[0] == frames.RECORD:
            self._on_record(body)
        elif body[0] == frames.TABLE_PART:
            self._on_part(body)
        elif body[0] in (frames.ASK, frames.ASK_PART, frames.ANSWER_WANT):
            self._on_exchange(body, now_s)
        elif body[0] == frames.UPDATE_WANT:
            if self._negotiation.state is State.OPEN:
                self._offer.on_body(body, now_s)
        else:
            raise ValueError("a frame of unknown type")
        self._heard_at = now_s
        self.overheard.clear()
        if self._negotiation.state is not state:
            self._repeat_at = now_s

    def _on_hello(self, body: bytes) -> None:
        try:
            check_version(body)
        except ToolError as error:
            self._refuse("", 0, error)  # who it is cannot be read in a layout that is not ours
            return
        hello = layouts.read_hello(body)
        old = self.hello
        if self._negotiation.on_hello(hello):
            self._on_another_boot(old, hello)
        if self._negotiation.state is State.OPEN:
            self._on_open(hello)

    def _on_another_boot(self, old: layouts.Hello | None, hello: layouts.Hello) -> None:
        if old is not None and old.device_id == hello.device_id:
            self._events.append(events.Reset(hello.device_id, old.boot_id, hello.boot_id))
        for pending in self._commands.take_sent():
            self._fail(pending, f"{pending.message}: the device restarted before it answered; look, then ask again")
        self._exchange.reset()
        self._offer.lose()
        self._inbox = Inbox(self._last_committed(hello.device_id, hello.boot_id) if self._last_committed else 0)
        self._opened = False
        self._announced = False

    def _on_open(self, hello: layouts.Hello) -> None:
        if not self._opened and self._inbox.committed >= hello.next:
            reason = f"boot id {hello.boot_id} was used before: records would be lost as repeats; restart the device"
            self._refuse(hello.device_id, hello.boot_id, ToolError(reason))
            return
        if not self._announced:
            ours = hello.table_hash == Dictionary.ours().hash
            self._events.append(events.Connected(hello.device_id, hello.boot_id, hello.firmware, ours))
            self._announced = True
        if not self._opened:
            self._opened = True
            self._first_answer = hello.next  # what was posted before answers an earlier session's commands
            if self._last_committed is None:
                self._inbox = Inbox(hello.oldest - 1)
        self._skip_to(hello.oldest, hello)

    def _skip_to(self, oldest: int, hello: layouts.Hello) -> None:
        gap = self._inbox.skip_to(oldest)
        if gap is not None:
            self._events.append(events.Gap(hello.device_id, hello.boot_id, *gap))

    def _on_record(self, body: bytes) -> None:
        message_id, sequence, oldest, payload = layouts.read_record(body)
        hello = self.hello
        if self._negotiation.state is not State.OPEN or hello is None:
            return
        self._skip_to(oldest, hello)
        place = self._inbox.place(sequence)
        if place is Place.NEXT:
            self._hand_out(hello, sequence, message_id, payload)
        elif place is Place.REPEAT:
            self.repeats += 1
            self._ack_due = True
        else:
            self.ahead += 1

    def _hand_out(self, hello: layouts.Hello, sequence: int, message_id: int, payload: bytes) -> None:
        try:
            name, values = self.dictionary.decode(message_id, payload)
        except ValueError:
            self.errors += 1  # handed out all the same, empty: what is never acknowledged would block the rest
            name, values = f"message_{message_id}", {}
        self._events.append(events.Record(hello.device_id, hello.boot_id, sequence, name, values))
        if name in ANSWERS and sequence >= self._first_answer:
            pending = self._commands.settle(values.get(COMMAND_FIELD, 0))
            if pending is not None:
                self._events.append(events.Answered(pending.command_id, name, values, None))

    def _on_exchange(self, body: bytes, now_s: float) -> None:
        hello = self.hello
        if self._negotiation.state is not State.OPEN or hello is None:
            return
        self._exchange.on_body(body, now_s)
        asked = self._exchange.asked()
        if asked is not None:
            self._events.append(events.Asked(hello.device_id, hello.boot_id, *asked))

    def _on_part(self, body: bytes) -> None:
        try:
            if self._negotiation.on_part(*layouts.read_part(body)):
                self._repeat_at = self._now or 0.0
        except ToolError as error:
            hello = self.hello
            self._refuse(hello.device_id if hello else "", hello.boot_id if hello else 0, error)

    def _refuse(self, device_id: str, boot_id: int, error: ToolError) -> None:
        if self._negotiation.state is not State.REFUSED:
            self._events.append(events.Unusable(device_id, boot_id, error))
        self._negotiation.refuse(device_id, boot_id)
