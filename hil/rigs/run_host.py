"""The host's end of a run: the uplink's own intake, on the run's clock, behind a line that a scenario may break."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from gridkeel import errors_text
from hil.rigs.bus import damage
from hil.rigs.recorder import Recorder
from hil.scenarios.scenario import Fault
from host_tools.link import events
from host_tools.link.layouts import Hello
from host_tools.link.readable import readable
from host_tools.uplink.birth import Birth
from host_tools.uplink.events import Backend, ControllerUp, DeviceRequest, Reply
from host_tools.uplink.intake import COMMIT_RECORDS, Intake, link_into
from host_tools.uplink.queue import Queue

COMMIT_US = 500_000  # the longest a record waits; COMMIT_RECORDS of them wait for nothing
BITS_A_BYTE = 10  # start, 8, stop
SERVICE_US = 1000  # a host's own delay before it answers
START_UNIX_S = 1767225600  # 2026-01-01: the time of day at a run's beginning, the same in every run


class RunHost:
    """Takes the link's bytes, stores records in the uplink's queue, answers, and feeds the recorder."""

    def __init__(
        self,
        queue: Queue,
        baud: int,
        faults: Sequence[Fault],
        recorder: Recorder,
        attached: Callable[[Birth], None],
        seed: int,
        start_unix_s: int = START_UNIX_S,
        backend: Backend | None = None,
    ) -> None:
        self.intake = Intake(link_into(queue), queue, unix_time=self._unix_time, say=self._say)
        self._attached = attached
        self._backend = backend
        self.produced = 0
        self.short = ""
        self.latest: dict[str, int] = {}
        self._byte_us = BITS_A_BYTE * 1e6 / baud
        self._cuts = [fault for fault in faults if fault.kind == "host_link"]
        self._jitters = [fault for fault in faults if fault.kind == "host_jitter"]
        self._noises = [fault for fault in faults if fault.kind == "host_noise"]
        self.recorder = recorder
        self._dice = random.Random(seed)
        self._next_commit_us = COMMIT_US
        self._now_s = 0.0
        self._start_unix_s = start_unix_s
        self._arrival_us = 0
        self._hello: Hello | None = None
        self._hello_us = 0

    def from_board(self, data: bytes, now_us: int) -> None:
        """Take what the board sent at now_us."""
        now_s = self._now_s = now_us / 1e6
        if not self._cut(now_s):
            self.intake.receive(self._damaged(data, now_s), now_s)
            self._take_events()
            if self.intake.link.hello is not self._hello:
                self._hello, self._hello_us = self.intake.link.hello, now_us

    def to_board(self, now_us: int) -> tuple[int, bytes] | None:
        """Return (arrival in us, bytes) of what the host has to say at now_us, None where that is nothing."""
        now_s = now_us / 1e6
        self.intake.on_deadline(now_s)
        self._take_events()
        if now_us >= self._next_commit_us or self.intake.pending >= COMMIT_RECORDS:
            self._next_commit_us = now_us + COMMIT_US
            self.intake.commit()
        data = self.intake.data_to_send()
        if not data or self._cut(now_s):
            return None
        late_us = sum(self._dice.uniform(0.0, fault.most_ms * 1000) for fault in self._jitters if fault.active(now_s))
        arrival_us = round(now_us + SERVICE_US + late_us + len(data) * self._byte_us)
        self._arrival_us = max(self._arrival_us, arrival_us)  # bytes never overtake each other
        return self._arrival_us, self._damaged(data, now_s)

    def make_safe(self) -> None:
        """Order the safe state, as every scenario ends."""
        self.intake.link.command("mode", mode="safe")

    def complete(self, since_us: int) -> bool:
        """Whether the board said after since_us how much it had produced, and all of that has come."""
        return self._hello is not None and self._hello_us > since_us and self.produced >= self._hello.next - 1

    def settle(self, since_us: int) -> None:
        """Store what is left at the end of a run, and say in `short` why that is not all the board had at since_us."""
        self.intake.commit()
        received = self.produced
        if self._hello is not None:
            self.produced = max(self.produced, self._hello.next - 1)
        if self.intake.pending:
            self.short = f"{self.intake.pending} did not go into the queue"
        elif self._hello is None or self._hello_us <= since_us:
            self.short = "what the board produced last is unknown: the link was down at the end"
        elif received < self.produced:
            self.short = f"{self.produced - received} were still on the board"

    def _take_events(self) -> None:
        for event in self.intake.events():
            if isinstance(event, events.Record):
                self._recorded(event)
            elif isinstance(event, ControllerUp):
                self._attached(event.birth)
            elif isinstance(event, DeviceRequest):
                data = self._backend(event.kind, event.data, event.unix_s) if self._backend else None
                self.intake.reply(Reply(event, data))

    def _unix_time(self, now_s: float) -> float:
        return self._start_unix_s + now_s

    def _cut(self, now_s: float) -> bool:
        return any(fault.active(now_s) for fault in self._cuts)

    def _damaged(self, data: bytes, now_s: float) -> bytes:
        for fault in self._noises:
            if fault.active(now_s):
                data = damage(data, fault.rate, self._dice)
        return data

    def _recorded(self, record: events.Record) -> None:
        self.produced = max(self.produced, record.sequence)
        if record.message == "telemetry":
            self.latest = record.values
            self.recorder.telemetry_row(self._now_s, record.values)
        elif record.message == "fault_event":
            word = "" if record.values["active"] else " over"
            text = errors_text.fault_name(record.values["fault"]) + word
            self.recorder.event(record.values["uptime_ms"] / 1000, text)
        elif record.message == "iso15118":
            self.recorder.v2g.append(readable(record, self.intake.link.dictionary))

    def _say(self, line: str) -> None:
        self.recorder.notes.append(line)
