"""Length of the slices of an ISO 15118 session on MicroPython, and what the work on each answer comes to.

Run it by hand: python tests/bench/bench_slices.py [SESSIONS]
Every run does the same to the byte, so each slice is taken by its best of several: what else the machine did meanwhile
is left out, and the collections that fall into a slice are not.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from host_tools.image.rom import rom_image
from host_tools.micropython.interpreter import HEAP_BYTES, argv

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware"
SESSIONS = 40
ROUNDS = 5
MOST_SLICE_US = 5000
IDLE_US = 20  # a look at something that has not come yet is no work


class Slice(NamedTuple):
    """One slice of work; collected: the garbage collector ran in it.  answer: counts the requests."""

    took_us: int
    collected: bool
    request: str
    answer: int


def one_run(sessions: int) -> list[Slice]:
    command = argv(
        HERE / "slices_guest.py",
        (str(HERE.parent / "device"), str(sessions)),
        heap_bytes=HEAP_BYTES,
        rom=rom_image(FIRMWARE, keep_names=True),
    )
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [Slice(int(took), collected == "1", request, int(answer)) for took, collected, request, answer in rows]


def best(runs: list[list[Slice]]) -> list[Slice]:
    """Return the slices of equal runs, each by its shortest time."""
    found = []
    for same in zip(*runs, strict=True):
        if len({row[1:] for row in same}) > 1:
            raise SystemExit("the runs differ: no slice can be held against another")
        found.append(min(same))
    return found


def share(times: list[int], part: float) -> int:
    """Return the time that so much of them keeps."""
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


def show(title: str, times: list[int]) -> None:
    if times:
        figures = [share(times, part) / 1000 for part in (0.5, 0.99, 0.999)]
        print(f"{title:28} {len(times):6}" + "".join(f" {ms:7.2f}" for ms in (*figures, max(times) / 1000)))


def show_by_request(found: list[Slice]) -> None:
    slices, answers = defaultdict(list), defaultdict(int)
    for row in found:
        slices[row.request].append(row.took_us)
        answers[row.request, row.answer] += row.took_us
    for request, times in slices.items():
        show(f"  {request}", times)
    print("all the work on an answer")
    for request in slices:
        show(f"  {request}", [took for (name, _answer), took in answers.items() if name == request])


def main() -> int:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS
    runs = [one_run(sessions) for _ in range(ROUNDS)]
    found = [row for row in best(runs) if row.took_us >= IDLE_US]
    print(f"slices of {sessions} sessions, ms, each by the best of {ROUNDS} runs; heap {HEAP_BYTES // 1024} kB")
    print(f"{'':28} {'count':>6} {'median':>7} {'99 %':>7} {'99.9 %':>7} {'worst':>7}")
    show("all", [row.took_us for row in found])
    show("without a collection", [row.took_us for row in found if not row.collected])
    show("with one", [row.took_us for row in found if row.collected])
    show_by_request(found)
    show("all, every run's own", [row.took_us for run in runs for row in run if row.took_us >= IDLE_US])
    return 1 if max(row.took_us for row in found) > MOST_SLICE_US else 0


if __name__ == "__main__":
    raise SystemExit(main())
