"""The host's end of a controller's link, in memory: it tells the time, acknowledges, and keeps what came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from host_tools.errors import ToolError
from host_tools.link import events
from host_tools.link.host import COMMAND_TIMEOUT_S, HostLink
from host_tools.link.readable import readable
from host_tools.link.telltime import TimeTeller
from host_tools.uplink.intake import Answerer, nobody

KEPT = 20000  # records: half an hour of a controller's


class Desk:
    """`records` are the readable documents of everything the device posted; pumped by one thread, read by any.

    unix_time: what the device is told as the time of day, None to leave its clock unset.  answerer: of what it asks.
    """

    def __init__(
        self,
        unix_time: Callable[[float], float] | None = lambda _now_s: time.time(),
        answerer: Answerer = nobody,
    ) -> None:
        self.link = HostLink()
        self._answerer = answerer
        self.answers: dict[int, events.Answered] = {}
        self.notes: list[str] = []
        self._records: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._lock = threading.Lock()
        self._teller = TimeTeller(self.link, unix_time, self.notes.append) if unix_time else None

    def receive(self, data: bytes, now_s: float) -> None:
        """Take bytes from the port."""
        with self._lock:
            self.link.receive(data, now_s)
            self._follow()

    def on_deadline(self, now_s: float) -> None:
        """Do what time asks for."""
        with self._lock:
            if now_s >= self.link.deadline():
                self.link.on_deadline(now_s)
                self._follow()
            if self._teller:
                self._teller.on_deadline(now_s)

    def data_to_send(self) -> bytes:
        """Return the bytes to write to the port."""
        with self._lock:
            return self.link.data_to_send()

    def command(self, message: str, **values: int | str) -> int:
        """Queue a command and return its id."""
        with self._lock:
            return self.link.command(message, COMMAND_TIMEOUT_S, **values)

    def of(self, message: str, start: int = 0) -> list[dict[str, Any]]:
        """Return the records of one kind, from a `mark` on."""
        with self._news:
            return [record for record in self._records[start:] if record["message"] == message]

    def mark(self) -> int:
        """Return a place in the records: what comes later is after it."""
        with self._news:
            return len(self._records)

    def wait_for(
        self, message: str, start: int, within_s: float, good: Callable[[dict], bool] = bool
    ) -> dict[str, Any]:
        """Return the first record after `start` of this kind that is good.  Errors: ToolError where none comes."""
        with self._news:
            found: dict[str, Any] | None = None

            def there() -> bool:
                nonlocal found
                found = next((r for r in self._records[start:] if r["message"] == message and good(r)), None)
                return found is not None

            self._news.wait_for(there, within_s)
        if found is None:
            raise ToolError(f"the controller told no such {message} within {within_s:g} s")
        return found

    def _follow(self) -> None:
        for event in self.link.events():
            if isinstance(event, events.Record):
                self.link.acknowledge(event.sequence, event.boot_id)
                with self._news:
                    self._records.append(readable(event, self.link.dictionary))
                    self._news.notify_all()
            elif isinstance(event, events.Asked):
                self.link.answer(event.number, self._answerer(event.kind, event.data, time.time()))
            elif isinstance(event, events.Answered) and not (self._teller and self._teller.answered(event)):
                self.answers[event.command_id] = event
