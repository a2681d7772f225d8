"""A test on the machine's clock that fails is a failure only where the machine kept time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from timekeeping import LATE_MS, Timekeeper, on_time

PATIENT_MS = 2000  # what a machine that is busy with other things may be late


def test_a_failure_on_a_machine_that_was_late_is_not_judged() -> None:
    with pytest.raises(pytest.skip.Exception, match="not judged: .* ms late"):
        _fail_late()


def test_a_failure_on_a_machine_that_kept_time_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timekeeping.LATE_MS", PATIENT_MS)
    with pytest.raises(AssertionError, match="of the test"), on_time():
        raise AssertionError("of the test")


def test_a_test_that_passes_is_judged_on_any_machine() -> None:
    with on_time() as keeper:
        _stall(keeper)


def test_the_metronome_measures_how_late_the_machine_was() -> None:
    with Timekeeper() as keeper:
        _stall(keeper)
    assert keeper.late_ms > 2 * LATE_MS


CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.mark.parametrize(("options", "outcome"), [((), "failed=1"), (("--alone",), "skipped=1")])
def test_a_failure_on_the_clock_is_left_unjudged_only_when_it_is_tried_alone(
    tmp_path: Path, options: tuple[str, ...], outcome: str
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_late.py").write_text(
        "import timekeeping\ntimekeeping.LATE_MS = -1\ndef test_realtime_that_fails():\n    assert False\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(CONFTEST.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    counts = " ".join(f"{kind}={n}" for n, kind in re.findall(r"(\d+) (failed|skipped)", done.stdout))
    assert counts == outcome, done.stdout


def _fail_late() -> None:
    with on_time() as keeper:
        _stall(keeper)
        raise AssertionError("of the test")


def _stall(keeper: Timekeeper) -> None:
    """Do to the metronome what a machine with no time left does to every process."""
    os.kill(keeper.pid, signal.SIGSTOP)
    time.sleep(3 * LATE_MS / 1000)
    os.kill(keeper.pid, signal.SIGCONT)
