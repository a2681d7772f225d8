"""From one link into the queue: records are stored in batches, and acknowledged to the device once they are stored.

No port and no clock in here; the uplink pumps it in real time, a bench in virtual time:

    intake.receive(data, now_s); intake.on_deadline(now_s); intake.commit(); port.write(intake.data_to_send())

The uplink stores the records of many links at once: it takes `waiting` records, and says `stored` in place of `commit`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from host_tools.contract.topics import record_leaf
from host_tools.link import events
from host_tools.link.dictionary import Dictionary
from host_tools.link.host import HostLink
from host_tools.link.readable import readable
from host_tools.link.time_sender import TimeSender
from host_tools.uplink.birth import Birth
from host_tools.uplink.queue import Entry, Queue, QueueFullError
from host_tools.uplink.troubles import Troubles

# A device sends at most 16 records ahead of its acknowledgement. Beyond this many without room in the queue it is no
# device of ours, or one that restarts all the time: then `blocked` asks for the port to be left unread.
_PENDING_MAX = 1024
COMMIT_RECORDS = 8  # half of what a device sends ahead: with so many its line never stands still for our disk


@dataclass
class Counts:
    """What one link brought since the start of this process."""

    received: int = 0  # records handed out by the link, doubled ones included
    stored: int = 0  # records new to the queue
    missing: int = 0  # records the device dropped before they could be read
    gaps: int = 0
    resets: int = 0


@dataclass(frozen=True)
class Listener:
    """Who is told of a link's life; each is called from inside receive or on_deadline."""

    attached: Callable[[Birth], None] = lambda _birth: None
    detached: Callable[[str, str], None] = lambda _device, _reason: None
    answered: Callable[[events.Answered], None] = lambda _answer: None
    recorded: Callable[[events.Record], None] = lambda _record: None
    say: Callable[[str], None] = lambda _line: None


class Memory(Protocol):
    """What knows which records were stored: a Queue or a Store."""

    def last(self, device: str, boot: int) -> int: ...


def link_into(queue: Memory, listen_s: float = 0.0) -> HostLink:
    """Return a link that knows what the queue holds already, so that a device goes on where it left off."""
    return HostLink(last_committed=queue.last, listen_s=listen_s)


Work = Callable[[], bytes | None]
Answerer = Callable[[str, bytes, float], bytes | None]
"""Takes the kind, the bytes and the time of day (UTC, s since 1970) of a controller's question; None: no answer."""


def nobody(_kind: str, _data: bytes, _unix_s: float) -> None:
    """Answer nothing."""


def at_once(work: Work, then: Callable[[bytes | None], None]) -> None:
    """Do the work here and now, and hand its result on."""
    then(work())


def host_time(_now_s: float) -> float:
    """Return this host's time of day, UTC in seconds since 1970."""
    return time.time()


class Intake:
    """One link's way into a queue, the host's time to its device, and answers to what the device asks.

    queue: None where the caller stores the records, see `waiting`.  unix_time: UTC in seconds since 1970 at a now_s.
    answerer: of what a device asks; one whose question nobody takes is told so at once.  run: has the answerer's work
    done, and `then` called with its result in the thread of this intake.
    Errors of all methods: ToolError where the queue file is damaged.
    """

    def __init__(
        self,
        link: HostLink,
        queue: Queue | None,
        listener: Listener | None = None,
        unix_time: Callable[[float], float] = host_time,
        answerer: Answerer = nobody,
        run: Callable[[Work, Callable[[bytes | None], None]], None] = at_once,
    ) -> None:
        self.link = link
        self._run = run
        self._answerer = answerer
        self._unix_time = unix_time
        self.counts = Counts()
        self.connected: events.Connected | None = None
        self._queue = queue
        self._listener = listener or Listener()
        self._troubles = Troubles(self._listener.say)
        self._teller = TimeSender(link, unix_time, self._listener.say)
        self._pending: list[Entry] = []

    @property
    def pending(self) -> int:
        """Records received and not yet stored."""
        return len(self._pending)

    @property
    def waiting(self) -> list[Entry]:
        """Records to be stored; they stay here until `stored`."""
        return self._pending[:]

    @property
    def blocked(self) -> bool:
        """True where the port is better left unread until `commit` succeeds."""
        return len(self._pending) >= _PENDING_MAX

    def receive(self, data: bytes, now_s: float) -> None:
        self.link.receive(data, now_s)
        self._follow(now_s)

    def on_deadline(self, now_s: float) -> None:
        """Do what time asks of the link, where its deadline has come."""
        if now_s >= self.link.deadline():
            self.link.on_deadline(now_s)
            self._follow(now_s)
        self._teller.on_deadline(now_s)

    def deadline(self) -> float:
        """Return the now_s at which on_deadline wants to run."""
        due_s = self._teller.deadline()
        return self.link.deadline() if due_s is None else min(due_s, self.link.deadline())

    def commit(self) -> int:
        """Store what has come in one transaction and acknowledge it; return how many records were new.

        Where the queue is full nothing is acknowledged and the device keeps its records; the next call tries again.
        """
        if not self._pending or self._queue is None:
            return 0
        try:
            fresh = self._queue.put_many(self._pending)
        except QueueFullError as error:
            self._troubles.begin("queue", str(error))
            return 0
        self._troubles.end("queue", "queue has room again")
        self.counts.stored += fresh
        self.stored(len(self._pending))
        return fresh

    def stored(self, count: int) -> None:
        """Take note that the first `count` of `waiting` are on the disk: their device may forget them."""
        last = self._pending[count - 1]
        del self._pending[:count]
        self.link.acknowledge(last.sequence, last.boot)

    def data_to_send(self) -> bytes:
        return self.link.data_to_send()

    def line_lost(self) -> None:
        """The port is gone."""
        self.link.line_lost()
        self._follow()

    def _follow(self, now_s: float = 0.0) -> None:
        for event in self.link.events():
            if isinstance(event, events.Record):
                self.counts.received += 1
                self._listener.recorded(event)
                self._pending.append(entry_of(event, self.link.dictionary))
            elif isinstance(event, events.Answered):
                if not self._teller.answered(event):
                    self._listener.answered(event)
            elif isinstance(event, events.Gap):
                self.counts.gaps += 1
                self.counts.missing += event.last - event.first + 1
            elif isinstance(event, events.Asked):
                self._ask(event, self._unix_time(now_s))
            else:
                self._follow_life(event)

    def _ask(self, event: events.Asked, unix_s: float) -> None:
        self._run(lambda: self._answerer(event.kind, event.data, unix_s), lambda data: self._answered(event, data))

    def _answered(self, event: events.Asked, data: bytes | None) -> None:
        hello = self.link.hello
        if hello is not None and hello.boot_id == event.boot_id:  # another boot's questions begin at 1 again
            self.link.answer(event.number, data)

    def _follow_life(self, event: events.Connected | events.Reset | events.Lost | events.Unusable) -> None:
        if isinstance(event, events.Connected):
            self.connected = event
            self._troubles.end("link", f"{_shown(event.device_id)} can be served again")
            columns = self.link.dictionary.columns
            self._listener.attached(Birth(event.device_id, event.boot_id, event.firmware, columns))
            return
        if isinstance(event, events.Reset):
            self.counts.resets += 1
            reason = "controller restarted"
        elif isinstance(event, events.Lost):
            reason = "link lost"
        else:
            reason = "controller cannot be served"
            self._troubles.begin("link", f"{_shown(event.device_id)}: {event.error}")
        self._detach(reason)

    def _detach(self, reason: str) -> None:
        connected, self.connected = self.connected, None
        if connected is not None:
            self._listener.detached(connected.device_id, reason)


def entry_of(record: events.Record, dictionary: Dictionary) -> Entry:
    """Return a record as it is queued and published."""
    document = readable(record, dictionary)
    # A declared table may name a field as it likes; who sent the record is not for it to say.
    document.update(device=record.device_id, boot=record.boot_id, sequence=record.sequence, message=record.message)
    payload = json.dumps(document, separators=(",", ":")).encode()
    return Entry(record.device_id, record.boot_id, record.sequence, record_leaf(record.message), payload)


def _shown(device: str) -> str:
    return f"controller {ascii(device)[1:-1]}" if device else "controller"
