"""A line of 115200 Bd in virtual time between the host's link and the device's, which loses bytes and breaks."""

from __future__ import annotations

import random

from gridkeel.link import download as device_download
from gridkeel.link.device import DeviceLink
from gridkeel.link.download import Download
from gridkeel.update import refusals
from host_tools.link import events
from host_tools.link.host import HostLink

BYTES_A_MS = 11.52
TICK_MS = 5


class Line:
    """Both ends and what lies between them.  taken: what the device has used of the stream."""

    def __init__(self, loss: float = 0.0, seed: int = 1) -> None:
        self.download = Download()
        self.device = DeviceLink(b"gk-7", 7, 64)
        self.device.attach(self.download)
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
        self.use()
        self.device.on_deadline(self.now_ms)
        sent = self.device.data_to_send(self._out, self.now_ms)
        self.host.receive(self._spoilt(bytes(self._out[:sent])), now_s)
        self.ended += [event for event in self.host.events() if isinstance(event, events.Offered)]

    def use(self) -> None:
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
