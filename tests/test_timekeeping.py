"""A test on the machine's clock that fails is a failure only where the machine kept time."""

from __future__ import annotations

import os
import signal
import time

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


def _fail_late() -> None:
    with on_time() as keeper:
        _stall(keeper)
        raise AssertionError("of the test")


def _stall(keeper: Timekeeper) -> None:
    """Do to the metronome what a machine with no time left does to every process."""
    os.kill(keeper.pid, signal.SIGSTOP)
    time.sleep(3 * LATE_MS / 1000)
    os.kill(keeper.pid, signal.SIGCONT)
