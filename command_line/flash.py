"""`gridkeel flash`: from an empty chip to a running controller."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.options import JsonOutcome
from host_tools.errors import MissingError, ToolError
from host_tools.files import check_writable, is_stdout, write_atomic

WATCH_S = 4.0  # what cannot be imported has failed by then

if TYPE_CHECKING:
    from host_tools.cable.flash import Flashed
    from host_tools.image.boards import Board
    from host_tools.image.build import Build


def command(
    board: Annotated[str, typer.Option(metavar="NAME", help="Board, as `firmware boards` lists it.")],
    port: Annotated[
        str, typer.Option(metavar="PORT", help="Its console; without: the one port whose USB id fits the chip.")
    ] = "",
    interpreter: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Put this MicroPython on the chip first: .uf2 for RP2, .bin for ESP32."),
    ] = None,
    sha256: Annotated[str, typer.Option(metavar="HEX", help="The SHA-256 that --interpreter must have.")] = "",
    drive: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The drive of an RP2 in BOOTSEL mode, where it is not found.")
    ] = None,
    no_watch: Annotated[
        bool, typer.Option("--no-watch", help="Do not listen to its console while it starts afterwards.")
    ] = False,
    json_file: JsonOutcome = None,
) -> None:
    """Put interpreter and firmware on a board, up to a running controller; what was cut is completed by once more.

    Example: gridkeel flash --board rpi_pico --port /dev/ttyACM0
    """
    from host_tools.cable import interpreter as interpreters
    from host_tools.cable import ports, started
    from host_tools.image.boards import board_named
    from host_tools.image.stamp import FIRMWARE

    check_writable(json_file)
    wanted = board_named(FIRMWARE, board)
    if (interpreter is None) != (not sha256):
        raise ToolError("give --interpreter FILE and --sha256 HEX together: its maker publishes both")
    if drive is not None and interpreter is None:
        raise ToolError("--drive DIR belongs to --interpreter FILE")
    if interpreter is not None:
        image = interpreters.read(interpreter, sha256, wanted)
        interpreters.put(image, wanted, port, drive)
    console = port or ports.only(wanted.chip.family)
    done = _flash(console, wanted)
    if not no_watch:
        started.watch(console, WATCH_S)
    _show(console, done, json_file)


def _flash(port: str, board: Board) -> Flashed:
    from host_tools.cable.flash import SCRIPTS_ON_BOARD, flash
    from host_tools.cable.progress import on_terminal
    from host_tools.cable.staging import again
    from host_tools.micropython.prompt import Session

    with Session(port, *SCRIPTS_ON_BOARD, fresh=True) as session:
        try:
            done = flash(session, board.name, _built, on_terminal(port, sys.stderr))
        except MissingError as error:
            raise again(error) from None
        session.reset()
        return done


def _built(board: Board) -> Build:
    from host_tools.image import build as builder

    return builder.build(board)


def _show(port: str, done: Flashed, json_file: Path | None) -> None:
    from host_tools.screen import Screen

    row: dict[str, Any] = {
        "port": port,
        "board": done.target.board.name,
        "machine": str(done.target),
        "version": done.version,
        "place": done.place,
        "result": "flashed" if done.changed else "complete already",
        "note": done.note,
    }
    if json_file is not None:
        write_atomic(json_file, json.dumps(row, indent=1) + "\n")
    if is_stdout(json_file):
        return
    if done.note:
        print(f"note: {done.note}", file=sys.stderr)
    Screen().result(f"{port}: {row['machine']}: {row['result']}, version {done.version}, {done.place}")
