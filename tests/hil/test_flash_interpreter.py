"""Interpreter images of `gridkeel flash`: what is checked before one is written, and the way of each chip."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from esptool import cmds
from esptool.bin_image import ELFSection, ESP32C3FirmwareImage, ESP32S3FirmwareImage
from uf2utils import Family, UF2File
from virtual_board_helpers import make_firmware

from hil.virtual_board import VirtualBoard
from host_tools.cable import esp, interpreter, uf2
from host_tools.errors import MissingError, ToolError
from host_tools.image.boards import Board, board_named
from host_tools.image.stamp import FIRMWARE

pytestmark = pytest.mark.timeout(120)
PAYLOAD = bytes(range(256)) * 20


def table(name: str) -> Board:
    return board_named(FIRMWARE, name)


def uf2_image(folder: Path, family: str) -> bytes:
    """Return an image as uf2utils makes it."""
    made = UF2File()
    made.header.family = Family.byName(family)
    made.append_payload(PAYLOAD, 0x10000000)
    made.to_file(str(folder / "made.uf2"))
    return (folder / "made.uf2").read_bytes()


@pytest.mark.parametrize(("family", "chip"), [("RP2040", "rp2040"), ("rp2350-arm-s", "rp2350")])
def test_a_uf2_image_of_the_chip_is_taken_with_all_its_payload(tmp_path: Path, family: str, chip: str) -> None:
    assert uf2.check(uf2_image(tmp_path, family), chip) >= len(PAYLOAD)
    other = {"rp2040": "rp2350", "rp2350": "rp2040"}[chip]
    with pytest.raises(ToolError, match="is for family 0xe48bff5"):
        uf2.check(uf2_image(tmp_path, family), other)


def test_a_uf2_image_that_is_cut_changed_or_none_is_rejected(tmp_path: Path) -> None:
    image = uf2_image(tmp_path, "RP2040")
    for broken, said in (
        (b"", "no UF2 image"),
        (image[:-1], "no whole blocks"),
        (image[:-512], "not whole: 19 of 20"),
        (image[512:], "not whole: 19 of 20"),
        (b"\0" * 512 + image[512:], "lacks its magic"),
        (image[:508] + b"\0\0\0\0" + image[512:], "lacks its magic"),
        (PAYLOAD[:512], "lacks its magic"),
    ):
        with pytest.raises(ToolError, match=said):
            uf2.check(broken, "rp2040")


def test_an_image_of_absolute_blocks_alone_is_for_no_chip(tmp_path: Path) -> None:
    image = bytearray(uf2_image(tmp_path, "rp2350-arm-s"))
    for at in range(0, len(image), 512):
        image[at + 28 : at + 32] = uf2.ABSOLUTE.to_bytes(4, "little")
    with pytest.raises(ToolError, match="no block"):
        uf2.check(bytes(image), "rp2350")


def drive(folder: Path, board_id: str) -> Path:
    made = folder / board_id
    made.mkdir(parents=True)
    (made / uf2.INFO).write_text(f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {board_id}\r\n")
    return made


def test_the_drive_of_another_chip_gets_nothing(tmp_path: Path) -> None:
    wrong = drive(tmp_path, "RP2350")
    with pytest.raises(ToolError, match="is the drive of RP2350"):
        uf2.drive_of("rp2040", wrong)
    with pytest.raises(MissingError, match="no drive of a chip"):
        uf2.drive_of("rp2040", tmp_path)
    assert [path.name for path in wrong.iterdir()] == [uf2.INFO]


@pytest.fixture
def pico(tmp_path: Path) -> Iterator[VirtualBoard]:
    """A virtual board that says of itself that it is a Pico."""
    boot = """
import os, sys
class Named: pass
os_named = Named()
for name in dir(os):
    if not name.startswith("__"):
        setattr(os_named, name, getattr(os, name))
class Uname:
    machine = "Raspberry Pi Pico with RP2040"
    version = "v1.28.0 on 2026-04-01"
os_named.uname = Uname
sys.modules["os"] = os_named
"""
    firmware = make_firmware(tmp_path / "firmware", boot_py=boot, main_py="")
    with VirtualBoard(tmp_path / "flash", firmware=firmware) as board:
        yield board


def test_an_interpreter_is_copied_once_and_the_board_remembers_which(
    tmp_path: Path, pico: VirtualBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uf2, "_MOUNTS", (str(tmp_path / "media"),))
    shown = drive(tmp_path / "media" / "user", "RPI-RP2")
    image, board = uf2_image(tmp_path, "RP2040"), table("rpi_pico")
    interpreter.put(image, board, pico.console, None)
    assert (shown / uf2.FILE).read_bytes() == image
    assert hashlib.sha256(image).hexdigest() in (pico.flash / interpreter.MARKER).read_text()
    (shown / uf2.FILE).unlink()
    interpreter.put(image, board, pico.console, None)
    assert not (shown / uf2.FILE).exists(), "it was written once more"
    other = image[:40] + b"!" + image[41:]
    interpreter.put(other, board, pico.console, None)
    assert (shown / uf2.FILE).read_bytes() == other


def test_an_interpreter_for_another_board_than_the_connected_one_is_refused(
    tmp_path: Path, pico: VirtualBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uf2, "_MOUNTS", (str(tmp_path),))
    shown = drive(tmp_path, "RP2350")
    with pytest.raises(ToolError, match="rpi_pico2 is Raspberry Pi Pico2"):
        interpreter.put(uf2_image(tmp_path, "rp2350-arm-s"), table("rpi_pico2"), pico.console, None)
    assert not (shown / uf2.FILE).exists()


def esp_image(folder: Path, kind: Any) -> bytes:
    """Return an image as esptool writes it, and see that its own `image_info` reads it."""
    made = kind()
    made.entrypoint = 0x40380000
    made.segments = [
        ELFSection(b"data", 0x3FC90000, b"\x01\x02\x03\x04" * 64, 0),
        ELFSection(b"text", 0x40380000, b"\x05" * 256, 0),
    ]
    made.save(str(folder / "made.bin"))
    with contextlib.redirect_stdout(io.StringIO()):
        cmds.image_info(str(folder / "made.bin"))
    return (folder / "made.bin").read_bytes()


def test_an_esp32_image_of_another_chip_or_with_a_changed_byte_is_rejected(tmp_path: Path) -> None:
    image = esp_image(tmp_path, ESP32S3FirmwareImage)
    esp.check(image + b"\xff" * 4096, "esp32s3")  # MicroPython's file goes on: partitions, application
    with pytest.raises(ToolError, match="is for esp32c3, the board has an esp32s3"):
        esp.check(esp_image(tmp_path, ESP32C3FirmwareImage), "esp32s3")
    with pytest.raises(ToolError, match="not E9"):
        esp.check(PAYLOAD, "esp32s3")
    with pytest.raises(ToolError, match="broken"):
        esp.check(image[:40] + b"\xee" + image[41:], "esp32s3")
    with pytest.raises(ToolError, match="broken"):
        esp.check(image[:100], "esp32s3")


def test_the_calls_of_esptool_are_those_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = mock.create_autospec(cmds)
    found = judged.detect_chip.return_value.__enter__.return_value
    found.CHIP_NAME = "ESP32-S3"
    monkeypatch.setattr(esp, "_tool", lambda: judged)
    esp.write(b"image", "esp32s3", "/dev/ttyACM0")
    given = judged.write_flash.call_args.kwargs
    read = inspect.getsource(cmds.write_flash)
    assert given and all(f'"{name}"' in read for name in given), given
    order = [name for name, _arguments, _options in judged.mock_calls if name.split(".")[0] in dir(cmds)]
    assert order.index("write_flash") < order.index("verify_flash") < order.index("reset_chip")


def test_another_esp32_than_the_boards_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = mock.create_autospec(cmds)
    judged.detect_chip.return_value.__enter__.return_value.CHIP_NAME = "ESP32-C3"
    judged.detect_chip.return_value.__exit__.return_value = None
    monkeypatch.setattr(esp, "_tool", lambda: judged)
    with pytest.raises(ToolError, match="connected is an ESP32-C3"):
        esp.write(b"image", "esp32s3", "/dev/ttyACM0")
    judged.write_flash.assert_not_called()


def test_a_port_without_an_esp32_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="run the same command again|hold BOOT"):
        esp.write(b"image", "esp32s3", str(tmp_path / "ttyACM9"))


def test_an_image_with_another_hash_or_without_a_way_is_refused(tmp_path: Path) -> None:
    image = uf2_image(tmp_path, "RP2040")
    path = tmp_path / "made.uf2"
    assert interpreter.read(path, hashlib.sha256(image).hexdigest().upper(), table("rpi_pico")) == image
    with pytest.raises(ToolError, match="another file"):
        interpreter.read(path, "0" * 64, table("rpi_pico"))
    with pytest.raises(ToolError, match="no way from here"):
        interpreter.read(path, "0" * 64, table("virtual"))
    with pytest.raises(MissingError, match="cannot read"):
        interpreter.read(tmp_path / "none.uf2", "0" * 64, table("rpi_pico"))
