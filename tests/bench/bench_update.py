"""How long an update takes on a line of 115200 Bd, whole and as a delta, against the line's own time for its bytes.

python tests/bench/bench_update.py [--commits N] [--to COMMIT]

The host's link, the device's link and its installer are the product's; line and clock are virtual, and each operation
takes what it takes on a chip (`Costs`). The delta is that of N commits (40) up to COMMIT (what is checked out), built
to keep the places of that image; the idle slot holds what the update before left there: the image of N commits earlier
still where that builds, else the running one's, or nothing.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "host"), str(ROOT / "tests" / "device")]

from flash_chip import Chip  # noqa: E402
from update_device import Device  # noqa: E402

from gridkeel import slices  # noqa: E402
from gridkeel.update import keys as device_keys  # noqa: E402
from gridkeel.update import manifest, refusals, selector, statuses  # noqa: E402
from host_tools.errors import ToolError  # noqa: E402
from host_tools.image.boards import boards  # noqa: E402
from host_tools.image.build import build  # noqa: E402
from host_tools.image.layout import blocks_that_differ  # noqa: E402
from host_tools.update import keys, release  # noqa: E402

BYTES_A_S = 11_520
BLOCKS = 2 + 8 + 2 * 120
BOARD = "rpi_pico2"
COUNTER = 3
WANTED_S = {"whole": 40.0, "delta": 3.0}


class Costs:
    """Milliseconds on an RP2350 at 150 MHz with a W25Q flash.

    Flash: typical times of its data sheet; at most they are 400 and 3 ms. Verification: the instructions that it takes
    on a Cortex-M7. Steps: a third of the 32-bit interpreter's instructions, as a control cycle has on a Cortex-M7, and
    some more. Hashes: 30 cycles a byte for SHA-256 and 20 for CRC-32. All at one instruction a cycle.
    """

    ERASE = 45.0
    PROGRAM = 0.7  # a page
    VERIFY = 42.0
    STEP = 0.5  # a kB is made and compared
    PAGE = 0.25  # is made
    HASH_KB = 0.35
    ROUND = 4.0  # of the service task (runtime/downloads.py), and its shortest and longest rest
    REST_BUSY = 1.0
    REST = 10.0
    CONTROL = 0.2  # of the processor's time: a cycle of 2 ms in blocks of 10 ms


class TimedChip(Chip):
    """A flash that counts the milliseconds of what is done to it."""

    spent_ms = 0.0

    def erase(self, at: int) -> None:
        self.spent_ms += Costs.ERASE
        super().erase(at)

    def write(self, at: int, page: bytearray) -> None:
        self.spent_ms += Costs.PROGRAM
        super().write(at, page)

    def map(self, at: int, n: int) -> memoryview:
        if n > 1024:
            self.spent_ms += Costs.HASH_KB * n / 1024
        return super().map(at, n)


class ServiceTask(Device):
    """The device as its runtime drives it: rounds of the service task beside the control task.  phases: ms of each."""

    def __init__(self, trusted: bytes, running: bytes, before: bytes | None) -> None:
        super().__init__(trusted, running, blocks=BLOCKS, before=before)
        timed = TimedChip(0, self.chip.cells)
        vars(timed).update(vars(self.chip), spent_ms=0.0)
        self.chip = timed
        self.installer._target.area = timed
        self.phases: dict[str, float] = {}
        self.longest_ms = 0.0
        self.slices = 1
        self._at_ms = 0.0

    def use(self) -> None:
        while self._at_ms < self.now_ms:
            begun_ms = self._at_ms
            while self._step() and self._at_ms - begun_ms < Costs.ROUND:
                pass
            self._at_ms += Costs.REST_BUSY if self.installer.goes_on else Costs.REST

    def _step(self) -> bool:
        status, chip = self.installer.status, self.chip
        assert isinstance(chip, TimedChip)
        before_ms = chip.spent_ms
        more = self.installer.work(self.now_ms, False)
        cost_ms = chip.spent_ms - before_ms
        if status == statuses.DOWNLOADING and statuses.NAMES[statuses.DOWNLOAD_PAUSED] not in self.phases:
            cost_ms += Costs.VERIFY / self.slices
        elif more or cost_ms:
            cost_ms += Costs.PAGE if cost_ms == Costs.PROGRAM else Costs.STEP
        self.longest_ms = max(self.longest_ms, cost_ms)
        took_ms = cost_ms / (1 - Costs.CONTROL)
        self._at_ms += took_ms
        name = statuses.NAMES[status]
        self.phases[name] = self.phases.get(name, 0.0) + took_ms
        return more


def image_of(firmware: Path, after: bytes | None = None) -> bytes:
    return build(boards(firmware)[BOARD], firmware=firmware, after=after).image


def image_at(commit: str, folder: Path, after: bytes | None = None) -> bytes:
    """Return the image of a commit.  Errors: KeyError, ToolError where today's tools build none."""
    tree = subprocess.run(["git", "archive", commit, "firmware"], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(tree.stdout)) as archive:
        archive.extractall(folder / commit, filter="data")
    return image_of(folder / commit / "firmware", after)


def earlier(commit: str, commits: int) -> str:
    """Return the commit that lies so many before another one."""
    found = subprocess.run(
        ["git", "log", f"-{commits + 1}", "--format=%H", commit], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return found.stdout.split()[-1]


def slices_of(stream: bytes, device: ServiceTask) -> int:
    """Return in how many slices this interpreter verifies a stream's manifest."""
    assert device.trusted is not None
    said = manifest.Manifest(stream[: manifest.BYTES])
    return sum(1 for _ in manifest.verify(said, device_keys.TrustedKeys(device.trusted).keys))


def measure(name: str, device: ServiceTask, stream: bytes, wanted_s: float) -> None:
    device.slices = slices_of(stream, device)
    device.connect()
    begun_ms = device.now_ms
    erased = sum(device.chip.erased)
    code = device.take(stream)
    if code != refusals.NONE:
        raise SystemExit(f"rejected: code {code}")
    found_s = (device.now_ms - begun_ms) / 1000
    line_s = len(stream) / BYTES_A_S
    print(f"{name}: {len(stream):,} bytes in {found_s:.1f} s (wanted {wanted_s:g}); the line's own time {line_s:.1f} s")
    print(f"  {sum(device.chip.erased) - erased} blocks erased; longest step {device.longest_ms:.0f} ms; processor:")
    print("  " + ", ".join(f"{phase} {ms:.0f} ms" for phase, ms in device.phases.items() if ms))
    assert selector.read_record(device.chip).state != selector.CONFIRMED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commits", type=int, default=40)
    parser.add_argument("--to", metavar="COMMIT")
    given = parser.parse_args()
    commit = earlier(given.to or "HEAD", given.commits)
    slices.set_clock(boards(ROOT / "firmware")[BOARD].clock_hz)
    with tempfile.TemporaryDirectory() as scrap:
        trusted = keys.make_keys(Path(scrap) / "keys").read_bytes()
        signer = keys.signing_key(Path(scrap) / "keys" / "a")
        oldest = None
        try:
            oldest = image_at(earlier(commit, given.commits), Path(scrap))
        except (KeyError, ToolError) as error:
            print(f"twice as many commits ago there is no image with today's tools ({str(error)[:60]}):")
            print("the idle slot holds what runs")
        old = image_at(commit, Path(scrap), oldest)
        new = image_at(given.to, Path(scrap), old) if given.to else image_of(ROOT / "firmware", old)
        described = release.Image(new, BOARD, "rp2350", "0.2.0", COUNTER)
        delta = release.sign(described, signer, old)
        print(f"{given.commits} commits: {blocks_that_differ(old, new)} blocks of 4 kB differ")
        measure("whole", ServiceTask(trusted, old, None), release.sign(described, signer), WANTED_S["whole"])
        measure("delta", ServiceTask(trusted, old, oldest or old), delta, WANTED_S["delta"])
        measure("delta, idle slot as the running one", ServiceTask(trusted, old, old), delta, WANTED_S["delta"])
        measure("delta, idle slot empty", ServiceTask(trusted, old, None), delta, WANTED_S["delta"])


if __name__ == "__main__":
    main()
