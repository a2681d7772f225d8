"""The boards there are tables for, and a user's own: name, chip, clock and room, read from a file of constants.

A table is `firmware/gridkeel/boards/tables/NAME.py`. The builder reads NAME, CHIP and CLOCK_HZ of it, and where they
are there HEAP_BYTES (a chip with memory beside it), FLASH_BYTES and ROMFS_BYTES (what the image's partition holds);
pins and ports are the family's, which reads the same table on the device.
"""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.errors import MissingError, ToolError
from host_tools.image.chips import Chip, chip_named
from host_tools.image.package import PACKAGE, TABLES

FILES_BYTES = 128 * 1024  # of the flash: settings, keys, journal and what else a board keeps
_VIRTUAL = "virtual"


@dataclass(frozen=True)
class Board:
    """One board.  table: its file, None for the virtual board; own: it is a user's, from beside the firmware."""

    name: str
    chip: Chip
    clock_hz: int
    heap_bytes: int
    flash_bytes: int
    romfs_bytes: int
    table: Path | None = None
    own: bool = False


def boards(firmware: Path) -> dict[str, Board]:
    """Return every board of a firmware by its name.  Errors: ToolError that names a table and what is wrong in it."""
    found = {_VIRTUAL: _board(None, {"NAME": _VIRTUAL, "CHIP": "unix-x64"})}
    for path in sorted((firmware / PACKAGE / TABLES).glob("*.py")):
        if path.stem != "__init__":
            board = read(path)
            if board.name != path.stem:
                raise ToolError(f"{path}: NAME is {board.name!r}, the file's name is {path.stem!r}: make them the same")
            found[board.name] = board
    return found


def board_named(firmware: Path, name: str) -> Board:
    """Return a board.  Errors: ToolError that lists the known ones."""
    known = boards(firmware)
    if name not in known:
        raise ToolError(f"unknown board {name!r}: {', '.join(known)}; a file of your own is --board-file FILE")
    return known[name]


def read(path: Path, *, own: bool = False) -> Board:
    """Return the board that a file describes.  Errors: MissingError without the file, ToolError with what is wrong."""
    if not path.is_file():
        raise MissingError(f"cannot read {path}: no such board file")
    if not path.stem.isidentifier():
        raise ToolError(f"{path}: {path.stem!r} cannot be a module's name; use letters, digits and _")
    try:
        table = runpy.run_path(str(path))
    except Exception as error:  # whatever a user's file raises
        raise ToolError(f"{path}: a board file is read on the host and must hold constants: {error!r}") from None
    return _board(path, table, own)


def _board(path: Path | None, table: dict[str, Any], own: bool = False) -> Board:
    def value(name: str, kind: type, default: Any = None) -> Any:
        given = table.get(name, default)
        if type(given) is not kind or (kind is int and given <= 0) or given == "":
            what = "a positive integer" if kind is int else "a text"
            raise ToolError(f"{path}: {name} must be {what}, it is {given!r}")
        return given

    name = value("NAME", str)
    try:
        chip = chip_named(value("CHIP", str))
    except ToolError as error:
        raise ToolError(f"{path}: CHIP: {error}") from None
    flash_bytes = value("FLASH_BYTES", int, chip.flash_bytes)
    room = max(flash_bytes - chip.interpreter_bytes - FILES_BYTES, 1)
    return Board(
        name,
        chip,
        clock_hz=value("CLOCK_HZ", int, chip.clock_hz),
        heap_bytes=value("HEAP_BYTES", int, chip.heap_bytes),
        flash_bytes=flash_bytes,
        romfs_bytes=value("ROMFS_BYTES", int, room),
        table=path,
        own=own,
    )
