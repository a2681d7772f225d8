"""Which pin table belongs to the chip this program runs on."""

import os

from gridkeel import TYPE_CHECKING
from gridkeel.boards.tables import BOARDS

if TYPE_CHECKING:
    from types import ModuleType


def table(platform: str, built_for: str) -> "ModuleType":
    """Return the table the image was built for, where its chip is this one; without that, the stock board's.

    Errors: RuntimeError, with what was found.
    """
    machine = os.uname().machine
    plain = machine.replace("-", "")  # MicroPython wrote ESP32S3 before it wrote ESP32-S3
    if built_for:
        found = load(built_for)
        if not plain.endswith("with " + found.CHIP):
            raise RuntimeError("this image is for %s (%s), and this is %s" % (built_for, found.CHIP, machine))
        return found
    for name in BOARDS.get(platform, ()):
        found = load(name)
        if plain == found.MACHINE.replace("-", ""):
            return found
    raise RuntimeError(
        "no pin table for %s (platform %s): add one to gridkeel/boards/tables, see docs/porting.md"
        % (machine, platform)
    )


def load(name: str) -> "ModuleType":
    """Return a table by its name.  Errors: RuntimeError where there is none."""
    try:
        return __import__("gridkeel.boards.tables." + name, None, None, ("NAME",))
    except ImportError:
        raise RuntimeError("no pin table %r in gridkeel/boards/tables" % name)
