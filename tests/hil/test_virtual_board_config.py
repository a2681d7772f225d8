"""Bad parameters name themselves, their limits and their file; the command prints its ports and ends cleanly."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo
from typer.testing import CliRunner
from virtual_board_helpers import HANG_S, alive, mpremote

from hil.config import load_parameters
from host_tools.cli.board import app, looks_like
from host_tools.errors import MissingError, ToolError

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def toml(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "board.toml"
        path.write_text(text)
        return path

    return write


def test_file_and_overrides_are_put_together(toml):
    path = toml("[parameters]\nbaseline_w = 1000\ntelemetry_ms = 200\n")
    assert load_parameters(path, ["baseline_w=-50", "modbus_unit = 7"]) == {
        "baseline_w": -50,
        "telemetry_ms": 200,
        "modbus_unit": 7,
    }
    assert load_parameters(None, []) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[parameters]\nbaselin_w = 1\n", r"board\.toml: unknown parameter 'baselin_w' \(did you mean baseline_w\?\)"),
        ("[parameters]\nblock_ms = 50\n", r"board\.toml: block_ms = 50 is outside 5\.\.20 ms"),
        ("[parameters]\nblock_ms = 10.5\n", r"board\.toml: block_ms = 10\.5 is not an integer \(unit ms\)"),
        ("[parameters]\nv2g_enable = true\n", r"board\.toml: v2g_enable = True is not an integer"),
        ("[parameters]\nreturn_low_mhz = 50200\n", r"board\.toml: return_low_mhz = 50200 is not under return_high_mhz"),
        (
            "[parameter]\nblock_ms = 10\n",
            r"unknown table or key 'parameter' \(did you mean parameters\?\)",
        ),
        ("parameters = 3\n", r"board\.toml: parameters is no table"),
        ("[parameters\n", r"board\.toml is no TOML"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(toml, text, message):
    with pytest.raises(ToolError, match=message):
        load_parameters(toml(text), [])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("baseline_w", "--param baseline_w: give it as name=value"),
        ("baseline_w=lots", "--param baseline_w=lots: 'lots' is no integer"),
        ("basline_w=5", r"--param basline_w=5: unknown parameter 'basline_w' \(did you mean baseline_w\?\)"),
        ("modbus_unit=0", r"--param modbus_unit=0: modbus_unit = 0 is outside 1\.\.247 address"),
    ],
)
def test_a_bad_override_is_named_with_what_is_wrong(override, message):
    with pytest.raises(ToolError, match=message):
        load_parameters(None, [override])


def test_parameters_at_odds_across_file_and_option_name_both(toml):
    path = toml("[parameters]\nsoc_reserve_pct_x100 = 9000\n")
    with pytest.raises(ToolError, match=r"board\.toml with --param: soc_reserve_pct_x100 = 9000 is not under"):
        load_parameters(path, ["soc_full_pct_x100=8000"])


@pytest.mark.parametrize(
    ("overrides", "noted"),
    [
        (["evse=2", "phases=3"], True),
        (["evse=1", "phases=3", "baseline_w=4139"], True),
        (["evse=2", "phases=3", "baseline_w=4140"], False),
        (["evse=2", "phases=3", "baseline_w=0"], False),
        (["evse=2", "phases=1"], False),
        (["evse=2", "outlet=1", "phases=3"], False),
        (["phases=3"], False),
    ],
)
def test_a_baseline_under_what_an_outlet_can_offer_is_noted(capsys, overrides, noted):
    load_parameters(None, overrides)
    said = capsys.readouterr().err
    assert ("under the 4140 W of 6 A on 3 phase(s) at 230 V" in said) == noted
    assert noted or not said


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(MissingError, match=r"cannot read .*absent\.toml: No such file"):
        load_parameters(tmp_path / "absent.toml", [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--heap", "12"], "--heap 12"),
        (["--heap", "big"], "--heap big"),
        (["--param", "nothing=1"], "unknown parameter 'nothing'"),
        (["--device-id", "no spaces"], "--device-id no spaces"),
        (["--reflash"], "--reflash needs --flash"),
    ],
)
def test_bad_options_are_refused_before_anything_starts(arguments, message):
    result = CliRunner().invoke(app, ["run", *arguments])
    assert isinstance(result.exception, ToolError)
    assert message in str(result.exception)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_prints_its_ports_and_ends_cleanly(number, tmp_path):
    program = "from host_tools.cli.board import app; app()"
    options = ["--json", "--device-id", "cli-1", "--flash", str(tmp_path / "flash"), "--param", "baseline_w=1500"]
    command = [sys.executable, "-c", program, "run", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        facts = json.loads(process.stdout.readline())
        assert facts["device_id"] == "cli-1"
        assert facts["inverter"] is True
        for port in ("console", "rs485", "host"):
            assert re.fullmatch(r"/dev/pts/\d+", facts[port])
        assert '"baseline_w": 1500' in mpremote(facts["console"], "resume", "fs", "cat", ":config.json")
    finally:
        process.send_signal(number)
        rest, errors = process.communicate(timeout=HANG_S)
    assert (process.returncode, rest, errors) == (0, "", "")
    assert not alive(facts["pid"])


def test_run_for_people_ends_by_itself_with_its_counts():
    result = CliRunner().invoke(app, ["run", "--seconds", "0.5", "--no-inverter"])
    assert result.exit_code == 0, result.output
    assert re.search(r"mpremote connect /dev/pts/\d+ resume", result.output)
    assert "stopped: running True, boots 1, restarts 0" in result.output


def test_serial_ports_are_told_apart():
    adapter, builtin = ListPortInfo("/dev/ttyUSB0"), ListPortInfo("/dev/ttyS0")
    adapter.vid, adapter.pid, adapter.product = 0x10C4, 0xEA60, "CP2102N"
    assert looks_like(adapter) == "CP210x USB-serial bridge: often a board's console: CP2102N"
    assert looks_like(builtin) == "built-in serial port"
    listed = CliRunner().invoke(app, ["ports", "--json"])
    assert isinstance(json.loads(listed.output), list)
