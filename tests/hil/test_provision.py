"""`gridkeel provision` on virtual boards: all or nothing, whatever is cut, completed by the same command."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from mpremote.transport_serial import SerialTransport
from provision_helpers import Cut, held, run
from virtual_board_helpers import make_firmware, wait_until

from certs import v2g
from hil.virtual_board import VirtualBoard
from host_tools.cable.provision import MARKER, Order, provision
from host_tools.cable.staging import SCRIPT
from host_tools.errors import MissingError, ToolError
from host_tools.micropython.prompt import Session
from host_tools.update.keys import make_keys

pytestmark = pytest.mark.timeout(120)

PARAMETERS = {"baseline_w": 2500, "phases": 1}
PKI = {"secc_key.der": bytes(range(200)), "secc_0.der": b"leaf" * 300, "v2g_root_0.der": b"root" * 200}


@pytest.fixture
def board(tmp_path: Path) -> Any:
    with VirtualBoard(tmp_path / "flash", firmware=make_firmware(tmp_path / "firmware")) as made:
        yield made


def test_a_board_gets_all_that_was_ordered_and_once_more_changes_nothing(board: VirtualBoard, tmp_path: Path) -> None:
    config = tmp_path / "site.toml"
    config.write_text("[parameters]\nbaseline_w = 2500\n")
    keys = make_keys(tmp_path / "keys")
    v2g.export_device(v2g.make(tmp_path / "pki"), tmp_path / "device")
    words = ["--port", board.console, "--device-id", "charger-0001", "--config", str(config), "--param", "phases=1"]
    words += ["--update-keys", str(keys), "--pki", str(tmp_path / "device"), "--no-reset"]
    first = run(*words)
    assert first.exit_code == 0, first.output
    flash = held(board.flash)
    assert flash["device_id"] == b"charger-0001\n"
    assert json.loads(flash["config.json"]) == {"baseline_w": 2500, "phases": 1}
    assert bytes.fromhex(flash["update_keys"].decode()) == keys.read_bytes()
    exported = {f"pki/{path.name}": path.read_bytes() for path in (tmp_path / "device").glob("*.der")}
    assert {name: data for name, data in flash.items() if name.startswith("pki/")} == exported
    assert set(flash) == {"device_id", "config.json", "update_keys", MARKER, *exported}
    again = run(*words, "--json", "-")
    assert json.loads(again.stdout)["result"] == "complete already"
    assert held(board.flash) == flash
    for text in (first.output, again.output):
        assert flash["pki/secc_key.der"].hex() not in text and keys.read_bytes().hex() not in text


ORDER = Order("virtual", "charger-0002", PARAMETERS, bytes(138), PKI)


def test_a_connection_cut_before_any_call_leaves_all_or_nothing_and_is_completed(
    tmp_path: Path, board: VirtualBoard
) -> None:
    before = held(board.flash)
    points = 0
    wanted: dict[str, bytes] = {}
    while not wanted or points < 40:
        restore(board.flash, before)
        with Session(board.console, SCRIPT) as session:
            try:
                provision(Cut(session, points, None), ORDER)
                break
            except MissingError:
                points += 4  # each one is cut in test_cable_staging.py
        now = held(board.flash)
        placed = now.get("device_id") is not None
        assert placed or {name: now[name] for name in before} == before
        assert all((name in now) == placed for name in ("update_keys", "pki/secc_key.der")), sorted(now)
        with Session(board.console, SCRIPT) as session:
            provision(session, ORDER)
        done = held(board.flash)
        wanted = wanted or done
        assert done == wanted and MARKER in done
    assert points > 20


def restore(flash: Path, files: dict[str, bytes]) -> None:
    for path in sorted(flash.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path.suffix != ".py" and path.relative_to(flash).as_posix() not in files:
            path.unlink()
    for name, data in files.items():
        (flash / name).write_bytes(data)


@pytest.mark.parametrize("at", [7, 12, 20])
def test_a_board_that_loses_its_power_in_between_is_completed_by_the_same_command(board: VirtualBoard, at: int) -> None:
    with Session(board.console, SCRIPT) as session, pytest.raises(MissingError):
        provision(Cut(session, at, board), ORDER)
    with Session(board.console, SCRIPT) as session:
        assert provision(session, ORDER).changed
    with Session(board.console, SCRIPT) as session:
        assert not provision(session, ORDER).changed


def test_a_port_that_goes_in_between_is_said_with_the_way_out(tmp_path: Path) -> None:
    board = VirtualBoard(tmp_path / "flash", firmware=make_firmware(tmp_path / "firmware")).start()
    with Session(board.console, SCRIPT) as session:
        session.call("identify")
        board.stop()
        with pytest.raises(MissingError, match="stopped answering"):
            provision(session, ORDER)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--board", "rpi_pico"], "is Raspberry Pi Pico with RP2040, and connected is"),
        (["--board", "nonesuch"], "unknown board"),
    ],
)
def test_a_wrong_board_is_refused_before_anything_is_written(board: VirtualBoard, words: list[str], said: str) -> None:
    before = held(board.flash)
    done = run("--port", board.console, "--device-id", "x", *words)
    assert isinstance(done.exception, ToolError) and said in str(done.exception)
    assert held(board.flash) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either --port"),
        (["--port", "x"], "nothing to provision|no MicroPython prompt"),
        (["--port", "x", "--device-id", "a b"], "device id"),
        (["--port", "x", "--param", "baseline_w=900000"], "baseline_w"),
        (["--port", "x", "--update-keys", __file__], "no set of update keys"),
        (["--port", "x", "--pki", "."], "secc_key.der"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(words: list[str], said: str, tmp_path: Path) -> None:
    done = run(*words)
    assert isinstance(done.exception, ToolError)
    assert any(text in str(done.exception) for text in said.split("|")), done.exception


def test_a_list_is_done_device_by_device_and_one_that_fails_does_not_stop_the_others(
    tmp_path: Path, board: VirtualBoard
) -> None:
    rows = [
        ["port", "device_id", "baseline_w"],
        [board.console, "charger-1", "2600"],
        [str(tmp_path / "ttyACM7"), "charger-2", ""],
    ]
    with (tmp_path / "devices.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    report = tmp_path / "report.json"
    done = run("--fleet", str(tmp_path / "devices.csv"), "--param", "phases=1", "--json", str(report))
    assert done.exit_code == 1 and "1 of 2 devices" in done.output
    good, bad = json.loads(report.read_text())
    assert good["result"] == "provisioned" and bad["result"] == "failed" and "ttyACM7" in bad["reason"]
    flash = held(board.flash)
    assert json.loads(flash["config.json"]) == {"baseline_w": 2600, "phases": 1}
    assert flash["device_id"] == b"charger-1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port,device_id\n", "lists no device"),
        ("port,device_id\na,x\nb,x\n", "line 3: device_id x is that of line 2"),
        ("port,device_id\na,x\na,y\n", "line 3: port a is that of line 2"),
        ("port,device_id,color\na,x,red\n", "unknown column 'color'"),
        ("port,device_id\na\n", "line 2: it has not as many cells"),
        ("port,serial,device_id\na,1,x\n", "line 2: give either"),
        ("device_id\nx\n", "must name the columns"),
        ("port,device_id\na,x y\n", "line 2: device id"),
        ("port,device_id,baseline_w\na,x,1\nb,y,999999\n", "line 3: --param baseline_w=999999"),
    ],
)
def test_a_list_with_a_fault_is_refused_whole_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "devices.csv").write_text(text)
    done = run("--fleet", str(tmp_path / "devices.csv"))
    assert isinstance(done.exception, ToolError) and said in str(done.exception)


@pytest.mark.parametrize("after_s", [0.03, 0.1])
def test_a_board_whose_power_goes_in_the_middle_of_a_call_is_completed_by_the_same_command(
    board: VirtualBoard, after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.micropython.prompt.SILENCE_S", 2.0)
    boots = board.status.boots
    with Session(board.console, SCRIPT) as session:
        killer = threading.Timer(after_s, os.kill, (board.pid or 0, 9))
        killer.start()
        with contextlib.suppress(MissingError):
            provision(session, ORDER)
        killer.join()
    wait_until(lambda: board.status.boots > boots and board.status.running, "the board is up again")
    with Session(board.console, SCRIPT) as session:
        provision(session, ORDER)
    flash = held(board.flash)
    assert {f"pki/{name}": data for name, data in PKI.items()}.items() <= flash.items()
    assert flash["device_id"] == b"charger-0002\n" and MARKER in flash
    assert not [name for name in flash if ".new" in name or ".old" in name]


@pytest.mark.parametrize("sent", [b"\x05A\x01", b"\x05A\x01put('a.new', 0, 'AAAA", b"put('a.new', 0, 'AAAA"])
def test_a_host_that_goes_in_the_middle_of_a_line_leaves_a_board_that_takes_the_next_one(
    board: VirtualBoard, sent: bytes
) -> None:
    transport = SerialTransport(board.console, timeout=5)
    transport.enter_raw_repl(soft_reset=False)
    transport.serial.write(sent)
    transport.serial.close()
    with Session(board.console, SCRIPT) as session:
        assert provision(session, ORDER).changed
    assert held(board.flash)["device_id"] == b"charger-0002\n"
