"""The supervisor's two kinds of tasks: what commands power fails safe, a service touches none."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gridkeel import errors
from host_tools.micropython.interpreter import argv

GUEST = Path(__file__).with_name("supervisor_guest.py")
FIRMWARE = Path(__file__).parents[2] / "firmware"
DEVICE_TESTS = Path(__file__).parents[1] / "device"
WAITS_MS = (0, 20, 40, 80, 160, 160)  # as supervisor_guest.py sets them: doubling from two rounds, up to a bound
LATE_MS = 10  # a round


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    done = subprocess.run(
        argv(GUEST),
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:{DEVICE_TESTS}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    return dict(json.loads(line.removeprefix("RESULT ")))


def gaps(starts: list[int]) -> list[int]:
    return [later - sooner for sooner, later in pairwise(starts)]


def test_a_service_that_keeps_failing_is_started_again_ever_later(played: dict[str, Any]) -> None:
    row = played["service"]
    for gap_ms, wait_ms in zip(gaps(row["starts"]["a"]), WAITS_MS, strict=False):
        assert wait_ms <= gap_ms <= wait_ms + LATE_MS, row["starts"]
    assert len(row["starts"]["a"]) > len(WAITS_MS), "it is never given up"
    assert len(row["starts"]["b"]) == 1, "its neighbour goes on"


def test_a_failing_service_leaves_the_power_alone_and_is_counted_and_reported(played: dict[str, Any]) -> None:
    row = played["service"]
    assert row["drops"] == 0
    assert row["restarts"] == len(row["starts"]["a"]) or row["restarts"] == len(row["starts"]["a"]) - 1
    assert row["reported"] == [errors.SERVICE_STOPPED]
    assert row["most"] >= 1
    assert row["feeds"] > 10, "the watchdog is fed all the while"


def test_a_task_that_returns_has_stopped_as_well(played: dict[str, Any]) -> None:
    row = played["returns"]
    assert row["reported"] == [errors.SERVICE_STOPPED]
    assert row["restarts"] >= len(WAITS_MS)


def test_a_service_that_ran_for_long_is_restarted_after_the_shortest_wait(played: dict[str, Any]) -> None:
    for gap_ms in gaps(played["recovers"]["starts"]["a"]):
        assert 350 <= gap_ms <= 350 + LATE_MS


def test_a_failed_power_task_opens_the_contactor_and_is_back_with_the_next_round(
    played: dict[str, Any],
) -> None:
    row = played["critical"]
    assert row["drops"] == row["restarts"] >= 15
    assert row["reported"] == [errors.TASK_STOPPED]
