"""`gridkeel flash` on virtual boards with nothing but an interpreter: in a slot or as files, cut and completed."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import random
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from virtual_board_helpers import HANG_S, make_firmware, wait_until

import command_line.root
from gridkeel.update import selector
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.area import AreaFile
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.cable import own_key, staging
from host_tools.cable.flash import FILES, MARKER, SCRIPTS_ON_BOARD, SLOT, TOOL, Flashed, flash
from host_tools.cable.provision import Order, provision
from host_tools.cable.started import watch
from host_tools.errors import MissingError, ToolError
from host_tools.image import build as builder
from host_tools.image.boards import Board
from host_tools.image.build import Build
from host_tools.micropython.prompt import Session

pytestmark = pytest.mark.timeout(200)


@functools.cache
def built(board: Board) -> Build:
    return builder.build(board)


@contextlib.contextmanager
def empty_board(folder: Path, *, slots: bool) -> Iterator[tuple[VirtualBoard, AreaFile | None]]:
    """A board with an interpreter alone; slots: and flash outside its file system."""
    firmware = make_firmware(folder / "empty", boot_py="", main_py="")
    (folder / "flash").mkdir()
    area = AreaFile(folder / "flash") if slots else None
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    environment = area.environment() if area else None
    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        VirtualBoard(folder / "flash", firmware=firmware, mains=mains.address, environment=environment) as board,
    ):
        yield board, area


def flashed(board: VirtualBoard, wrap: Any = lambda session: session) -> Flashed:
    with Session(board.console, *SCRIPTS_ON_BOARD, fresh=True) as session:
        done = flash(wrap(session), "virtual", built)
        session.reset()
        return done


def is_heard(port: str) -> bool:
    """Whether a controller speaks on its host port."""
    fd = os.open(port, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        end_s = time.monotonic() + HANG_S
        while time.monotonic() < end_s:
            if select.select([fd], [], [], 0.2)[0] and os.read(fd, 4096):
                return True
        return False
    finally:
        os.close(fd)


def test_an_empty_board_with_a_segment_runs_from_slot_0_after_one_command_and_another_firmware_from_slot_1(
    tmp_path: Path,
) -> None:
    with empty_board(tmp_path, slots=True) as (board, area):
        assert area is not None
        done = flashed(board)
        assert (done.place, done.changed) == (SLOT, True)
        record = selector.read_record(area)
        assert (record.state, record.active, record.counter) == (selector.CONFIRMED, 0, 0)
        assert selector.read_header(area, 0).size == len(done_image())
        assert is_heard(board.host)
        assert not (board.flash / "gridkeel").exists() and not (board.flash / TOOL).exists()
        assert not flashed(board).changed
        makes_a_key_with_the_image_in_its_slot(board, area, tmp_path / "asked.csr")
        replace_firmware(board, area)


def makes_a_key_with_the_image_in_its_slot(board: VirtualBoard, area: AreaFile, request: Path) -> None:
    """The folded firmware has what a key of the board's own needs; that it is mounted for it counts no start."""
    before = selector.read_record(area)
    with Session(board.console, staging.SCRIPT, own_key.SCRIPT, fresh=True) as session:
        done = provision(session, Order("virtual", "charger-0001", own_key=True, csr=request))
        session.reset()
    assert done.changed == [own_key.FILE, str(request), "device_id"]
    assert vars(selector.read_record(area)) == vars(before)


def replace_firmware(board: VirtualBoard, area: AreaFile) -> None:
    """Flash another firmware, cut once: it goes into the other slot and is the judged one at once."""

    def other(board: Board) -> Build:
        made = built(board)
        files = {**made.files, builder.IMAGE: made.image + bytes(1000)}
        return dataclasses.replace(made, files=files, manifest={**made.manifest, "version": "0.2.1"})

    with Session(board.console, *SCRIPTS_ON_BOARD, fresh=True) as session:
        cut = Cut(session, board, 60)
        with pytest.raises(MissingError):
            flash(cut, "virtual", other)
    assert (selector.read_record(area).active, selector.is_bootable(area, 0, 0)) == (0, True)
    with Session(board.console, *SCRIPTS_ON_BOARD, fresh=True) as session:
        assert flash(session, "virtual", other).changed
        session.reset()
    record = selector.read_record(area)
    assert (record.state, record.active, record.counter) == (selector.CONFIRMED, 1, 0)
    assert selector.read_header(area, 1).version.rstrip(b"\0") == b"0.2.1"
    assert is_heard(board.host)
    with Session(board.console, *SCRIPTS_ON_BOARD, fresh=True) as session:
        assert not flash(session, "virtual", other).changed


def done_image() -> bytes:
    from host_tools.image.boards import board_named
    from host_tools.image.stamp import FIRMWARE

    return built(board_named(FIRMWARE, "virtual")).image


def test_an_empty_board_without_a_segment_runs_the_controller_from_files(tmp_path: Path) -> None:
    with empty_board(tmp_path, slots=False) as (board, _area):
        done = flashed(board)
        assert (done.place, done.changed) == (FILES, True) and "no ROMFS segment" in done.note
        assert is_heard(board.host)
        assert json.loads((board.flash / MARKER).read_text())["in"] == FILES
        assert not list((board.flash / "gridkeel").rglob("*.py")) and not (board.flash / "gridkeel.old").exists()
        assert not flashed(board).changed


class Cut:
    """A session that is cut, with the board's power, at calls chosen by `at`."""

    def __init__(self, session: Session, board: VirtualBoard, at: int) -> None:
        self._session, self._board, self._left = session, board, at

    def call(self, name: str, *arguments: object, timeout_s: float = 30.0) -> dict[str, Any]:
        self._left -= 1
        if self._left < 0:
            os.kill(self._board.pid or 0, 9)
            raise MissingError("cut")
        return self._session.call(name, *arguments, timeout_s=timeout_s)


@pytest.mark.parametrize("slots", [True, False], ids=["slot", "files"])
def test_a_flash_that_is_cut_again_and_again_is_completed_by_the_same_command(tmp_path: Path, slots: bool) -> None:
    chance = random.Random(5)
    with empty_board(tmp_path, slots=slots) as (board, area):
        for _ in range(3):
            at = chance.randrange(10, 90)
            with contextlib.suppress(MissingError):
                flashed(board, lambda session, at=at: Cut(session, board, at))
            wait_until(lambda: board.status.running, "the board is up again")
        flashed(board)
        assert not flashed(board).changed
        assert area is None or selector.is_bootable(area, 0, 0)
        assert is_heard(board.host)


def test_a_wrong_board_is_refused_before_anything_is_built_or_written(tmp_path: Path) -> None:
    def not_wanted(_board: Board) -> Build:
        raise AssertionError

    with empty_board(tmp_path, slots=False) as (board, _area):
        before = sorted(path.name for path in board.flash.rglob("*"))
        with Session(board.console, *SCRIPTS_ON_BOARD, fresh=True) as session, pytest.raises(ToolError, match="RP2040"):
            flash(session, "rpi_pico", not_wanted)
        assert sorted(path.name for path in board.flash.rglob("*")) == before


def test_the_command_says_where_the_firmware_is_and_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command_line.flash._built", built)
    with empty_board(tmp_path, slots=False) as (board, _area):
        words = ["flash", "--board", "virtual", "--port", board.console]
        first = CliRunner().invoke(command_line.root.app, words)
        assert first.exit_code == 0 and "flashed, version" in first.stdout, first.output
        assert "no ROMFS segment" in first.stderr
        again = CliRunner().invoke(command_line.root.app, [*words, "--no-watch", "--json", "-"])
        row = json.loads(again.stdout)
        assert (row["result"], row["place"], row["port"]) == ("complete already", FILES, board.console)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--board", "nonesuch", "--port", "x"], "unknown board"),
        (["--board", "rpi_pico", "--interpreter", "x.uf2"], "together"),
        (["--board", "rpi_pico", "--sha256", "00"], "together"),
        (["--board", "rpi_pico", "--drive", "."], "belongs to --interpreter"),
        (["--board", "virtual", "--interpreter", "x", "--sha256", "00"], "no way from here"),
        (["--board", "virtual"], "no serial port looks like"),
        (["--board", "virtual", "--port", "/dev/ttyACM99"], "no MicroPython prompt"),
    ],
)
def test_what_cannot_be_flashed_is_refused_with_the_way_out(words: list[str], said: str) -> None:
    done = CliRunner().invoke(command_line.root.app, ["flash", *words])
    assert isinstance(done.exception, ToolError) and said in str(done.exception), done.exception


def test_a_firmware_that_does_not_start_is_said_with_its_reason(tmp_path: Path) -> None:
    firmware = make_firmware(tmp_path / "firmware", main_py="import nonesuch\n")
    with VirtualBoard(tmp_path / "flash", firmware=firmware) as board:
        with Session(board.console, *SCRIPTS_ON_BOARD, fresh=True) as session:
            session.reset()
        with pytest.raises(ToolError, match="does not start: ImportError: no module named 'nonesuch'"):
            watch(board.console, 3.0)
