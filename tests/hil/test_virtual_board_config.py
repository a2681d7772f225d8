"""Bad parameters name themselves, their limits and their file; the command prints its ports and ends cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import string
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools.list_ports_common import ListPortInfo
from typer.testing import CliRunner
from virtual_board_helpers import HANG_S, alive, mpremote

from command_line.board import app, looks_like
from command_line.board_links import linked
from gridkeel.errors import ProtocolError
from gridkeel.link import ids
from gridkeel.link.announce import Announcer
from hil.config import load_parameters
from hil.rigs import rig
from hil.virtual_board.flash import is_device_id
from hil.virtual_board.shared_host import SHARED_HOST
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
    ("text", "message"),
    [
        (b'{"evse" 1]', r"config\.json: not a JSON object"),
        (b'{"evse": 1, "evse": 1}', r"config\.json: evse occurs twice"),
        (b'{"basline_w": 1}', r"config\.json: name 1 is not a parameter: b'\"basline_w\"'"),
        (b'{"block_ms": 50}', r"config\.json: block_ms = 50 is outside 5\.\.20 ms"),
        (b'{"phases": 2}', r"config\.json: phases = 2 is neither 1 nor 3"),
        (b"\xff\xfe", r"config\.json: not a JSON object"),
    ],
)
def test_a_board_s_own_file_is_checked_by_its_own_rules(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_bytes(text)
    with pytest.raises(ToolError, match=message):
        load_parameters(path, [])
    path.write_bytes(b'{"baseline_w": 7}')
    assert load_parameters(path, ["modbus_unit=3"]) == {"baseline_w": 7, "modbus_unit": 3}
    with pytest.raises(MissingError, match="cannot read"):
        load_parameters(tmp_path / "absent.json", [])


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
        (["evse=2", "connector=1", "phases=3"], False),
        (["phases=3"], False),
    ],
)
def test_a_baseline_under_what_a_connector_can_offer_is_noted(capsys, overrides, noted):
    load_parameters(None, overrides)
    said = capsys.readouterr().err
    assert ("under the 4140 W of 6 A on 3 phase(s) at 230 V" in said) == noted
    assert noted or not said


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(MissingError, match=r"cannot read .*absent\.toml: No such file"):
        load_parameters(tmp_path / "absent.toml", [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--heap", "12"], "--heap 12"),
        (["--heap", "big"], "--heap big"),
        (["--param", "nothing=1"], "unknown parameter 'nothing'"),
        (["--device-id", "no spaces"], "--device-id no spaces: use 1..24 letters"),
        (["--device-id", ""], "--device-id : use"),
        (["--device-id", "x" * 25], "use 1..24"),
        (["--device-id", "depot/7"], "use 1..24"),
        (["--device-id", "+"], "use 1..24"),
        (["--device-id", "#"], "use 1..24"),
        (["--device-id", "caf\u00e9"], "use 1..24"),
        (["--device-id", "\uff47\uff4b"], "use 1..24"),
        (["--reflash"], "--reflash needs --flash"),
    ],
)
def test_bad_options_are_refused_before_anything_starts(arguments, message):
    result = CliRunner().invoke(app, ["run", *arguments])
    assert isinstance(result.exception, ToolError)
    assert message in str(result.exception)


LETTERS = string.ascii_letters + string.digits + "._-"


def test_the_host_takes_the_device_ids_that_the_board_takes(tmp_path):
    given = ["g" * length for length in range(41)] + [chr(code) for code in range(1, 0x250)]
    for text in [*given, "\u4e2d", "\U0001f50c", "a b", "a/b", "$SYS", "a\n"]:
        kept = 1 <= len(text) <= ids.DEVICE_ID_MAX and all(letter in LETTERS for letter in text)
        assert is_device_id(text) == kept, text
        assert (ids.device_id(text.encode()) == text.encode()) == kept, text
        if kept:
            assert Announcer(text.encode(), 1).hello_due
        else:
            with pytest.raises(ProtocolError):
                Announcer(text.encode(), 1)
    path = tmp_path / "mine.toml"
    path.write_text(f'kind = "lockstep"\ndevice_id = "{"g" * 25}"\n')
    with pytest.raises(ToolError, match=r"device_id 'g+' is invalid: use 1\.\.24"):
        rig.load(str(path))


def test_a_virtual_board_has_what_a_shared_host_needs_unless_parameters_say_otherwise(tmp_path):
    def started(*arguments):
        result = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["run", "--no-inverter", "--seconds", "0", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    said = started("--flash", str(tmp_path / "a"))
    assert "samples_stale_ms = 1000 (a chip: 40), return_delay_ms = 1000 (a chip: 60000)" in said
    assert json.loads((tmp_path / "a" / "config.json").read_text()) == SHARED_HOST
    said = started("--flash", str(tmp_path / "b"), "--param", "samples_stale_ms=40", "--param", "baseline_w=7")
    assert "samples_stale_ms" not in said and "return_delay_ms = 1000" in said
    kept = json.loads((tmp_path / "b" / "config.json").read_text())
    assert kept == {"return_delay_ms": 1000, "samples_stale_ms": 40, "baseline_w": 7}
    (tmp_path / "b" / "config.json").write_text('{"baseline_w": 7}')
    assert "a chip" not in started("--flash", str(tmp_path / "b")), "a flash keeps what it holds"


def test_a_flash_whose_configuration_broke_is_named(tmp_path):
    (tmp_path / "main.py").write_text("")
    for content, words in (
        (b'{"basline_w": 7}', "basline_w"),
        (b"{", "not a JSON object"),
        (b'{"baseline_w": 60000}', "baseline_w = 60000 is outside"),
    ):
        (tmp_path / "config.json").write_bytes(content)
        result = CliRunner(env={"COLUMNS": "300"}).invoke(
            app, ["run", "--no-inverter", "--seconds", "0", "--flash", str(tmp_path)]
        )
        assert "the board stays without power (config_invalid): config.json: " in result.output
        assert words in result.output
        assert (tmp_path / "config.json").read_bytes() == content


def test_links_lead_to_the_ports_while_the_board_is_up(tmp_path):
    board = SimpleNamespace(console="/dev/pts/1", rs485="/dev/pts/2", host="/dev/pts/3")
    folder = tmp_path / "new" / "ports"
    with linked(folder, board):
        assert {path.name: os.readlink(path) for path in folder.iterdir()} == vars(board)
        with linked(folder, SimpleNamespace(console="/dev/pts/7", rs485="/dev/pts/8", host="/dev/pts/9")):
            assert os.readlink(folder / "host") == "/dev/pts/9"
    assert not list(folder.iterdir())
    (folder / "host").write_text("mine")
    with pytest.raises(ToolError, match="is there and is no link"), linked(folder, board):
        pass
    assert [path.name for path in folder.iterdir()] == ["host"] and (folder / "host").read_text() == "mine"
    with pytest.raises(ToolError, match="--links"), linked(folder / "host", board):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_prints_its_ports_and_ends_cleanly(number, tmp_path):
    program = "from command_line.board import app; app()"
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


def test_serial_ports_are_distinguished():
    adapter, builtin = ListPortInfo("/dev/ttyUSB0"), ListPortInfo("/dev/ttyS0")
    adapter.vid, adapter.pid, adapter.product = 0x10C4, 0xEA60, "CP2102N"
    assert looks_like(adapter) == "CP210x USB-serial bridge: often a board's console: CP2102N"
    assert looks_like(builtin) == "built-in serial port"
    listed = CliRunner().invoke(app, ["ports", "--json"])
    assert isinstance(json.loads(listed.output), list)
