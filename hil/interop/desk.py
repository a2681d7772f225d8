"""The host's end of a controller's link in this process: acknowledges, keeps what came, tells the time if wanted."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import serial

from hil.interop.record_book import RecordBook
from host_tools.contract.commands import parse
from host_tools.link import events
from host_tools.link.host import COMMAND_TIMEOUT_S, HostLink
from host_tools.link.readable import readable
from host_tools.link.time_sender import TimeSender

_BAUD = 460800
_READ_S = 0.01
_READ_BYTES = 4096


class Desk(RecordBook):
    """A host without an uplink: for a controller whose clock is to stay unset, which no uplink leaves alone.

    unix_time: what the device is told as the time of day, None to leave its clock unset.
    """

    def __init__(self, unix_time: Callable[[float], float] | None = lambda _now_s: time.time()) -> None:
        super().__init__()
        self.link = HostLink()
        self._lock = threading.Lock()
        self._teller = TimeSender(self.link, unix_time, self.notes.append) if unix_time else None

    @contextlib.contextmanager
    def serving(self, port: str) -> Iterator[None]:
        """Serve a port meanwhile, in a thread."""
        stop = threading.Event()
        with serial.Serial(port, _BAUD, timeout=_READ_S) as line:
            thread = threading.Thread(target=self._serve, args=(line, stop), name="desk", daemon=True)
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join()

    def order(self, command: dict[str, Any]) -> None:
        """Send a command of docs/mqtt.md; its answer is a record."""
        with self._lock:
            for row in parse(json.dumps(command).encode(), self.link.dictionary):
                self.link.command(row.message, COMMAND_TIMEOUT_S, **row.values)

    def _serve(self, line: serial.Serial, stop: threading.Event) -> None:
        while not stop.is_set():
            data = line.read(max(1, min(line.in_waiting, _READ_BYTES)))
            with self._lock:
                self._turn(data, time.monotonic())
                out = self.link.data_to_send()
            line.write(out)

    def _turn(self, data: bytes, now_s: float) -> None:
        self.link.receive(data, now_s)
        if now_s >= self.link.deadline():
            self.link.on_deadline(now_s)
        self._follow()
        if self._teller:
            self._teller.on_deadline(now_s)

    def _follow(self) -> None:
        for event in self.link.events():
            if isinstance(event, events.Record):
                self.link.acknowledge(event.sequence, event.boot_id)
                self.note(readable(event, self.link.dictionary))
            elif isinstance(event, events.Asked):
                self.link.answer(event.number, None)
            elif isinstance(event, events.Answered) and self._teller:
                self._teller.answered(event)
