"""The emulated RP2040 of these tests: its MicroPython image, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.chips.firmware_images import RP2, named_image
from hil.chips.rp2040_emulator import check_emulator
from host_tools.errors import MissingError


def image() -> Path:
    """Return the image; without one or without the emulator the test is skipped, and the reason says which."""
    try:
        found = named_image(RP2)
        check_emulator()
    except MissingError as error:
        pytest.skip(str(error))
    return found
