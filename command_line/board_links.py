"""Option `--links DIR` of `gridkeel board run`: the board's ports under names that stay the same from run to run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.errors import MissingError, ToolError

if TYPE_CHECKING:
    from hil.virtual_board import VirtualBoard


@contextlib.contextmanager
def linked(folder: Path | None, board: VirtualBoard) -> Iterator[None]:
    """Keep symbolic links to the ports in a folder while the board is up; what else is there stays.

    Errors: MissingError where the folder cannot be used, ToolError where what is no link has one of the names.
    """
    if folder is None:
        yield
        return
    ports = {"console": board.console, "rs485": board.rs485, "host": board.host}
    try:
        _link_all(folder, ports)
        yield
    finally:
        for name, path in ports.items():
            with contextlib.suppress(OSError):
                if os.readlink(folder / name) == path:  # another board may have taken the place
                    os.unlink(folder / name)


def _link_all(folder: Path, ports: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in ports.items():
            _link(folder / name, path)
    except OSError as error:
        raise MissingError(f"--links {folder}: {error.strerror}") from None


def _link(link: Path, path: str) -> None:
    """Make or move a link in one step: whoever waits for it never finds half of it."""
    if link.exists() and not link.is_symlink():
        raise ToolError(f"--links: {link} is there and is no link; name another folder")
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.symlink_to(path)
    os.replace(fresh, link)
