"""Rig and scenario files, the command's files and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hil.bench.play import cut_to
from hil.rigs import rig
from hil.scenarios import scenario
from host_tools.errors import MissingError, ToolError

KEYS = {
    "max_error_mhz",
    "rms_error_mhz",
    "deadband_to_command_ms",
    "collapse_to_cease_ms",
    "speed_ratio",
    "produced",
    "delivered",
    "loop_gap_max_ms",
}


def gridkeel(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from command_line.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(MissingError, match="blackout"):
        scenario.load("blakout")
    with pytest.raises(MissingError, match="lockstep"):
        rig.load("lokstep")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("title = 1\n[mains", "TOML|Expected"),
        ('titel = "x"\n', "titel"),
        ('title = "x"\nsummary = "y"\nduration_s = 1\n[mains]\npoints = []\n', "end_state"),
        (
            'title = "x"\nsummary = "y"\nduration_s = 1\n[mains]\n[checks]\nend_state = "run"\n'
            '[[faults]]\nkind = "meteor"\nat_s = 1\nfor_s = 1\n',
            "meteor",
        ),
        (
            'title = "x"\nsummary = "y"\nduration_s = 1\n[mains]\n[checks]\nend_state = "run"\n'
            '[[faults]]\nkind = "samples"\nat = 1\n',
            "at",
        ),
    ],
)
def test_a_broken_scenario_names_file_and_fault(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ToolError, match=f"broken.toml.*({named})"):
        scenario.load(str(path))


@pytest.mark.parametrize(
    ("text", "named"),
    [('kind = "cloud"', "cloud"), ('kind = "serial"', "rs485"), ('kindd = "serial"', "kindd"), ("kind =", "Invalid")],
)
def test_a_broken_rig_names_file_and_fault(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ToolError, match=f"broken.toml.*{named}"):
        rig.load(str(path))


def test_the_record_can_be_cut() -> None:
    whole = cut_to(scenario.load("blackout"), None, None, True)
    assert whole.duration_s == 7198.0
    short = cut_to(scenario.load("blackout"), "12:33", "12:33:10", False)
    assert short.duration_s == 10.0


def test_the_command_writes_its_files_and_exits_with_its_verdict(tmp_path: Path) -> None:
    done = gridkeel("bench", "--from", "12:32:50", "--to", "12:33:40", "--out", str(tmp_path), "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert figures.keys() >= KEYS
    assert figures["produced"] == figures["delivered"] > 100
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().tag == "testsuites"
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!")
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_check_that_fails_is_exit_code_1(tmp_path: Path) -> None:
    done = gridkeel("bench", "step", "--param", "droop_deadband_mhz=900", "--out", str(tmp_path), "-q")
    assert done.returncode == 1
    assert "FAIL" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("bench", "nowhere"), 3, "no scenario 'nowhere'"),
        (("bench", "--from", "25:99"), 2, "25:99"),
        (("bench", "--param", "droop_deadbnd_mhz=3"), 2, "did you mean droop_deadband_mhz"),
        (("bench", "--param", "droop_deadband_mhz=3000"), 2, "0..1000 mHz"),
        (("params", "--config", "/nonexistent.toml"), 3, "/nonexistent.toml"),
        (("bench", "--rig", "nowhere"), 3, "no rig 'nowhere'"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = gridkeel(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
