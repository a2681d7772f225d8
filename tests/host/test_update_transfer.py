"""A stream from the host's link to the device's, on a line of 115200 Bd in virtual time that loses bytes and breaks."""

from __future__ import annotations

import random

import pytest

from gridkeel.link import download as device_download
from gridkeel.link import frames
from gridkeel.link.device import DeviceLink
from gridkeel.link.download import Download
from gridkeel.update import refusals
from host_tools.link import events, layouts
from host_tools.link.host import HostLink

BYTES_A_MS = 11.52
TICK_MS = 5
PIECE = 4096


class Line:
    """Both ends and what lies between them.  taken: what the device has used of the stream."""

    def __init__(self, loss: float = 0.0, seed: int = 1) -> None:
        self.download = Download()
        self.device = DeviceLink(b"gk-7", 7, 64, download=self.download)
        self.host = HostLink(session=99)
        self.taken = bytearray()
        self.now_ms = 0
        self.most = 1 << 30  # how many bytes the device uses a tick
        self.ended: list[events.Offered] = []
        self._rng = random.Random(seed)
        self._loss = loss
        self._number = 0
        self._to_device = bytearray()
        self._out = bytearray(4096)

    def run(self, ms: int) -> None:
        for _ in range(0, ms, TICK_MS):
            self._tick()

    def connect(self) -> None:
        for _ in range(4000):
            self._tick()
            if self.host.connected:
                return
        raise AssertionError("no connection")

    def finish(self, most_ms: int = 200_000) -> events.Offered:
        for _ in range(0, most_ms, TICK_MS):
            self._tick()
            if self.ended:
                return self.ended[0]
        raise AssertionError(f"not over after {most_ms} ms: {len(self.taken)} bytes are there")

    def _tick(self) -> None:
        self.now_ms += TICK_MS
        now_s = self.now_ms / 1000
        self.host.on_deadline(now_s)
        self._to_device += self.host.data_to_send()
        n = min(len(self._to_device), int(TICK_MS * BYTES_A_MS))
        arrived = self._spoilt(bytes(self._to_device[:n]))
        del self._to_device[:n]
        self.device.receive(arrived, len(arrived), self.now_ms)
        self._use()
        self.device.on_deadline(self.now_ms)
        sent = self.device.data_to_send(self._out, self.now_ms)
        self.host.receive(self._spoilt(bytes(self._out[:sent])), now_s)
        self.ended += [event for event in self.host.events() if isinstance(event, events.Offered)]

    def _use(self) -> None:
        """As an installer does: go on where its slot is written up to, and take what comes."""
        if self.download.number != self._number:
            self._number = self.download.number
            if self._number and self.taken:
                self.download.skip_to(len(self.taken), self.now_ms)
        waiting = bytes(self.download.waiting()[: self.most])
        self.taken += waiting
        if waiting:
            self.download.use(len(waiting), self.now_ms)
        if self.download.state == device_download.OPEN and self.download.used == self.download.size:
            self.download.close(refusals.NONE, self.now_ms)

    def _spoilt(self, data: bytes) -> bytes:
        if self._loss == 0.0:
            return data
        return bytes(octet for octet in data if self._rng.random() >= self._loss)

    def unplug(self) -> int:
        """Take the line away and bring it back; return how many bytes of the stream had been sent."""
        self.host.line_lost()
        self._to_device.clear()
        (lost,) = (event for event in self.host.events() if isinstance(event, events.Offered))
        assert lost.code is None
        return lost.sent


def stream(n: int) -> bytes:
    return random.Random(n).randbytes(n)


def test_a_stream_arrives_as_it_is_at_nine_tenths_of_the_lines_speed() -> None:
    line, data = Line(), stream(60_000)
    line.connect()
    begun_ms = line.now_ms
    line.host.offer(data)
    ended = line.finish()
    assert (bytes(line.taken), ended.code, ended.sent) == (data, refusals.NONE, len(data))
    assert len(data) / (line.now_ms - begun_ms) > 0.8 * BYTES_A_MS


@pytest.mark.parametrize("seed", range(5))
def test_a_line_that_loses_bytes_delays_a_stream_and_changes_nothing(seed: int) -> None:
    line, data = Line(loss=0.0005, seed=seed), stream(40_000)
    line.connect()
    line.host.offer(data)
    ended = line.finish()
    assert (bytes(line.taken), ended.code) == (data, refusals.NONE)


def test_a_slow_device_is_waited_for_and_sent_nothing_twice() -> None:
    line, data = Line(), stream(20_000)
    line.most = 20  # 4 kB a second
    line.connect()
    line.host.offer(data)
    ended = line.finish()
    assert (bytes(line.taken), ended.sent) == (data, len(data))


def test_a_device_that_works_for_seconds_is_not_given_up() -> None:
    line, data = Line(), stream(20_000)
    line.connect()
    line.host.offer(data)
    line.run(300)
    line.most = 0
    line.run(20_000)
    assert not line.ended
    line.most = 1 << 30
    assert line.finish().code == refusals.NONE
    assert bytes(line.taken) == data


def test_twenty_disconnections_send_at_most_a_piece_each_again() -> None:
    rng, line, data = random.Random(3), Line(), stream(120_000)
    sent = 0
    for _ in range(20):
        line.connect()
        line.host.offer(data)
        line.run(rng.randint(20, 700))
        sent += line.unplug()
    line.connect()
    line.host.offer(data)
    ended = line.finish()
    sent += ended.sent
    assert (bytes(line.taken), ended.code) == (data, refusals.NONE)
    print(f"sent again: {sent - len(data)} bytes")
    assert sent - len(data) <= 20 * PIECE


@pytest.mark.parametrize("size", [0, 1 << 30])
def test_a_stream_of_no_size_or_of_an_absurd_one_is_rejected(size: int) -> None:
    download = Download()
    download.session(True)
    body = bytearray(layouts.update_offer(99, 5, size))
    assert download.on_frame(body, len(body), 0)
    assert download.state == device_download.CLOSED
    out = bytearray(frames.WIRE_MAX)
    assert download.sendable() and download.send(out, 0) > 0


def test_a_host_that_offers_nothing_leaves_a_device_alone() -> None:
    line = Line()
    line.connect()
    line.run(5000)
    assert line.download.state == device_download.IDLE and not line.ended
