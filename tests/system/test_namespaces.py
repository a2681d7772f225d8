"""Whatever ends a run, its namespaces go: the end of the block, Ctrl-C, SIGTERM; after a kill, with the next run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from namespace_needs import need

from hil.interop.namespaces import cable

NETNS = Path("/run/netns")
# A job in the background is started deaf to SIGINT, and so are its children: this one hears it again.
HOLDER = """
import signal, time
from hil.interop.namespaces import cable
signal.signal(signal.SIGINT, signal.default_int_handler)
with cable():
    print("laid", flush=True)
    time.sleep(60)
"""


def of(pid: int) -> list[str]:
    return sorted(path.name for path in NETNS.glob(f"gridkeel-{pid}-*"))


def holder() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "laid\n"
    assert len(of(process.pid)) == 2
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_behind(number: signal.Signals) -> None:
    need(java=False)
    process = holder()
    process.send_signal(number)
    process.wait(10)
    assert of(process.pid) == []


def test_the_next_run_sweeps_up_after_a_kill() -> None:
    need(java=False)
    process = holder()
    process.kill()
    process.wait(10)
    assert len(of(process.pid)) == 2
    with cable() as ends:
        assert of(process.pid) == []
        assert (NETNS / ends.vehicle).exists()
        assert (NETNS / ends.charger).exists()
    deadline = time.monotonic() + 20
    while (NETNS / ends.vehicle).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (NETNS / ends.vehicle).exists()
