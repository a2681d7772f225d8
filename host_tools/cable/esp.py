"""An interpreter's image onto an ESP32 by esptool as a library, and the checks of its header before it."""

from __future__ import annotations

import contextlib
import io
from types import ModuleType
from typing import Any

from host_tools.errors import MissingError, ToolError

BAUD = 460800
OFFSET = 0  # of a whole image, bootloader included, on the chips that boards have tables for
_MAGIC = 0xE9
_CHIP_ID_AT = 12  # two octets of the header
_HEADER_BYTES = 24
CHIP_IDS = {"esp32s3": 9, "esp32c3": 5, "esp32c6": 13}


def check(image: bytes, chip: str) -> None:
    """Errors: ToolError where an image is not for this chip, or esptool finds its parts or its checksum wrong."""
    if len(image) < _HEADER_BYTES or image[0] != _MAGIC:
        raise ToolError("no image of an ESP32: its first byte is not E9; take the .bin of MicroPython's download page")
    found = int.from_bytes(image[_CHIP_ID_AT : _CHIP_ID_AT + 2], "little")
    if found != CHIP_IDS[chip]:
        names = {number: name for name, number in CHIP_IDS.items()}
        raise ToolError(f"the image is for {names.get(found, f'chip {found}')}, the board has an {chip}")
    _tool()
    from esptool.bin_image import LoadFirmwareImage
    from esptool.util import FatalError

    try:
        loaded = LoadFirmwareImage(chip, image)
        loaded.verify()
        sound = loaded.checksum == loaded.calculate_checksum()
    except FatalError as error:
        raise ToolError(f"the image is broken: {error}") from None
    if not sound:
        raise ToolError("the image is broken: the checksum of its bootloader does not fit")


def write(image: bytes, chip: str, port: str) -> None:
    """Write an image to the chip at a port and read it back; a cut is completed by once more.

    Errors: ToolError where another chip is there, before anything is written; MissingError where none answers.
    """
    cmds = _tool()
    from esptool.util import FatalError

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), cmds.detect_chip(port) as found:
            _check_chip(found, chip)
            stub = cmds.run_stub(found)
            stub.change_baud(BAUD)
            cmds.attach_flash(stub)
            cmds.write_flash(stub, [(OFFSET, image)], erase_all=False, compress=True)
            cmds.verify_flash(stub, [(OFFSET, image)])
            cmds.reset_chip(stub, "hard-reset")
    except FatalError as error:
        raise MissingError(
            f"{port}: {error}; hold BOOT while you press RESET, and run the same command again"
        ) from None
    except OSError as error:
        raise MissingError(f"{port}: {error}; run the same command again, it writes the whole image anew") from None


def _check_chip(found: Any, chip: str) -> None:
    name = found.CHIP_NAME.replace("-", "").lower()
    if name != chip:
        raise ToolError(f"connected is an {found.CHIP_NAME}, the board has an {chip}: nothing was written")


def _tool() -> ModuleType:
    try:
        from esptool import cmds
    except ImportError:
        raise MissingError(
            "an ESP32's interpreter is written by esptool, which is not installed: pip install 'gridkeel[flash]'"
        ) from None
    module: ModuleType = cmds
    return module
