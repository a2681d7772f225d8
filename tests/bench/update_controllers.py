"""Many simulated controllers that take updates, in one process, each behind a pty of its own.

python tests/bench/update_controllers.py FOLDER FIRST COUNT PERIOD_S prints the ports as one JSON line, and for each
line on standard input one of what the controllers run. FOLDER holds `base`, `trusted` and `unsettled` (digests).
"""

from __future__ import annotations

import heapq
import json
import select
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "firmware"), str(ROOT / "tests" / "host")]

from simulated_updates import Simulated, provisioned  # noqa: E402

from gridkeel import VERSION  # noqa: E402


def report(fleet: list[Simulated]) -> dict[str, object]:
    """Return what they run and how often they were started."""
    return {
        "running": Counter(one.running.hex() for one in fleet),
        "confirmed": sum(one.is_confirmed for one in fleet),
        "started again": sum(one.starts > 1 for one in fleet),
    }


def main(folder: Path, first: int, count: int, period_s: float) -> None:
    blocks = provisioned((folder / "base").read_bytes(), VERSION)
    trusted = (folder / "trusted").read_bytes()
    unsettled = frozenset(bytes.fromhex(line) for line in (folder / "unsettled").read_text().split())
    fleet = [Simulated(f"sim-{first + i:04}", blocks, trusted, unsettled, period_s) for i in range(count)]
    print(json.dumps([one.port for one in fleet]), flush=True)
    of_descriptor = {one.master: number for number, one in enumerate(fleet)}
    poll = select.epoll()
    for descriptor in (sys.stdin.fileno(), *of_descriptor):
        poll.register(descriptor, select.EPOLLIN)
    due = [(time.monotonic() + number / count, number) for number in range(count)]
    wanted = [at_s for at_s, _ in due]  # of each controller: entries of the heap that are not its are old
    heapq.heapify(due)

    def plan(number: int, wait_ms: int) -> None:
        wanted[number] = time.monotonic() + wait_ms / 1000
        heapq.heappush(due, (wanted[number], number))

    while True:
        while due[0][0] <= time.monotonic():
            at_s, number = heapq.heappop(due)
            if at_s == wanted[number]:
                plan(number, fleet[number].turn())
        for descriptor, _events in poll.poll(max(0.0, due[0][0] - time.monotonic())):
            if descriptor == sys.stdin.fileno():
                if not sys.stdin.readline():
                    return
                print(json.dumps(report(fleet)), flush=True)
            else:
                plan(of_descriptor[descriptor], fleet[of_descriptor[descriptor]].read())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
