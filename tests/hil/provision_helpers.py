"""Helpers of the tests of provisioning: the command, what a board has afterwards, a connection that is cut."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

import command_line.root
from hil.virtual_board import VirtualBoard
from host_tools.errors import MissingError
from host_tools.micropython.prompt import Session


def run(*words: str) -> Result:
    return CliRunner().invoke(command_line.root.app, ["provision", *words])


def held(flash: Path) -> dict[str, bytes]:
    """Return what a provisioned board has, by path, without its program."""
    return {
        path.relative_to(flash).as_posix(): path.read_bytes()
        for path in sorted(flash.rglob("*"))
        if path.is_file() and path.suffix != ".py"
    }


class Cut:
    """A session whose connection goes before call number `at`; power: and the board's power with it."""

    def __init__(self, session: Session, at: int, board: VirtualBoard | None) -> None:
        self._session = session
        self._left = at
        self._board = board

    def call(self, name: str, *arguments: object, timeout_s: float = 30.0) -> dict[str, Any]:
        if self._left == 0:
            if self._board is not None:
                os.kill(self._board.pid or 0, 9)
            raise MissingError("cut")
        self._left -= 1
        return self._session.call(name, *arguments, timeout_s=timeout_s)
