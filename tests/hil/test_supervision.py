"""A controller that breaks its own rules: the supervisor and the heap lock answer, on a board flashed with a defect."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hil.bench.session import Delivery, delivery, play
from hil.report import RunRecord
from hil.rigs import rig
from hil.scenarios import scenario
from hil.virtual_board.flash import FIRMWARE


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Delivery]:
    (tmp_path / "uplink").mkdir()
    with delivery(tmp_path / "uplink") as way:
        yield way


def play_with(way: Delivery, folder: Path, file: str, sound: str, broken: str) -> RunRecord:
    """Play the step on firmware in which `sound` reads `broken`."""
    firmware = folder / "firmware"
    shutil.copytree(FIRMWARE, firmware, ignore=shutil.ignore_patterns("__pycache__"))
    source = firmware / "gridkeel" / file
    text = source.read_text()
    assert text.count(sound) == 1
    source.write_text(text.replace(sound, broken))
    return play(scenario.load("step"), replace(rig.load("lockstep"), firmware=str(firmware)), {}, way)


def events(record: RunRecord) -> list[str]:
    return [text for _at_s, text in record.events]


def test_a_task_that_dies_is_reported_and_started_again(way: Delivery, tmp_path: Path) -> None:
    record = play_with(
        way,
        tmp_path,
        "runtime/app.py",
        "            self.controller.receive(data, n, board.ticks_ms())\n",
        "            self.controller.receive(data, n, board.ticks_ms())\n"
        "            if self.health.uptime_ms > 4000 and not self.supervisor.restarts:\n"
        "                raise ValueError('a defect')\n",
    )
    assert "task_stopped" in events(record)
    assert "task_stopped over" in events(record)
    assert record.ok, [check for check in record.checks if not check.ok]


def test_a_control_path_that_allocates_ends_in_the_safe_state(way: Delivery, tmp_path: Path) -> None:
    record = play_with(
        way,
        tmp_path,
        "controller.py",
        '        """Take one block of n samples that ended at now_ms and decide the command."""\n',
        "        self.litter = [now_ms, n]\n",
    )
    assert "control_allocated" in events(record)
    assert record.figures["end_power_w"] == 0
    checks = {check.name: check for check in record.checks}
    assert checks["safe_end"].ok
    assert not checks["end_state"].ok
