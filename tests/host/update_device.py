"""A device with two slots behind a line of 115200 Bd in virtual time: it takes what the host offers."""

from __future__ import annotations

import sys
from pathlib import Path

from update_line import Line

from gridkeel.update import install, selector, slots
from host_tools.update import release

sys.path.insert(0, str(Path(__file__).parents[1] / "device"))
from flash_chip import Chip  # noqa: E402

BLOCKS = 2 + 8 + 2 * 16


def _written(chip: Chip, slot: int, data: bytes, counter: int) -> None:
    writer = slots.SlotWriter(chip, slot, len(data), release.Image(data, "", "", "", 0).digest)
    while writer.erase_next():
        pass
    writer.write(data)
    writer.finish(counter, b"0.1.0")


class Device(Line):
    """The line, and a device behind it with two slots, one of which runs.

    before: what the idle slot holds.  round_ms, steps_a_round: how often its installer does how many steps.
    """

    round_ms = 5
    steps_a_round = 4

    def __init__(
        self,
        trusted: bytes | None,
        running: bytes,
        chip: Chip | None = None,
        loss: float = 0.0,
        blocks: int = BLOCKS,
        before: bytes | None = None,
    ) -> None:
        super().__init__(loss)
        self.chip = chip or Chip(blocks)
        if chip is None:
            _written(self.chip, 0, running, 3)
            slots.provision(self.chip, 0)
            if before is not None:
                _written(self.chip, 1, before, 3)
        self.trusted = trusted
        self.power_flows = False
        self.statuses: list[int] = []
        self.heap_free = 100_000
        target = install.Target(
            b"rpi_pico2", b"rp2350", self.chip, lambda: self.trusted, self._save, self._switch, lambda: self.heap_free
        )
        self.installer = install.Installer(target, self.download)

    def _save(self, data: bytes) -> None:
        self.trusted = data

    def _switch(self) -> bool:
        assert not self.power_flows
        slots.switch(self.chip, bytes(16), True)
        return True

    def use(self) -> None:
        if self.now_ms % self.round_ms:
            return
        for _ in range(self.steps_a_round):
            more = self.installer.work(self.now_ms, self.power_flows)
            if self.installer.status not in self.statuses[-1:]:
                self.statuses.append(self.installer.status)
            if not more:
                break

    def take(self, stream: bytes) -> int | None:
        """Offer a stream and return the code it ends with."""
        self.ended.clear()
        self.connect()
        self.host.offer(stream)
        return self.finish().code

    def next_image(self) -> tuple[int, bytes]:
        """Start the device: return the slot that is chosen, and the image in it."""
        slot = selector.choose(self.chip)
        header = selector.read_header(self.chip, slot)
        assert header is not None
        image = bytearray(header.size)
        self.chip.readinto(selector.slot_start(self.chip, slot) + selector.HEAD_BYTES, image)
        return slot, bytes(image)
