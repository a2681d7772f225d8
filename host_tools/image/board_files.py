"""Puts a board's own files into the package: the name of its table, or a user's file in the place of one."""

from __future__ import annotations

from collections.abc import Mapping

from host_tools.errors import ToolError
from host_tools.image.boards import Board
from host_tools.image.package import BOARDS, PACKAGE, TABLES

_NONE = 'BOARD = ""'
_NAMED = 'BOARD = "{}"'
_CHOOSER = f"{PACKAGE}/boards/__init__.py"
_WHOLE = '''"""Boards: the one that this image was built for."""

from {package} import {module}


def this_board():
    """Return the board this program runs on."""
    return {module}.make()
'''


def texts(board: Board, package: Mapping[str, str]) -> dict[str, str]:
    """Return {path in the image: text} of what a board changes in the package.  Errors: ToolError."""
    if board.table is None:
        return {}
    if not board.whole and f"{PACKAGE}/boards/{board.chip.family}.py" not in package:
        raise ToolError(f"{board.name}: the firmware has no boards/{board.chip.family}.py, which drives its chip")
    if not board.own:
        return _named(board, package)
    if board.whole:
        path = f"{PACKAGE}/boards/{board.table.stem}.py"
        made = {path: _read(board), _CHOOSER: _WHOLE.format(package=BOARDS, module=board.table.stem)}
    else:
        if not board.name.isidentifier():
            raise ToolError(
                f"{board.table}: NAME = {board.name!r} cannot be a module's name; use letters, digits and _"
            )
        path = f"{PACKAGE}/{TABLES}/{board.name}.py"
        made = {path: _read(board), **_named(board, package)}
    if path in package:
        raise ToolError(f"{board.table}: the firmware has {path} already; give the board a name of its own")
    return made


def _named(board: Board, package: Mapping[str, str]) -> dict[str, str]:
    """Return the package's own file with the table's name in it."""
    path = f"{PACKAGE}/__init__.py"
    if _NONE not in package[path]:
        raise ToolError(f"{path} has no line {_NONE}: this firmware cannot be told its board")
    return {path: package[path].replace(_NONE, _NAMED.format(board.name))}


def _read(board: Board) -> str:
    assert board.table is not None
    return board.table.read_text(encoding="utf-8")
