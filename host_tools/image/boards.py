"""The boards there are tables for, and a user's own: name, chip, clock and room, read from a file of constants.

A table is `firmware/gridkeel/boards/tables/NAME.py`. The builder reads NAME, CHIP and CLOCK_HZ of it, and where they
are there HEAP_BYTES (a chip with memory beside it), FLASH_BYTES, ROMFS_BYTES (what the image's partition holds),
VEHICLE_NETWORK (its file serves a network for vehicles), ENTROPY and KEYS_ON_DEVICE (where random numbers come from,
and whether keys may be made of them); pins and ports are the family's, which reads the same table on the device. A
user's own file may be such a table, or a whole board with a function `make`, as docs/porting.md has it; none of its
code runs on the host.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.errors import MissingError, ToolError
from host_tools.image.chips import Chip, chip_named
from host_tools.image.package import PACKAGE, TABLES

FILES_BYTES = 128 * 1024  # of the flash: settings, keys, journal and what else a board keeps
_VIRTUAL = "virtual"
_VIRTUAL_FILE = "boards/virtual.py"
_MAKES = "make"


@dataclass(frozen=True)
class Board:
    """One board.

    table: its file, None for the virtual board.  own: it is a user's, from beside the firmware.  whole: and makes the
    board itself, without a family's help.  entropy: what its random numbers are drawn from, "" where nothing says it.
    keys_on_device: and whether private keys may be made of them.
    """

    name: str
    chip: Chip
    clock_hz: int
    heap_bytes: int
    flash_bytes: int
    romfs_bytes: int
    vehicle_network: bool
    table: Path | None = None
    own: bool = False
    whole: bool = False
    entropy: str = ""
    keys_on_device: bool = False


def boards(firmware: Path) -> dict[str, Board]:
    """Return every board of a firmware by its name.  Errors: ToolError that names a table and what is wrong in it."""
    own = firmware / PACKAGE / _VIRTUAL_FILE
    said = dict(_constants(_parsed(own))) if own.is_file() else {}
    found = {_VIRTUAL: _board(None, {**said, "NAME": _VIRTUAL, "CHIP": "unix-x64"})}
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
    tree = _parsed(path)
    whole = any(isinstance(node, ast.FunctionDef) and node.name == _MAKES for node in tree.body)
    return _board(path, dict(_constants(tree)), own, whole)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ToolError(f"{path} is no Python: {error}") from None


def constant(board: Board, name: str) -> Any:
    """Return a constant of a board's table, None where that has none of this name."""
    assert board.table is not None
    return dict(_constants(ast.parse(board.table.read_text(encoding="utf-8")))).get(name)


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Yield the names at a file's top that are bound to a literal."""
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                with contextlib.suppress(ValueError):
                    yield name, ast.literal_eval(value)


def _board(path: Path | None, table: dict[str, Any], own: bool = False, whole: bool = False) -> Board:
    def value(name: str, kind: type, default: Any = None) -> Any:
        given = table.get(name, default)
        if type(given) is not kind or given == "" or (isinstance(given, int) and kind is int and given <= 0):
            what = {int: "a positive integer", str: "a text", bool: "True or False"}[kind]
            raise ToolError(f"{path}: {name} must be {what}, it is {given!r}")
        return given

    name = value("NAME", str)
    try:
        chip = chip_named(value("CHIP", str))
    except ToolError as error:
        raise ToolError(f"{path}: CHIP: {error}") from None
    flash_bytes = value("FLASH_BYTES", int, chip.flash_bytes)
    entropy = value("ENTROPY", str, "") if "ENTROPY" in table else ""
    room = max(flash_bytes - chip.interpreter_bytes - FILES_BYTES, 1)
    return Board(
        name,
        chip,
        clock_hz=value("CLOCK_HZ", int, chip.clock_hz),
        heap_bytes=value("HEAP_BYTES", int, chip.heap_bytes),
        flash_bytes=flash_bytes,
        romfs_bytes=value("ROMFS_BYTES", int, room),
        vehicle_network=value("VEHICLE_NETWORK", bool, whole or path is None),
        entropy=entropy,
        keys_on_device=value("KEYS_ON_DEVICE", bool, False),
        table=path,
        own=own,
        whole=whole,
    )
