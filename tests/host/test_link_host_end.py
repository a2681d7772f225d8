"""The host's end of a link: a clock kept or left alone, and every event but its own handed to the caller."""

from __future__ import annotations

import pytest

from gridkeel.link import ids, message_ids
from gridkeel.link.device import DeviceLink
from host_tools.link import events
from host_tools.link.host import HostLink
from host_tools.link.host_end import HostEnd

UNIX_S = 1_790_000_000.0
STEP_S = 0.05


class HostEndSetup:
    """A device that answers each command with ok, and a host end with or without a time of day."""

    def __init__(self, has_clock: bool) -> None:
        self.device = DeviceLink(b"gk-e", 3, 64)
        self.lines: list[str] = []
        unix_time = (lambda now_s: UNIX_S + now_s) if has_clock else None
        self.end = HostEnd(HostLink(), unix_time, self.lines.append)
        self.now_s = 0.0
        self.commands: list[int] = []
        self.happened: list[events.Event] = []

    def run(self, seconds: float) -> None:
        out = bytearray(4096)
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            now_ms = round(self.now_s * 1000)
            self.device.on_deadline(now_ms)
            n = self.device.data_to_send(out, now_ms)
            self.end.receive(bytes(out[:n]), self.now_s)
            if self.now_s >= self.end.deadline():
                self.end.on_deadline(self.now_s)
            self.happened += self.end.events()
            back = self.end.data_to_send()
            self.device.receive(back, len(back), now_ms)
            while (command := self.device.next_command()) is not None:
                kind, values = command
                self.commands.append(kind)
                self.device.answer(values[0], ids.RESULTS.index("ok"))

    def of(self, kind: type) -> list[events.Event]:
        return [event for event in self.happened if isinstance(event, kind)]


@pytest.mark.parametrize("has_clock", [True, False])
def test_the_device_gets_the_time_only_from_a_host_that_has_one(has_clock: bool) -> None:
    setup = HostEndSetup(has_clock)
    setup.run(12.0)
    assert setup.of(events.Connected)
    assert set(setup.commands) == ({message_ids.TIME} if has_clock else set())
    assert not setup.of(events.Answered), "the time commands are its own"
    assert not setup.lines


@pytest.mark.parametrize("has_clock", [True, False])
def test_the_end_of_every_other_command_is_the_callers(has_clock: bool) -> None:
    setup = HostEndSetup(has_clock)
    setup.run(2.0)
    number = setup.end.link.command("mode", mode="safe")
    setup.run(2.0)
    (answered,) = setup.of(events.Answered)
    assert answered.command_id == number and answered.error is None


def test_a_lost_line_is_an_event() -> None:
    setup = HostEndSetup(True)
    setup.run(2.0)
    setup.end.line_lost()
    assert [type(event) for event in setup.end.events()] == [events.Lost]
