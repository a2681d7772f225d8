"""The bench's host keeps up with a board, and knows at the end of a run whether all that was produced is here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridkeel.link import frames, message_ids
from gridkeel.link.device import DeviceLink
from hil.rigs.recorder import Recorder
from hil.rigs.run_host import RunHost
from hil.scenarios.scenario import Fault
from host_tools.uplink.queue import Queue

STEP_US = 10_000
RECORD_US = 20_000  # the shortest telemetry_ms
END_US = 6_000_000
EVENT = (0, 1, 1, 0)


class RunHostSetup:
    """A board's end of the link that posts a record every RECORD_US, and the bench's host."""

    def __init__(self, queue: Queue, *faults: Fault) -> None:
        self.host = RunHost(queue, 460800, list(faults), Recorder(), lambda _birth: None, 1)
        self.device = DeviceLink(b"gk-b", 5)
        self.now_us = 0
        self._out = bytearray(512)
        self._waiting: list[tuple[int, bytes]] = []

    def run(self, until_us: int, *, posts: bool = True, speaks: bool = True) -> None:
        while self.now_us < until_us:
            self.now_us += STEP_US
            now_ms = self.now_us // 1000
            while self._waiting and self._waiting[0][0] <= self.now_us:
                data = self._waiting.pop(0)[1]
                self.device.receive(data, len(data), now_ms)
            if posts and self.now_us % RECORD_US == 0:
                self.device.post(message_ids.FAULT_EVENT, EVENT)
            self.device.on_deadline(now_ms)
            while speaks and (n := self.device.data_to_send(self._out, now_ms)):
                self.host.from_board(bytes(self._out[:n]), self.now_us)
            said = self.host.to_board(self.now_us)
            if said is not None:
                self._waiting.append(said)

    def last_words(self, since_us: int) -> None:
        while not self.host.complete(since_us) and self.now_us < since_us + 2_000_000:
            self.run(self.now_us + STEP_US)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue(tmp_path / "q.db") as made:
        yield made


def test_a_record_every_20_ms_is_kept_up_with(queue: Queue) -> None:
    setup = RunHostSetup(queue)
    setup.run(END_US)
    assert setup.device.dropped == 0
    assert setup.device.produced - setup.device.acked <= 16


def test_a_run_ends_with_all_that_was_produced_until_then(queue: Queue) -> None:
    setup = RunHostSetup(queue)
    setup.run(END_US)
    produced = setup.device.produced
    assert not setup.host.complete(END_US)  # what was reported before the end is not all
    setup.last_words(END_US)
    setup.host.settle(END_US)
    assert setup.host.short == ""
    assert setup.host.intake.counts.stored == setup.host.produced >= produced


def test_records_that_stay_on_the_board_are_counted_and_reported(queue: Queue) -> None:
    setup = RunHostSetup(queue)
    setup.run(END_US, posts=False)
    received = setup.host.produced
    for _ in range(40):  # more than are sent ahead
        setup.device.post(message_ids.FAULT_EVENT, EVENT)
    later_ms = END_US // 1000 + frames.HELLO_MS
    setup.device.on_deadline(later_ms)
    beacon = bytearray(frames.WIRE_MAX)  # room for nothing else
    n = setup.device.data_to_send(beacon, later_ms)
    setup.host.from_board(bytes(beacon[:n]), later_ms * 1000)
    assert not setup.host.complete(END_US)
    setup.host.settle(END_US)
    assert setup.host.produced == received + 40
    assert setup.host.short == "40 were still on the board"


def test_a_link_that_is_down_at_the_end_is_reported(queue: Queue) -> None:
    cut = Fault("host_link", END_US / 1e6 - 1.0, 60.0)
    setup = RunHostSetup(queue, cut)
    setup.run(END_US)
    setup.last_words(END_US)
    setup.host.settle(END_US)
    assert not setup.host.complete(END_US)
    assert setup.host.short == "what the board produced last is unknown: the link was down at the end"


def test_a_board_that_never_answered_is_reported(queue: Queue) -> None:
    setup = RunHostSetup(queue)
    setup.run(1_000_000, speaks=False)
    setup.host.settle(0)
    assert setup.host.produced == 0 and "unknown" in setup.host.short


def test_a_full_queue_is_reported(tmp_path: Path) -> None:
    with Queue(tmp_path / "q.db", max_rows=20) as queue:
        setup = RunHostSetup(queue)
        setup.run(END_US)
        setup.last_words(END_US)
        setup.host.settle(END_US)
        assert setup.host.intake.pending > 0
        assert setup.host.short == f"{setup.host.intake.pending} did not go into the queue"
