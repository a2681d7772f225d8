"""The selector on a virtual board: two images in the flash outside the file system, run where they lie."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from virtual_board_helpers import HANG_S

from gridkeel.update import selector, slots
from hil.virtual_board import VirtualBoard
from hil.virtual_board.area import AreaFile, install
from hil.virtual_board.flash import FIRMWARE, make_flash
from host_tools.image.fixed import write_fixed
from host_tools.image.rom import rom_image

pytestmark = pytest.mark.timeout(200)

BOARDS = """\
def this_board():
    return open("/started", "a")
"""
APP = """\
import time
import gridkeel.runtime
def main(board):
    board.write("%s %%s\\n" %% gridkeel.runtime.__file__)
    board.close()
    %s
    while True:
        time.sleep_ms(100)
"""


def image(folder: Path, word: str, then: str = "") -> bytes:
    """Return an image whose program writes its word into the flash's file `started`."""
    package = folder / word / "gridkeel"
    for name in ("boards", "runtime"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "boards" / "__init__.py").write_text(BOARDS)
    (package / "runtime" / "app.py").write_text(APP % (word, then))
    return rom_image(folder / word, folder / "cache").read_bytes()


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """A flash with main.py, the selector, and nothing that could run beside the slots."""
    made = make_flash(tmp_path / "flash", {}, firmware=FIRMWARE)
    for path in sorted((made / "gridkeel").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (made / "gridkeel").rmdir()
    return made


def starts(flash: Path) -> list[str]:
    path = flash / "started"
    return path.read_text().split("\n")[:-1] if path.exists() else []


def wait_for_starts(flash: Path, words: list[str]) -> None:
    end_s = time.monotonic() + HANG_S
    while [line.split()[0] for line in starts(flash)] != words:
        assert time.monotonic() < end_s, (starts(flash), words)
        time.sleep(0.02)


def test_an_image_that_fails_has_three_starts_and_the_judged_one_comes_back(flash: Path, tmp_path: Path) -> None:
    area = AreaFile(flash)
    install(area, image(tmp_path, "old"), 1, "1")
    with VirtualBoard(flash, environment=area.environment()) as board:
        wait_for_starts(flash, ["old"])
        assert starts(flash) == ["old /rom/gridkeel/runtime/__init__.mpy"]
        install(area, image(tmp_path, "broken", "raise ValueError('no estimator')"), 2, "2")
        slots.switch(area, bytes(16))
        board.reset()
        wait_for_starts(flash, ["old", "broken", "broken", "broken", "old"])
        record = selector.read_record(area)
        assert (record.state, record.reason, record.counter) == (selector.CONFIRMED, selector.OUT_OF_BOOTS, 1)
        install(area, image(tmp_path, "new"), 3, "3")
        slots.switch(area, bytes(16))
        board.reset()
        wait_for_starts(flash, ["old", "broken", "broken", "broken", "old", "new"])
        assert slots.confirm(area)
        board.reset()
        wait_for_starts(flash, ["old", "broken", "broken", "broken", "old", "new", "new"])
    assert selector.read_record(area).counter == 3


def test_an_image_that_hangs_is_reset_by_the_watchdog_and_the_judged_one_comes_back(
    flash: Path, tmp_path: Path
) -> None:
    firmware = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, firmware)
    source = firmware / "gridkeel" / "boards" / "area.py"
    source.write_text(source.read_text().replace("WATCHDOG_MS = 8000", "WATCHDOG_MS = 400"))
    write_fixed(firmware, flash)
    area = AreaFile(flash)
    install(area, image(tmp_path, "old"), 1, "1")
    install(area, image(tmp_path, "hung", "while True: pass"), 2, "2")
    slots.switch(area, bytes(16))
    with VirtualBoard(flash, environment=area.environment()) as board:
        wait_for_starts(flash, ["hung", "hung", "hung", "old"])
        assert board.status.watchdog_resets == 3
    assert selector.read_record(area).reason == selector.OUT_OF_BOOTS


def test_a_board_without_a_bootable_slot_runs_the_program_of_its_flash(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", {})
    (flash / "gridkeel" / "boards" / "__init__.py").write_text(BOARDS)
    (flash / "gridkeel" / "runtime" / "app.py").write_text(APP % ("flash", ""))
    area = AreaFile(flash)
    with VirtualBoard(flash, environment=area.environment()):
        wait_for_starts(flash, ["flash"])
    with VirtualBoard(flash):
        wait_for_starts(flash, ["flash", "flash"])
