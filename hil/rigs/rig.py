"""A rig: which board, on which ports, at which speeds, from a rig file; `open` puts it together with its plants."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from pathlib import Path

from gridkeel.params import Parameters
from hil.rigs.board_setup import BoardSetup
from hil.rigs.openings import OPENINGS, OpenRig
from hil.rigs.plants import Plants
from hil.virtual_board.flash import DEVICE_ID_RULE, is_device_id
from hil.virtual_board.shared_host import on_shared_host
from host_tools.errors import MissingError, ToolError
from host_tools.micropython.interpreter import HEAP_BYTES

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Rig:
    """What a controller runs on.

    device_id: "" for the one its flash has.
    kind: lockstep (virtual board, virtual time), realtime (virtual board, its own clock), serial (a real board).
    compute_us: time a board's processor needs from a block's last sample to its bytes, charged in lock step.
    rom: the firmware runs compiled from an execute-in-place flash instead of from source in the heap.
    parameters: what this rig needs set otherwise than the default.
    firmware: folder of the program to flash, where it is not this checkout's own.
    rs485, host: serial ports of a real board; its mains come from a source of its own.
    """

    name: str
    kind: str
    device_id: str = "bench-1"
    heap_bytes: int = HEAP_BYTES
    rom: bool = False
    compute_us: int = 3000
    host_baud: int = 460800
    parameters: dict[str, int] = field(default_factory=dict)
    firmware: str = ""
    rs485: str = ""
    host: str = ""

    def parameters_with(self, changes: Mapping[str, int]) -> Parameters:
        """Return a board's parameters: defaults, then this rig's own, then the changes."""
        given = {**self.parameters, **changes}
        return Parameters(on_shared_host(given) if self.kind == "realtime" else given)

    def open(self, plants: Plants, setup: BoardSetup) -> AbstractContextManager[OpenRig]:
        """Bring the board up with its plants connected; the end of the block powers it down.

        Nothing moves the plants yet: a run of this package does, or `PlantServer`.
        """
        return OPENINGS[self.kind](self, plants, setup)


def load(name: str) -> Rig:
    """Read a rig by name or path.  Errors: ToolError with the file and what is wrong in it."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise MissingError(f"no rig {name!r}: one of {known}, or a path to a .toml file")
    try:
        data = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ToolError(f"{path}: {error}") from error
    known_keys = {f.name for f in fields(Rig)} - {"name"}
    for key in data:
        if key not in known_keys:
            raise ToolError(f"{path}: unknown key {key!r}, known are {', '.join(sorted(known_keys))}")
    rig = Rig(name=path.stem, **data)
    if rig.kind not in OPENINGS:
        raise ToolError(f"{path}: kind {rig.kind!r} is none of {', '.join(OPENINGS)}")
    if not is_device_id(rig.device_id):
        raise ToolError(f"{path}: device_id {rig.device_id!r} is invalid: {DEVICE_ID_RULE}")
    if rig.kind == "serial" and not (rig.rs485 and rig.host):
        raise ToolError(f"{path}: a serial rig names its rs485 and host ports")
    return rig
