"""Board files of a user, one a chip, and what an interpreter finds in an image."""

from __future__ import annotations

import subprocess
from pathlib import Path

from host_tools.micropython.interpreter import argv

CLOCK_MHZ = {"RP2040": 200, "RP2350": 150, "ESP32S3": 240, "ESP32C3": 160, "ESP32C6": 160, "STM32H743": 400}
FAMILIES = {"RP": "rp2", "ES": "esp32", "ST": "stm32"}
_LOOK = """\
import os


def files(folder):
    for name, kind, *_ in sorted(os.ilistdir(folder)):
        path = folder + "/" + name
        if kind == 0x4000:
            files(path)
        else:
            with open(path, "rb") as file:
                print(path[5:], *file.read(4))


files("/rom")
"""


def board_file(folder: Path, chip: str, *lines: str, **constants: object) -> Path:
    """Write a table for a chip; lines: more of it; constants: in place of or beside the usual ones."""
    values = {
        "NAME": f"mine_{chip.lower()}",
        "MACHINE": f"Mine with {chip}",
        "CHIP": chip,
        "FAMILY": FAMILIES.get(chip[:2], "none"),
        "CLOCK_HZ": CLOCK_MHZ.get(chip, 1000) * 1_000_000,
        **constants,
    }
    path = folder / f"{values['NAME']}.py"
    text = "".join(f"{name} = {value!r}\n" for name, value in values.items() if value is not None)
    path.write_text('"""A board of mine."""\n\n' + text + "".join(f"{line}\n" for line in lines))
    return path


def contents(image: bytes, folder: Path) -> dict[str, tuple[int, ...]]:
    """Return {path: first octets} of an image's files, as MicroPython's own file system reads them."""
    path = folder / "image.romfs"
    path.write_bytes(image)
    done = run(folder, _LOOK, path)
    assert not done.stderr, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0]: tuple(map(int, row[1:])) for row in rows}


def run(folder: Path, script: str, rom: Path | None) -> subprocess.CompletedProcess[str]:
    """Run a script in MicroPython beside an image, in a folder of its own."""
    path = folder / "beside.py"
    path.write_text(script)
    return subprocess.run(argv(path, rom=rom), cwd=folder, capture_output=True, text=True, timeout=60)
