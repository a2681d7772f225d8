"""How long an update takes on a line of 115200 Bd, whole and as a delta, against the line's own time for its bytes.

python tests/bench/bench_update.py [--commits N]

The host's link, the device's link and its installer are the product's; line and clock are virtual. A step of the
installer (a page of flash) is reckoned at 1.5 ms, erasing a block at 10 ms (a W25Q takes 45).
The delta is that of N commits (40) of the firmware.
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

from update_device import Device  # noqa: E402

from gridkeel import slices  # noqa: E402
from gridkeel.update import refusals  # noqa: E402
from host_tools.errors import ToolError  # noqa: E402
from host_tools.image.boards import boards  # noqa: E402
from host_tools.image.build import build  # noqa: E402
from host_tools.update import keys, release  # noqa: E402

BYTES_A_S = 11_520
BLOCKS = 2 + 8 + 2 * 120
BOARD = "rpi_pico2"
COUNTER = 3
WANTED_S = {"whole": 40.0, "delta": 3.0}


class ServiceTask(Device):
    """The device as its runtime drives it: in each round of the service task what fits into 4 ms, at 1.5 ms a step."""

    round_ms = 10
    steps_a_round = 3


def image_of(firmware: Path) -> bytes:
    return build(boards(firmware)[BOARD], firmware=firmware).files["gridkeel.romfs"]


def earlier(commits: int, folder: Path) -> Path:
    """Return the firmware of so many commits of it ago."""
    found = subprocess.run(
        ["git", "log", f"-{commits + 1}", "--format=%H", "--", "firmware"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tree = subprocess.run(
        ["git", "archive", found.stdout.split()[-1], "firmware"], cwd=ROOT, capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(tree.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "firmware"


def base_image(commits: int, folder: Path) -> bytes | None:
    """Return the image of so many commits ago; None, and say why, where that firmware is not for this board yet."""
    try:
        return image_of(earlier(commits, folder))
    except (KeyError, ToolError) as error:
        print(f"no delta: today's tools build no {BOARD} from {commits} commits ago ({error}); give --commits fewer")
        return None


def seconds(device: Device, stream: bytes) -> float:
    device.connect()
    begun_ms = device.now_ms
    code = device.take(stream)
    if code != refusals.NONE:
        raise SystemExit(f"rejected: code {code}")
    return (device.now_ms - begun_ms) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commits", type=int, default=40)
    commits = parser.parse_args().commits
    slices.set_clock(boards(ROOT / "firmware")[BOARD].clock_hz)
    with tempfile.TemporaryDirectory() as scrap:
        trusted = keys.make_keys(Path(scrap) / "keys").read_bytes()
        signer = keys.signing_key(Path(scrap) / "keys" / "a")
        new, old = image_of(ROOT / "firmware"), base_image(commits, Path(scrap))
        for name, base in (("whole", None), ("delta", old))[: 1 if old is None else 2]:
            stream = release.sign(release.Image(new, BOARD, "rp2350", "0.2.0", COUNTER), signer, base)
            found_s = seconds(ServiceTask(trusted, old or new[::-1], blocks=BLOCKS), stream)
            line_s = len(stream) / BYTES_A_S
            ratio = found_s / line_s
            print(f"{name}: {len(stream):,} bytes in {found_s:.1f} s, {ratio:.2f} times the line's own {line_s:.1f} s")
            print(f"  wanted: at most {WANTED_S[name]:g} s")


if __name__ == "__main__":
    main()
