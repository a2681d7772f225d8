"""The emulated Cortex-M7 of these tests: its MicroPython image, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.chips import qemu
from hil.chips.firmware_images import QEMU, named_image
from host_tools.errors import MissingError


def image() -> Path:
    """Return the image; without one or without QEMU the test is skipped, and the reason says what is missing."""
    try:
        found = named_image(QEMU)
        qemu.find_qemu()
    except MissingError as error:
        pytest.skip(str(error))
    return found
