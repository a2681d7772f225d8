"""From one link into the queue: records are stored in batches, and acknowledged to the device once they are stored.

No port and no clock in here; the uplink pumps it in real time, the HIL bench in virtual time:

    intake.receive(data, now_s); intake.on_deadline(now_s); intake.commit(); port.write(intake.data_to_send())
    for event in intake.events(): ...

The uplink stores the records of many links at once: it takes `waiting` records, and says `stored` in place of `commit`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from host_tools.contract.compact import MESSAGES, packed
from host_tools.contract.topics import COMPACT, record_leaf
from host_tools.link.dictionary import Dictionary
from host_tools.link.events import Answered, Asked, Connected, Gap, Lost, Offered, Record, Reset, Unusable
from host_tools.link.host import HostLink
from host_tools.link.host_end import HostEnd
from host_tools.link.readable import readable
from host_tools.uplink.birth import Birth
from host_tools.uplink.events import ControllerDown, ControllerUp, DeviceRequest, Reply
from host_tools.uplink.problem_log import ProblemLog
from host_tools.uplink.queue import Entry, Queue, QueueFullError

# A device sends at most 16 records ahead of its acknowledgement. Beyond this many without room in the queue it is no
# device of ours, or one that restarts all the time: then `blocked` asks for the port to be left unread.
_PENDING_MAX = 1024
COMMIT_RECORDS = 8  # half of what a device sends ahead: with so many its line never waits for our disk


@dataclass
class Counts:
    """Counts of one link since the start of this process."""

    received: int = 0  # records handed out by the link, doubled ones included
    stored: int = 0  # records new to the queue
    missing: int = 0  # records the device dropped before they could be read
    gaps: int = 0
    resets: int = 0


IntakeEvent = Record | Answered | Offered | ControllerUp | ControllerDown | DeviceRequest
"""What happened on a link: a record, the end of a command or offer, the controller's coming and going, its question."""


class Memory(Protocol):
    """Store that knows which records it has: a Queue or a Store."""

    def last(self, device: str, boot: int) -> int: ...


def link_into(queue: Memory, listen_s: float = 0.0) -> HostLink:
    """Return a link that knows what the queue holds already, so that a device goes on where it left off."""
    return HostLink(last_committed=queue.last, listen_s=listen_s)


def host_time(_now_s: float) -> float:
    """Return this host's time of day, UTC in seconds since 1970."""
    return time.time()


class Intake:
    """One link's way into a queue, the host's time to its device, and replies to what the device asks.

    queue: None where the caller stores the records, see `waiting`.  unix_time: UTC in seconds since 1970 at a now_s.
    line: named in its events; every DeviceRequest among these wants its `reply`, whatever that is.
    compact: frequent records go without names.
    Errors of all methods: ToolError where the queue file is damaged.
    """

    def __init__(
        self,
        link: HostLink,
        queue: Queue | None,
        *,
        line: int = 0,
        compact: bool = False,
        unix_time: Callable[[float], float] = host_time,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.link = link
        self._line = line
        self._compact = compact
        self._unix_time = unix_time
        self.counts = Counts()
        self.connected: Connected | None = None
        self._queue = queue
        self._problems = ProblemLog(say)
        self._end = HostEnd(link, unix_time, say)
        self._events: list[IntakeEvent] = []
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

    def events(self) -> list[IntakeEvent]:
        """Return what happened since the last call, in that order."""
        happened, self._events = self._events, []
        return happened

    def receive(self, data: bytes, now_s: float) -> None:
        self._end.receive(data, now_s)
        self._follow(now_s)

    def on_deadline(self, now_s: float) -> None:
        """Do what time asks of the link, where its deadline has come."""
        self._end.on_deadline(now_s)
        self._follow(now_s)

    def deadline(self) -> float:
        """Return the now_s at which on_deadline wants to run."""
        return self._end.deadline()

    def commit(self) -> int:
        """Store what has come in one transaction and acknowledge it; return how many records were new.

        Where the queue is full nothing is acknowledged and the device keeps its records; the next call tries again.
        """
        if not self._pending or self._queue is None:
            return 0
        try:
            fresh = self._queue.put_many(self._pending)
        except QueueFullError as error:
            self._problems.begin("queue", str(error))
            return 0
        self._problems.end("queue", "queue has room again")
        self.counts.stored += fresh
        self.stored(len(self._pending))
        return fresh

    def stored(self, count: int) -> None:
        """Take note that the first `count` of `waiting` are on the disk: their device may forget them."""
        last = self._pending[count - 1]
        del self._pending[:count]
        self.link.acknowledge(last.sequence, last.boot)

    def reply(self, reply: Reply) -> None:
        """Tell the device what the backend says to its question, unless it started again meanwhile."""
        hello = self.link.hello
        if hello is not None and hello.boot_id == reply.request.boot:  # another boot's questions begin at 1 again
            self.link.answer(reply.request.number, reply.data)

    def data_to_send(self) -> bytes:
        return self._end.data_to_send()

    def line_lost(self) -> None:
        """The port is gone."""
        self._end.line_lost()
        self._follow()

    def _follow(self, now_s: float = 0.0) -> None:
        for event in self._end.events():
            if isinstance(event, Record):
                self.counts.received += 1
                self._events.append(event)
                self._pending.append(entry_of(event, self.link.dictionary, compact=self._compact))
            elif isinstance(event, Answered | Offered):
                self._events.append(event)
            elif isinstance(event, Gap):
                self.counts.gaps += 1
                self.counts.missing += event.last - event.first + 1
            elif isinstance(event, Asked):
                unix_s = self._unix_time(now_s)
                asked = DeviceRequest(self._line, event.boot_id, event.number, event.kind, event.data, unix_s)
                self._events.append(asked)
            else:
                self._follow_life(event)

    def _follow_life(self, event: Connected | Reset | Lost | Unusable) -> None:
        if isinstance(event, Connected):
            self.connected = event
            self._problems.end("link", f"{_shown(event.device_id)} can be served again")
            columns = self.link.dictionary.columns
            birth = Birth(event.device_id, event.boot_id, event.firmware, columns, compact=self._compact)
            self._events.append(ControllerUp(self._line, birth))
            return
        if isinstance(event, Reset):
            self.counts.resets += 1
            reason = "controller restarted"
        elif isinstance(event, Lost):
            reason = "link lost"
        else:
            reason = "controller cannot be served"
            self._problems.begin("link", f"{_shown(event.device_id)}: {event.error}")
        self._detach(reason)

    def _detach(self, reason: str) -> None:
        connected, self.connected = self.connected, None
        if connected is not None:
            self._events.append(ControllerDown(self._line, connected.device_id, reason))


def entry_of(record: Record, dictionary: Dictionary, *, compact: bool = False) -> Entry:
    """Return a record as it is queued and published; compact: without names where it is one of the frequent ones."""
    document = readable(record, dictionary)
    # A declared table may name a field as it likes; who sent the record is not for it to say.
    document.update(device=record.device_id, boot=record.boot_id, sequence=record.sequence, message=record.message)
    if compact and record.message in MESSAGES:
        payload = packed(document, dictionary.columns)
        return Entry(record.device_id, record.boot_id, record.sequence, COMPACT, payload)
    payload = json.dumps(document, separators=(",", ":")).encode()
    return Entry(record.device_id, record.boot_id, record.sequence, record_leaf(record.message), payload)


def _shown(device: str) -> str:
    return f"controller {ascii(device)[1:-1]}" if device else "controller"
