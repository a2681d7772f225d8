"""`python tests/fuzz/run_fuzz_exi.py --count 1000000`: damaged EXI bodies of every schema, in all so many."""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
import time
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from exi_fuzzer import Fuzzer
from exi_guest import HEAP_BYTES, run_guest

from gridkeel.v2g import exi
from host_tools.generate.exi import sources

_BATCH = 1000
_COLUMNS = ("schema", "inputs", "decoded", "kept", "places", "errors", "slowest ms", "peak kB", "s")


def fuzzers(seed: int) -> dict[str, Fuzzer]:
    """Return every schema's fuzzer, and those of the fragments that signatures cover."""
    made = {}
    with sources.prepared() as folder:
        for name in sources.MAIN:
            xsd = sources.load(folder, name)
            made[name] = Fuzzer(name, xsd, seed)
            if name in ("iso2", "xmldsig"):
                made[f"{name} fragment"] = Fuzzer(name, xsd, seed, fragment=True)
    return made


def lines_reached(made: dict[str, Fuzzer]) -> set[tuple[str, int]]:
    """Return the (file, line) pairs of the codec that the inputs kept go through."""
    room = str(Path(exi.__file__).parent)
    reached: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(room):
            return None
        if event == "line":
            reached.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        for fuzzer in made.values():
            for body in fuzzer.corpus:
                fuzzer.decode(body)
    finally:
        sys.settrace(None)
    return {(Path(name).name, line) for name, line in reached}


def lines_there() -> set[tuple[str, int]]:
    """Return the lines in functions of the codec, those that are reached when it is imported aside."""
    there: set[tuple[str, int]] = set()
    for path in Path(exi.__file__).parent.glob("*.py"):
        left: list[Any] = [compile(path.read_text(), str(path), "exec")]
        while left:
            code = left.pop()
            left += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
            if code.co_flags & inspect.CO_OPTIMIZED:
                there |= {
                    (path.name, line) for _, _, line in code.co_lines() if line not in (None, code.co_firstlineno)
                }
    return there


def row(name: str, fuzzer: Fuzzer, seconds: float) -> tuple[str, ...]:
    tally = fuzzer.tally
    numbers = (tally.inputs, tally.decoded, len(fuzzer.corpus), len(fuzzer.seen), len(tally.errors))
    rest = (f"{1000 * tally.slowest_s:.1f}", f"{tally.peak_bytes / 1000:.0f}", f"{seconds:.0f}")
    return name, *(f"{number:,}" for number in numbers), *rest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--guest", type=int, default=0, help="inputs in MicroPython too")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    made = fuzzers(arguments.seed)
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for name, fuzzer in made.items():
        began = time.monotonic()
        share = -(-arguments.count // len(made))
        for done in range(0, share, _BATCH):
            fuzzer.run(min(_BATCH, share - done))
            print(f"\r{name} {fuzzer.tally.inputs}/{share} ", end="", file=sys.stderr)
        print(file=sys.stderr)
        rows.append(row(name, fuzzer, time.monotonic() - began))
    for cells in rows:
        print(cells[0].ljust(18) + "".join(f"{cell:>12}" for cell in cells[1:]))
    print(f"total inputs: {sum(fuzzer.tally.inputs for fuzzer in made.values()):,}")
    print(f"kinds of error: {len(set().union(*(fuzzer.tally.errors for fuzzer in made.values())))}")
    there, reached = lines_there(), lines_reached(made)
    print(f"lines of the codec that the inputs kept go through: {len(there & reached)} of {len(there)}; not these:")
    for name in sorted({name for name, _ in there - reached}):
        print(f"  {name}: {', '.join(str(line) for file, line in sorted(there - reached) if file == name)}")
    if arguments.guest:
        with tempfile.TemporaryDirectory() as folder:
            counts = run_guest(made, Path(folder), arguments.guest)
        print(f"MicroPython, heap of {HEAP_BYTES:,} bytes: " + ", ".join(f"{name} {counts[name]:,}" for name in counts))
        return int(counts["over"] > 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
