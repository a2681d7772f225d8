"""The board at the end of a cable: which it is, by its own word, and whether that is the wanted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serial.tools import list_ports

from host_tools.cable.staging import Calls
from host_tools.errors import MissingError, ToolError
from host_tools.image import boards as tables
from host_tools.image.boards import Board
from host_tools.image.stamp import FIRMWARE

_VIRTUAL_PLATFORM = "linux"


@dataclass(frozen=True)
class Target:
    """A board that answered and is the wanted one.  row: what it said of itself."""

    board: Board
    row: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.row['machine']}, MicroPython {self.row['interpreter']}"


def identified(calls: Calls, wanted: str = "") -> Target:
    """Return what is connected.  wanted: name of a board; "" for the one whose table fits.

    Errors: ToolError where it is another board or none that is known; nothing has been written then.
    """
    row = calls.call("identify")
    known = tables.boards(FIRMWARE)
    if wanted:
        board = tables.board_named(FIRMWARE, wanted)
        if not _fits(board, row):
            raise ToolError(f"{wanted} is {machine_of(board)}, and connected is {row['machine']}: nothing was written")
        return Target(board, row)
    found = [board for board in known.values() if _fits(board, row)]
    if not found:
        raise ToolError(f"no board's table fits {row['machine']}: nothing was written; docs/porting.md adds a board")
    return Target(found[0], row)


def machine_of(board: Board) -> str:
    """Return what os.uname().machine says of a board."""
    return _VIRTUAL_PLATFORM if board.table is None else str(tables.constant(board, "MACHINE"))


def _fits(board: Board, row: dict[str, Any]) -> bool:
    if board.table is None:
        return bool(row["platform"] == _VIRTUAL_PLATFORM)
    return _plain(row["machine"]) == _plain(machine_of(board))


def _plain(machine: str) -> str:
    return machine.replace("-", "")  # MicroPython wrote ESP32S3 before it wrote ESP32-S3


def port_of_serial(serial: str) -> str:
    """Return the serial port of the USB device with this serial number.  Errors: MissingError, ToolError."""
    found = [port.device for port in list_ports.comports() if port.serial_number == serial]
    if not found:
        raise MissingError(f"no serial port with the USB serial number {serial}; `gridkeel board ports` lists them")
    if len(found) > 1:
        raise ToolError(f"the USB serial number {serial} is at {', '.join(sorted(found))}: give the port")
    return found[0]
