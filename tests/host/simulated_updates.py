"""Controllers without a plant that are updated as real ones are: the firmware's own link, installer, slots and trial.

What is made up is the estimator, the inverter and telemetry: the estimator settles at once, but for images whose
SHA-256 is in `unsettled`, where it never does.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import tty
from types import SimpleNamespace

from gridkeel import ticks
from gridkeel.faults import Faults
from gridkeel.inverter import DRIVING
from gridkeel.link import message_ids, messages
from gridkeel.link.device import DeviceLink
from gridkeel.runtime.downloads import Downloads
from gridkeel.runtime.updates import Updates
from gridkeel.sensing.quality import WARM_UP_LONG
from gridkeel.update import refusals, selector, slots, statuses

BLOCK_BYTES = 4096
SLOT_BYTES = 512 * 1024
_BLANK = b"\xff" * BLOCK_BYTES
_FIELDS = len(messages.fields_of(message_ids.TELEMETRY))
_OK = messages.names_of("RESULTS").index("ok")
_SLOTS = 64  # records that a link holds: the firmware's own
_LEAVES_MS = 1000  # for the last records, as in runtime/storage.py
_ROUND_MS = 10
_OUT = bytearray(4096)


def now_ms() -> int:
    return int(time.monotonic() * 1000) & 0x3FFFFFFF


class Flash:
    """An area whose blocks are shared with other controllers until they are written."""

    block_bytes = BLOCK_BYTES

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks: list[bytes | bytearray] = list(blocks)
        self.size = len(blocks) * BLOCK_BYTES

    @property
    def blocks(self) -> list[bytes]:
        return [bytes(block) if any(octet != 255 for octet in block) else _BLANK for block in self._blocks]

    def map(self, at: int, n: int) -> memoryview:
        first, last = at // BLOCK_BYTES, (at + n - 1) // BLOCK_BYTES
        if first == last:
            return memoryview(self._blocks[first])[at % BLOCK_BYTES : at % BLOCK_BYTES + n]
        return memoryview(b"".join(self._blocks[first : last + 1]))[at % BLOCK_BYTES : at % BLOCK_BYTES + n]

    def readinto(self, at: int, buffer: bytearray | memoryview) -> None:
        buffer[:] = self.map(at, len(buffer))

    def erase(self, at: int) -> None:
        self._blocks[at // BLOCK_BYTES] = _BLANK

    def write(self, at: int, page: bytearray) -> None:
        block = self._blocks[at // BLOCK_BYTES] = bytearray(self._blocks[at // BLOCK_BYTES])
        block[at % BLOCK_BYTES : at % BLOCK_BYTES + len(page)] = page

    def reset(self) -> None:
        """The controller starts itself anew."""


def provisioned(image: bytes, version: str) -> list[bytes]:
    """Return the blocks of an area with an image in its first slot, judged."""
    count = (selector.JOURNAL_BYTES + 2 * SLOT_BYTES) // BLOCK_BYTES + selector.RECORD_BLOCKS
    area = Flash([_BLANK] * count)
    writer = slots.SlotWriter(area, 0, len(image), hashlib.sha256(image).digest())
    while writer.erase_next():
        pass
    writer.write(image)
    writer.finish(0, version.encode())
    slots.provision(area, 0)
    return area.blocks


class Simulated:
    """One controller behind a pty.  trusted: the set of keys that it was given.  period_s: between two records."""

    def __init__(
        self, name: str, blocks: list[bytes], trusted: bytes, unsettled: frozenset[bytes], period_s: float
    ) -> None:
        self.name = name
        self.area = Flash(blocks)
        self.starts = 0
        self._unsettled = unsettled
        self._period_ms = round(period_s * 1000)
        self._keys = {"update_keys": trusted.hex().encode()}
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self.slave)
        self._start()

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)

    @property
    def running(self) -> bytes:
        """The SHA-256 of the image that runs."""
        return self._running

    @property
    def is_confirmed(self) -> bool:
        return not self.updates.on_trial

    def _start(self) -> None:
        """As main.py and runtime/storage.py begin."""
        self.starts += 1
        slot = selector.choose(self.area)
        header = selector.read_header(self.area, slot) if slot >= 0 else None
        assert header is not None, f"{self.name} has no image to run"
        self._running = header.digest
        self.link = DeviceLink(self.name.encode(), self.starts, _SLOTS)
        quality = WARM_UP_LONG if header.digest in self._unsettled else 0
        controller = SimpleNamespace(
            mains=SimpleNamespace(quality=quality), inverter=SimpleNamespace(state=DRIVING), faults=Faults()
        )
        self._health = SimpleNamespace(uptime_ms=0, heap_free=100_000)
        board = SimpleNamespace(
            model=b"virtual",
            chip=b"unix-x64",
            ticks_us=lambda: time.monotonic_ns() // 1000 & 0x3FFFFFFF,
            load=lambda name, _most: self._keys.get(name),
            save=lambda name, parts: self._keys.update({name: "".join(parts).encode()}),
        )
        app = SimpleNamespace(link=self.link, health=self._health, board=board)
        self._begun_ms = self._record_ms = now_ms()
        self.updates = Updates(self.area, controller, self._begun_ms)  # type: ignore[arg-type]
        self.downloads = Downloads(app, self.area, self.updates)  # type: ignore[arg-type]
        self._left_ms = -1
        if self.updates.came_back:
            self.downloads.report(statuses.INSTALLATION_FAILED, self.updates.came_back)

    def read(self) -> int:
        """Take what the host sent; return the ms until the next round."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self.master, 4096)
            self.link.receive(data, len(data), now_ms())
        while (command := self.link.next_command()) is not None:
            self.link.answer(command[1][0], _OK)
        return self.turn()

    def turn(self) -> int:
        """Do a round; return the ms until the next one."""
        at_ms = now_ms()
        self.link.uptime_ms = self._health.uptime_ms = ticks.diff(at_ms, self._begun_ms)
        heard = self.link.connected(at_ms)
        if self._left_ms >= 0:
            if ticks.diff(at_ms, self._left_ms) >= _LEAVES_MS:
                self._start()
        elif self.updates.on_trial:
            if self.updates.follow(heard, at_ms):
                self.downloads.report(statuses.INSTALLED, refusals.NONE)
        else:
            self.downloads.follow(heard, True, at_ms)
        if self.updates.leaving and self._left_ms < 0:
            self._left_ms = at_ms
        if ticks.diff(at_ms, self._record_ms) >= self._period_ms:
            self._record_ms = at_ms
            self.link.post(message_ids.TELEMETRY, (self._health.uptime_ms, 50_000_000, *[0] * (_FIELDS - 2)))
        return self._write(at_ms)

    def _write(self, at_ms: int) -> int:
        if self.link.deadline(at_ms) == 0:
            self.link.on_deadline(at_ms)
        while count := self.link.data_to_send(_OUT, at_ms):
            with contextlib.suppress(BlockingIOError):  # nobody reads: lost on the line
                os.write(self.master, _OUT[:count])
        if self.downloads.busy:
            return 1
        wait_ms = _ROUND_MS if self.is_working else 1000
        due_ms = self.link.deadline(at_ms)
        return max(1, min(wait_ms, due_ms)) if due_ms >= 0 else wait_ms

    @property
    def is_working(self) -> bool:
        """Whether an update is under way."""
        return self._left_ms >= 0 or self.updates.on_trial or self.downloads._download.number != 0
