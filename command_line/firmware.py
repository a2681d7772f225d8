"""`gridkeel firmware`: the boards there are, and the image of one or of all of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.command import Command, Group
from command_line.options import JsonFile, Quiet
from command_line.update_files import read_release_file
from host_tools.errors import ToolError
from host_tools.files import check_folder, check_writable, is_stdout, write_atomic

if TYPE_CHECKING:
    from host_tools.image.boards import Board
    from host_tools.image.build import Build

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Build the firmware's image for a board.",
    rich_markup_mode=None,
    add_completion=False,
)
_ALL = "all"


@app.command(cls=Command)
def build(
    board: Annotated[str, typer.Option(metavar="NAME", help="Board, as `firmware boards` lists it; all: each.")] = "",
    board_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A board file of your own, folded into the image.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The files go into DIR/BOARD.")] = Path("out/firmware"),
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Parameters of the board, TOML or config.json: checked, and put beside the image."
        ),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A script that will lie beside the image: what it asks for stays in it."),
    ] = None,
    after: Annotated[
        Path | None,
        typer.Option(
            metavar="IMAGE", help="Image that controllers run: places in it are kept, so a delta writes little."
        ),
    ] = None,
    quiet: Quiet = False,
    json_file: JsonFile = None,
) -> None:
    """Build a board's image: its files for a flash tool, sizes, and a bill of materials.

    Example: gridkeel firmware build --board virtual --out out/firmware
    """
    from hil.config import load_parameters
    from host_tools.image import build as builder
    from host_tools.image.stamp import FIRMWARE

    if after is not None and board == _ALL:
        raise ToolError("--after names one image, which is of one board: name the board")
    check_folder(out)
    check_writable(json_file)
    earlier = None if after is None else read_release_file(after)
    parameters = None if config is None else load_parameters(config, [])
    done, refused = [], []
    for one in _chosen(board, board_file):
        try:
            built = builder.build(one, parameters, firmware=FIRMWARE, users=beside or (), after=earlier)
        except ToolError as error:
            if board != _ALL:
                raise
            refused.append(str(error))
            continue
        builder.write(built, out)
        if built.note:
            print(f"note: not with the default parameters: {built.note}", file=sys.stderr)
        done.append(built)
    if json_file is not None:
        write_atomic(json_file, json.dumps([_row(built) for built in done], indent=1) + "\n")
    if not is_stdout(json_file) and done:
        _show(done, out, quiet)
    if refused:
        raise ToolError("; ".join(refused))


@app.command(cls=Command)
def boards(json_file: JsonFile = None) -> None:
    """List the boards with chip, clock, room, and what each can carry."""
    from host_tools.image import boards as tables
    from host_tools.image.stamp import FIRMWARE

    check_writable(json_file)
    rows = [_board_row(board) for board in tables.boards(FIRMWARE).values()]
    if json_file is not None:
        write_atomic(json_file, json.dumps(rows, indent=1) + "\n")
    if is_stdout(json_file):
        return
    from rich.table import Table

    from host_tools.screen import Screen

    table = Table(
        "board", "chip", "core", "clock", "heap", "room", "carries", "and not", title="Boards", title_justify="left"
    )
    for row in rows:
        refused = "; ".join(f"{mode}: {why}" for mode, why in row["refused"].items())
        table.add_row(
            row["board"],
            row["chip"],
            row["core"],
            f"{row['clock_hz'] / 1e6:.0f} MHz",
            f"{row['heap_bytes']:,}",
            f"{row['image_room_bytes']:,}",
            ", ".join(row["carries"]) or "-",
            refused or "-",
        )
    Screen().table(table)


def _chosen(name: str, board_file: Path | None) -> list[Board]:
    from host_tools.image import boards as tables
    from host_tools.image.stamp import FIRMWARE

    if (not name) == (board_file is None):
        raise ToolError("give either --board NAME or --board-file FILE; `gridkeel firmware boards` lists the names")
    if board_file is not None:
        return [tables.read(board_file, own=True)]
    return list(tables.boards(FIRMWARE).values()) if name == _ALL else [tables.board_named(FIRMWARE, name)]


def _board_row(board: Board) -> dict[str, Any]:
    from host_tools.image import capability

    refused = capability.refusals(board)
    return {
        "board": board.name,
        "chip": board.chip.name,
        "core": board.chip.core,
        "march": board.chip.march,
        "floats": board.chip.floats,
        "clock_hz": board.clock_hz,
        "heap_bytes": board.heap_bytes,
        "heap_source": board.chip.heap_source,
        "flash_bytes": board.flash_bytes,
        "image_room_bytes": board.romfs_bytes,
        "carries": [words for words, why in refused.items() if not why],
        "refused": {words: why for words, why in refused.items() if why},
    }


def _row(built: Build) -> dict[str, Any]:
    board = built.board
    return {
        **built.manifest,
        "parts": built.parts,
        "image_bytes": len(built.image),
        "image_room_bytes": board.romfs_bytes,
        "heap_bytes": board.heap_bytes,
        "heap_required_bytes": built.heap_required,
    }


def _show(done: list[Build], out: Path, quiet: bool) -> None:
    from rich.table import Table

    from host_tools.screen import Screen

    screen = Screen(quiet)
    table = Table("part", *(built.board.name for built in done), title="Bytes of flash", title_justify="left")
    for part in sorted({part for built in done for part in built.parts}):
        table.add_row(part, *(f"{built.parts.get(part, 0):,}" for built in done))
    table.add_row("whole image", *(f"{len(built.image):,}" for built in done))
    table.add_row("room for it", *(f"{built.board.romfs_bytes:,}" for built in done))
    table.add_row("heap required", *(f"{built.heap_required:,}" for built in done))
    table.add_row("heap there is", *(f"{built.board.heap_bytes:,}" for built in done))
    screen.table(table)
    if len(done) > 1:
        for built in done:
            screen.say(_line(built, out))
    screen.result(_line(done[0], out) if len(done) == 1 else f"{out}: {len(done)} images")


def _line(built: Build, out: Path) -> str:
    board, files = built.board, built.manifest["files"]
    twice = "" if 2 * len(built.image) <= board.romfs_bytes else "; two of them do not fit"
    return (
        f"{out / board.name}: {len(built.image):,} bytes for {board.chip.name} ({board.chip.march}), version "
        f"{built.manifest['version']}, sha256 {files['gridkeel.romfs']['sha256'][:16]}{twice}"
    )
