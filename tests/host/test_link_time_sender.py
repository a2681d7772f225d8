"""The host's time on its way to a device: at the opening, every few seconds, once each, and reported where refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gridkeel import clock, errors
from gridkeel.faults import Faults
from gridkeel.link import message_ids, messages
from gridkeel.link.device import DeviceLink
from gridkeel.runtime.commands import Commands
from host_tools.link import time_sender
from host_tools.link.events import Answered
from host_tools.uplink.intake import Intake, link_into
from host_tools.uplink.queue import Queue

START = 1_790_000_000.25


class TimeSenderSetup:
    """A device that carries out commands, an intake whose host has a wrong clock where a test wants it."""

    def __init__(self, queue: Queue) -> None:
        self.device = DeviceLink(b"gk-t", 3, 64)
        self.clock = clock.WallClock()
        self.faults = Faults()
        controller = SimpleNamespace(faults=self.faults, synchronise=lambda *_telling: None)
        self.commands = Commands(None, controller, self.device, None, self.clock, None)
        self.lines: list[str] = []
        self.answers: list[object] = []
        self.wrong_s = 0.0
        self.intake = Intake(link_into(queue), queue, say=self.lines.append, unix_time=self._unix_time)
        self.now_s = 0.0
        self.times_received: list[tuple[float, int, int]] = []
        self.lose = False

    def _unix_time(self, now_s: float) -> float:
        return START + now_s + self.wrong_s

    def run(self, seconds: float) -> None:
        out = bytearray(4096)
        for _ in range(round(seconds / 0.05)):
            self.now_s += 0.05
            now_ms = round(self.now_s * 1000)
            self.device.on_deadline(now_ms)
            n = self.device.data_to_send(out, now_ms)
            self.intake.receive(bytes(out[:n]), self.now_s)
            self.intake.on_deadline(self.now_s)
            self.intake.commit()
            self.answers += [event for event in self.intake.events() if isinstance(event, Answered)]
            back = self.intake.data_to_send()
            if not self.lose:
                self.device.receive(back, len(back), now_ms)
            while (command := self.device.next_command()) is not None:
                self.times_received.append((self.now_s, *command[1][1:]))
                self.commands.carry_out(*command, now_ms)

    @property
    def off_s(self) -> float:
        known = self.clock.unix_s(round(self.now_s * 1000))
        assert known is not None
        return known - (START + self.now_s)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[TimeSenderSetup]:
    with Queue(tmp_path / "q.db") as queue:
        yield TimeSenderSetup(queue)


def test_the_device_knows_the_time_at_once_and_keeps_it(setup: TimeSenderSetup):
    setup.run(0.3)
    assert len(setup.times_received) == 1
    assert -1 < setup.off_s <= 0
    setup.run(30)
    assert len(setup.times_received) == 7
    assert -1 < setup.off_s <= 0
    assert not setup.lines
    assert not setup.answers


def test_a_stamp_is_never_sent_twice(setup: TimeSenderSetup):
    setup.run(4)
    setup.lose = True
    setup.run(2.1)  # the second time report is lost
    setup.lose = False
    setup.run(3)
    assert len(setup.times_received) == 1
    setup.run(3)
    for at_s, unix_s, ms in setup.times_received:
        assert abs(unix_s + ms / 1000 - START - at_s) < 0.1
    assert len(setup.times_received) == 2


def test_a_host_without_a_clock_is_rejected_with_one_error(setup: TimeSenderSetup):
    setup.wrong_s = -1_790_000_000.0
    setup.run(30)
    assert setup.clock.unix_s(0) is None
    assert setup.faults.is_active(errors.HOST_TIME)
    assert len(setup.lines) == 1
    assert "set this host's clock" in setup.lines[0]
    setup.wrong_s = 0.0
    setup.run(10)
    assert -1 < setup.off_s <= 0
    assert not setup.faults.is_active(errors.HOST_TIME)
    assert setup.lines[1:] == ["controller 'gk-t' takes this host's time again"]


def test_a_host_clock_that_jumps_back_is_reported_and_then_followed(setup: TimeSenderSetup):
    setup.run(12)
    setup.wrong_s = -600.0
    setup.run(4)
    assert -1 < setup.off_s <= 0
    assert setup.faults.is_active(errors.HOST_TIME)
    assert "jumped" in setup.lines[0]
    setup.run(5 * clock.AGREEING)
    assert -601 < setup.off_s <= -600
    assert not setup.faults.is_active(errors.HOST_TIME)


def test_a_reopened_link_is_reported_at_once(setup: TimeSenderSetup):
    setup.run(1)
    setup.intake.line_lost()
    setup.run(0.5)
    assert len(setup.times_received) == 2


def test_an_older_firmware_is_asked_nothing(setup: TimeSenderSetup, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(setup.intake.link.dictionary.by_name, "time")
    setup.run(11)
    assert setup.intake.connected
    assert not setup.times_received


def test_the_row_fits_a_command():
    assert messages.fields_of(message_ids.TIME) is not None
    assert time_sender.TIMEOUT_S < time_sender.RETRY_S
