"""Flashing of a board that has an interpreter: the built firmware into a slot, or onto its file system."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host_tools.cable import staging, target
from host_tools.cable.staging import CALL_S, Calls, Plan, Progress, digest
from host_tools.cable.target import Target
from host_tools.errors import ToolError
from host_tools.image import compiler
from host_tools.image.boards import Board
from host_tools.image.build import Build
from host_tools.image.fixed import fixed_files
from host_tools.image.package import PACKAGE
from host_tools.image.stamp import FIRMWARE, SCRIPTS

SCRIPTS_ON_BOARD = (staging.SCRIPT, Path(__file__).with_name("slot_guest.py"))
MARKER = "flashed.json"
TOOL = "flash_tool"
TOOL_MODULES = (
    *("__init__", "errors", "update/__init__", "update/selector", "update/refusals", "update/slots"),
    *("boards/__init__", "boards/area"),
)
PIECE_BYTES = 4096  # whole pages; the heap is nearly empty
ERASE_BLOCKS = 8  # a call: under 4 s with the slowest flash
VERSION_BYTES = 32
SLOT, FILES = "slot", "files"


@dataclass(frozen=True)
class Flashed:
    """What became of a board.  place: SLOT or FILES.  changed: anything was written.  note: why not in a slot."""

    target: Target
    version: str
    place: str
    changed: bool
    note: str


def flash(calls: Calls, wanted: str, built: Callable[[Board], Build], progress: Progress | None = None) -> Flashed:
    """Put the firmware on the board at the end of a cable; once more is no change.

    wanted: its name.  built: makes the image, once the board is known to be the right one.
    Errors: ToolError where it is another board (before anything is written) or does not hold what was written;
    MissingError where the connection is cut.
    """
    found = target.identified(calls, wanted)
    made = built(found.board)
    room = _room(calls, found.board)
    if room >= len(made.image):
        changed = _into_slot(calls, made, progress)
        place, note = SLOT, ""
    else:
        changed = bool(staging.apply(calls, _plan(made, FILES), progress))
        place = FILES
        note = f"its ROMFS segment takes images of {room:,} bytes" if room else "the interpreter has no ROMFS segment"
    calls.call("remove", TOOL)
    return Flashed(
        found,
        made.manifest["version"],
        place,
        changed,
        note and f"{note}: without slots, so without updates in the field",
    )


def _room(calls: Calls, board: Board) -> int:
    """Put the code for slots on the board and return how large an image may be, 0 without a segment."""
    texts = {f"{PACKAGE}/{name}.py": (FIRMWARE / PACKAGE / f"{name}.py").read_text("utf-8") for name in TOOL_MODULES}
    staging.apply(calls, Plan(f"{TOOL}.json", {}, {TOOL: compiler.compiled(texts, board.chip)}))
    calls.call("remove", f"{TOOL}.json")
    return int(calls.call("tool", TOOL)["room"])


def _plan(made: Build, place: str) -> Plan:
    files = {name: made.files[name] for name in SCRIPTS}
    files |= fixed_files(FIRMWARE)
    about = {"board": made.board.name, "version": made.manifest["version"], "image": digest(made.image), "in": place}
    if place == SLOT:
        return Plan(MARKER, files, about=about)
    prefix = f"{PACKAGE}/"
    return Plan(
        MARKER, files, {PACKAGE: {path.removeprefix(prefix): data for path, data in made.modules.items()}}, about
    )


def _into_slot(calls: Calls, made: Build, progress: Progress | None) -> bool:
    image = made.image
    state = calls.call("begin", len(image), digest(image))
    if not state["judged"]:
        calls.call("remove", MARKER)
        if not state["resumed"]:
            while calls.call("erase", ERASE_BLOCKS, timeout_s=CALL_S)["more"]:
                pass
        for at in range(state["written"], len(image), PIECE_BYTES):
            piece = image[at : at + PIECE_BYTES]
            calls.call("write", at, base64.b64encode(piece).decode())
            if progress:
                progress(f"slot {state['slot']}", at + len(piece), len(image))
        calls.call("finish", made.manifest["version"][:VERSION_BYTES], timeout_s=CALL_S)
        if not calls.call("begin", len(image), digest(image))["judged"]:
            raise ToolError("the slot was read back otherwise than written; `gridkeel rig check` tries the flash")
    if calls.call("tree", PACKAGE)["files"]:
        calls.call("remove", PACKAGE)  # an older program, which would run where no slot can
    placed = staging.apply(calls, _plan(made, SLOT), progress)
    return bool(placed) or not state["judged"]
