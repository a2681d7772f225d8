"""Command words on the standard input of `gridkeel board run`: what the virtual vehicle at its connector does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from host_tools.errors import ToolError

if TYPE_CHECKING:
    from hil.plants.connector import ConnectorPlant

WORDS = ("plug", "unplug", "want", "leave", "basic", "session", "status")  # what each does: `board run --help`
_READ_BYTES = 4096
_LINE_BYTES = 256  # a longer line is no word; what comes in is bounded

Say = Callable[[str], None]


@contextlib.contextmanager
def listening(connector: ConnectorPlant | None, say: Say) -> Iterator[None]:
    """Carry out the words of standard input for as long as the block runs, inside a running event loop.

    say: takes what came of each.
    """
    fd = _standard_input()
    if fd is None:
        yield
        return
    loop = asyncio.get_running_loop()
    reader = _Lines(lambda line: say(carry_out(line, connector)))

    def arrived() -> None:
        if not reader.read(fd):
            loop.remove_reader(fd)

    # A program in a terminal's background gets an error where it reads, and is not stopped by it.
    before = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        loop.add_reader(fd, arrived)
    except PermissionError:  # a file: all of it is there
        while reader.read(fd):
            pass
    try:
        yield
    finally:
        loop.remove_reader(fd)
        signal.signal(signal.SIGTTIN, before)


def carry_out(line: str, connector: ConnectorPlant | None) -> str:
    """Let the vehicle do what a line says; return what to report of it."""
    word = line.strip()
    if connector is None:
        return "there is no virtual vehicle: --param evse=1 or evse=2 makes a connector for one"
    if word == "status":
        return connector.status
    if word in ("basic", "session"):
        connector.vehicle.basic = word == "basic"
        return word
    try:
        connector.do(word)
    except ToolError:
        return f"unknown word {word!r}; there are {', '.join(WORDS)}, and for faults {_faults(connector)}"
    return word


def _faults(connector: ConnectorPlant) -> str:
    return ", ".join(word for word in connector.words if word not in WORDS)


class _Lines:
    """Cuts what is read into lines."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = b""

    def read(self, fd: int) -> bool:
        """Read what is there; return False at the end of it."""
        try:
            data = os.read(fd, _READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_LINE_BYTES] if data else b""
        for line in lines if data else [*lines, rest]:
            if line.strip():
                self._take(line[:_LINE_BYTES].decode(errors="replace"))
        return bool(data)


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none there, or one that is no file
        return None
