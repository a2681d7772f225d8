"""`gridkeel rig check`: on the virtual board as far as that has the parts, and each judgement on rows of a board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rig_rows import Rows
from typer.testing import CliRunner
from virtual_board_helpers import Terminal

from command_line.rig import app
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.errors import MissingError
from host_tools.micropython.prompt import Session
from host_tools.rig_check import GUEST
from host_tools.rig_check.steps import FAILED, PASSED, SKIPPED, Options, run

pytestmark = pytest.mark.timeout(120)


@pytest.mark.realtime
def test_the_virtual_board_is_checked_as_far_as_it_has_the_parts(tmp_path: Path) -> None:
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    report = tmp_path / "check.json"
    with MainsFeed(wave.block, 4800, 10) as mains, VirtualBoard(mains=mains.address, rom=True) as board:
        with Terminal(board.host) as host:
            host.expect(b".")  # the firmware runs: its import is over
        result = CliRunner().invoke(app, ["check", "--port", board.console, "--seconds", "2", "--json", str(report)])
        assert board.status.watchdog_resets == 1, result.output
        assert not board.energised
    rows = {row["step"]: row for row in json.loads(report.read_text())}
    assert [rows[step]["result"] for step in ("identity", "start", "flash", "watchdog", "safe state")] == [
        PASSED
    ] * 5, result.output
    for step in ("contactor low", "inputs", "pilot", "contactor", "RS-485 loop"):
        assert rows[step]["result"] == SKIPPED and rows[step]["reason"] in result.output
    assert list(rows) == [line[9:24].strip() for line in result.output.splitlines()[:-1]]
    assert result.output.splitlines()[-1].startswith("passed: 5 steps; skipped: contactor low")


def test_a_port_without_a_board_is_said_and_exits_with_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no MicroPython prompt"), Session(str(tmp_path / "ttyACM9"), GUEST):
        pass


def outcomes(options: Options | None = None, **changes: Any) -> dict[str, tuple[str, str]]:
    board = Rows(**changes)
    found = {row.step: (row.result, row.reason) for row in run(board, options or Options(contactor=True))}
    assert list(found)[-1] == "safe state"
    assert board.calls[-2:] == ["end", "safe"]
    return found


def test_a_sound_board_passes_every_step() -> None:
    found = outcomes()
    assert {result for result, _reason in found.values()} == {PASSED}, found
    assert len(found) == 11


@pytest.mark.parametrize(
    ("step", "changes", "said"),
    [
        ("start", {"start": {"code": 513}}, "code 513"),
        ("contactor low", {"safe": {"contactor": 1}}, "is high"),
        ("inputs", {"inputs": {"FEEDBACK": 0}}, "FEEDBACK is low"),
        ("inputs", {"inputs": {"RCD": 1}}, "wire is broken"),
        ("inputs", {"inputs": {"SERVICE": 0}}, "jumper"),
        ("pilot", {"pilot": {"high_mv": 9000}}, "off at 100 %, 10 %"),
        ("pilot", {"pilot": {"low_mv": 0}}, "off at"),
        ("contactor", {"contactor": {"closed": 0}}, "open when ordered to close"),
        ("contactor", {"contactor": {"opened": 1}}, "closed when ordered to open"),
        ("sample clock", {"clock": {"lost": 3}}, "3 blocks lost"),
        ("sample clock", {"clock": {"samples": 95900}}, "-1042 ppm"),
        ("sample clock", {"clock": {"samples": 0}}, "no samples"),
        ("RS-485 loop", {"line": {"got": [1, 2]}}, "received 0102"),
        ("flash", {"flash": {"same": False}}, "not read back"),
        ("flash", {"flash": {"replaced": False}}, "littlefs"),
        ("watchdog", {"cause": {"cause": 1}}, "reset cause 1"),
        ("watchdog", {"starve": MissingError("did not come back")}, "did not come back"),
        ("safe state", {"safe": {"contactor": 1}}, "switch the board off"),
    ],
)
def test_what_is_wrong_fails_its_step_and_says_why(step: str, changes: dict[str, Any], said: str) -> None:
    result, reason = outcomes(**changes)[step]
    assert result == FAILED and said in reason


def test_what_was_not_allowed_or_wired_is_skipped_with_the_way_to_it() -> None:
    found = outcomes(Options(watchdog=False), line={"got": []})
    assert found["contactor"][0] == SKIPPED and "--contactor" in found["contactor"][1]
    assert found["RS-485 loop"][0] == SKIPPED and "--rs485-port" in found["RS-485 loop"][1]
    assert found["watchdog"][0] == SKIPPED
    assert {result for result, _reason in found.values()} == {PASSED, SKIPPED}


def test_a_failed_step_makes_the_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    board = Rows(flash={"same": False})
    monkeypatch.setattr("host_tools.micropython.prompt.Session", lambda _port, _script: board)
    result = CliRunner().invoke(app, ["check", "--port", "x", "--seconds", "2"])
    assert result.exit_code == 1 and "failed   flash" in result.output
