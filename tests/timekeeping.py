"""Whether the machine kept time while a test on its clock ran: a metronome in a process of its own.

Such a test is judged only where the machine gave a process that wants a tenth of a core its turn in time; where it did
not, a failure says nothing about the code, and the test reports "not judged": a skip that says how late it was.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

NOT_JUDGED = "not judged"
LATE_MS = 100  # the shortest patience of a board in these tests is 250 ms, and what it waits for may be late too

# Every 10 ms it works for a while, as a board does, and keeps how long after its time it was done at the latest.
_METRONOME = """
import select, sys, time
worst_s, tick_s = 0.0, time.monotonic()
print("ticks", flush=True)
while not select.select([sys.stdin], [], [], max(0.0, tick_s - time.monotonic()))[0]:
    done_s = time.process_time() + 0.001
    while time.process_time() < done_s:
        pass
    worst_s = max(worst_s, time.monotonic() - tick_s)
    tick_s = max(tick_s + 0.01, time.monotonic())
print(max(worst_s, time.monotonic() - tick_s))
"""


class Timekeeper:
    """Measures from entry to exit; late_ms: how late the machine was at the worst."""

    late_ms = 0.0

    def __enter__(self) -> Timekeeper:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _METRONOME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        assert self._process.stdout
        assert self._process.stdout.readline() == "ticks\n"
        return self

    def __exit__(self, *_exception: object) -> None:
        out, _err = self._process.communicate("stop\n")
        self.late_ms = 1000 * float(out)

    def judge(self) -> None:
        """End a test whose expectation failed, or will, as "not judged" where the machine did not keep time."""
        if self.late_ms > LATE_MS:
            pytest.skip(f"{NOT_JUDGED}: the machine was {self.late_ms:.0f} ms late, {LATE_MS} ms are allowed")


@contextlib.contextmanager
def on_time() -> Iterator[Timekeeper]:
    """Run the block; its failure counts only where the machine kept time."""
    keeper = Timekeeper()
    try:
        with keeper:
            yield keeper
    except (Exception, pytest.fail.Exception):
        keeper.judge()
        raise
