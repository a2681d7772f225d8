"""The emulated Cortex-M7 of these tests: its MicroPython image, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.chips import qemu
from hil.chips.firmware_images import QEMU, named_image
from hil.chips.flash_image import flash_image
from host_tools.errors import MissingError

DEVICE = Path(__file__).parents[1] / "device"


def image() -> Path:
    """Return the image; without one or without QEMU the test is skipped, and the reason says what is missing."""
    try:
        found = named_image(QEMU)
        qemu.find_qemu()
    except MissingError as error:
        pytest.skip(str(error))
    return found


def device_flash(*, folded: bool) -> bytes:
    """Return a flash image of the firmware and every device test."""
    scripts = [path for path in DEVICE.glob("*.py") if path.name != "test_on_micropython.py"]
    return flash_image(qemu.CHIP, scripts, folded=folded)
