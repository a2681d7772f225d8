"""A signed release over the host link of a running controller: installed, judged by itself, taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from linked_board import LinkedBoard
from virtual_board_helpers import HANG_S

from gridkeel.update import refusals, selector
from hil.plants.inverter.server import LiveInverter
from hil.rigs.board_setup import BoardSetup
from hil.rigs.mains import SteeredMains
from hil.rigs.plant_server import PlantServer
from hil.rigs.plants import Plants
from hil.rigs.rig import Rig
from hil.virtual_board.area import AreaFile
from hil.virtual_board.flash import FIRMWARE, make_flash
from host_tools.image.rom import rom_image
from host_tools.image.stamp import copy_program
from host_tools.update import keys, release

pytestmark = pytest.mark.timeout(280)
RIG = Rig("test", "realtime", device_id="gk-update")


class UpdateSetup:
    """A charger that runs from a slot, its plants, its host, and who signs for it."""

    def __init__(self, board: LinkedBoard, flash: Path, folder: Path) -> None:
        self.board = board
        self.area = AreaFile(flash)
        self.running = rom_image(FIRMWARE).read_bytes()
        self._folder = folder

    def image(self, version: str, change: tuple[str, str] = ("", "")) -> bytes:
        """Return an image of the firmware with another version, one file of it changed."""
        folder = self._folder / version
        folder.mkdir()
        copy_program(FIRMWARE, folder)
        file, addition = change
        if file:
            path = folder / "gridkeel" / file
            path.write_text(path.read_text() + addition)
        init = folder / "gridkeel" / "__init__.py"
        init.write_text(init.read_text().replace('VERSION = "0.2.0"', f'VERSION = "{version}"'))
        return rom_image(folder, self._folder / "cache").read_bytes()

    def signed(self, image: bytes, version: str, base: bytes | None = None, counter: int = 1) -> bytes:
        described = release.Image(image, "virtual", "unix-x64", version, counter)
        return release.sign(described, keys.signing_key(self._folder / "keys" / "a"), base)

    def wait_for(self, status: str, mark: int, code: str = "ok") -> None:
        self.board.wait_for(
            "update", mark, 8 * HANG_S, lambda record: (record["status"], record["code"]) == (status, code)
        )


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[UpdateSetup]:
    parameters = RIG.parameters_with({"start_delay_ms": 0, "baseline_w": 2000})
    plants = Plants(parameters, SteeredMains(parameters))
    trusted = keys.make_keys(tmp_path / "keys").read_bytes()
    flash = make_flash(tmp_path / "flash", parameters.values(), "gk-update")
    (flash / "update_keys").write_text(trusted.hex())
    on_flash = BoardSetup(flash=flash, slots=True)
    with (
        RIG.open(plants, on_flash) as opened,
        PlantServer(opened, LiveInverter(plants.inverter)),
    ):
        board = LinkedBoard(opened.board)
        try:
            board.wait_for("telemetry", 0, HANG_S, lambda record: record["inverter_state"] == "driving")
            yield UpdateSetup(board, flash, tmp_path)
        finally:
            board.close()


def test_a_delta_is_installed_over_the_link_and_confirms_itself_before_power_flows_again(setup: UpdateSetup) -> None:
    board = setup.board
    stream = setup.signed(setup.image("0.2.1"), "0.2.1", base=setup.running)
    assert len(stream) < len(setup.running) // 5
    mark = board.mark()
    assert board.ask("setpoint", power_w=0, lifetime_ms=600_000) == "ok"
    assert board.offer(stream) in (refusals.NONE, None), "None: it restarted before the host heard of its end"
    setup.wait_for("installed", mark)
    record = selector.read_record(setup.area)
    assert record is not None
    assert (record.state, record.active, record.counter) == (selector.CONFIRMED, 1, 1)
    board.wait_for("telemetry", board.mark(), HANG_S, lambda record: record["state"] == "run")


def test_nothing_is_switched_while_power_flows(setup: UpdateSetup) -> None:
    board = setup.board
    board.wait_for("telemetry", 0, HANG_S, lambda record: record["permitted_w"] == 2000)
    mark = board.mark()
    stream = setup.signed(setup.image("0.2.2"), "0.2.2", base=setup.running)
    board.start_offer(stream)
    setup.wait_for("download_paused", mark)
    time.sleep(1.0)
    record = selector.read_record(setup.area)
    assert record is not None and (record.state, record.active) == (selector.CONFIRMED, 0)
    assert board.ask("setpoint", power_w=0, lifetime_ms=600_000) == "ok"
    setup.wait_for("install_rebooting", mark)


def test_an_image_that_cannot_start_is_taken_back_and_the_host_hears_why(setup: UpdateSetup) -> None:
    board = setup.board
    assert board.ask("setpoint", power_w=0, lifetime_ms=600_000) == "ok"
    broken = setup.image("0.2.3", ("runtime/app.py", "\n\nraise RuntimeError('a bad release')\n"))
    mark = board.mark()
    assert board.offer(setup.signed(broken, "0.2.3", base=setup.running)) in (refusals.NONE, None)
    setup.wait_for("installation_failed", mark, "out_of_boots")
    record = selector.read_record(setup.area)
    assert record is not None
    assert (record.state, record.active, record.counter) == (selector.CONFIRMED, 0, 0), "the counter has not risen"


def test_an_older_counter_and_a_strangers_key_are_rejected_with_their_codes(setup: UpdateSetup, tmp_path: Path) -> None:
    board = setup.board
    keys.make_keys(tmp_path / "theirs")
    described = release.Image(b"\x01" * 1000, "virtual", "unix-x64", "0.2.4", 9)
    mark = board.mark()
    stranger = release.sign(described, keys.signing_key(tmp_path / "theirs" / "a"))
    assert board.offer(stranger) == refusals.UNKNOWN_KEY
    setup.wait_for("invalid_signature", mark, "unknown_key")
    wrong = release.sign(
        release.Image(b"\x01" * 1000, "rpi_pico2", "rp2350", "0.2.4", 9), keys.signing_key(tmp_path / "keys" / "a")
    )
    assert board.offer(wrong) == refusals.WRONG_CHIP
    setup.wait_for("download_failed", mark, "wrong_chip")
    assert board.ask("mode", mode="safe") == "ok", "the controller runs on"
