"""Files of a board, changed all or not at all: staged beside the old ones, read back by hash, then put in place."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from host_tools.errors import MissingError, ToolError

SCRIPT = Path(__file__).with_name("files_guest.py")
FRESH = ".new"
OLD = ".old"
PIECE_BYTES = 1536  # a script of 2 kB: what a chip with little heap compiles
CALL_S = 30.0

Progress = Callable[[str, int, int], None]  # name, octets done, octets in all


class Calls(Protocol):
    """What is needed of a board."""

    def call(self, name: str, *arguments: object, timeout_s: float = CALL_S) -> dict[str, Any]:
        """Run a function of the script and return its row.  Errors: BoardError, MissingError."""


@dataclass(frozen=True)
class Held:
    """Octets that a board has in another file, and copies itself: they never travel."""

    name: str
    sha256: str


Octets = bytes | Held
Folder = Mapping[str, Octets]


@dataclass(frozen=True)
class Plan:
    """What a board is to hold.

    marker: the file that says what was done, written last.  files: {name: octets}.  folders: {name: {path: octets}},
    each replaced whole: what it holds besides goes.  about: what the marker says beside the hashes.
    """

    marker: str
    files: Mapping[str, bytes]
    folders: Mapping[str, Folder] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> bytes:
        """The marker's content."""
        hashes = {name: digest(data) for name, data in sorted(self.files.items())}
        for name, files in sorted(self.folders.items()):
            hashes |= {f"{name}/{path}": digest(data) for path, data in sorted(files.items())}
        return (json.dumps({**self.about, "sha256": hashes}, sort_keys=True) + "\n").encode()


def digest(data: Octets) -> str:
    return data.sha256 if isinstance(data, Held) else hashlib.sha256(data).hexdigest()


def apply(board: Calls, plan: Plan, progress: Progress | None = None) -> list[str]:
    """Make a board hold what the plan says; return the names that were not right before.

    Until all of it is on the board and read back, nothing there changes. What an earlier run staged is not sent again.
    Errors: MissingError where the board stops answering, ToolError where it does not hold what was written.
    """
    files, folders = differing(board, plan)
    marked = _digests(board, [plan.marker])[plan.marker] == digest(plan.mark)
    if not files and not folders and marked:
        return []
    for name in files:
        _stage(board, name + FRESH, plan.files[name], progress)
    for name in folders:
        _stage_folder(board, name + FRESH, plan.folders[name], progress)
    board.call("place", plan.marker, files, folders)
    wrong = [name for names in differing(board, plan) for name in names]
    if wrong:
        raise _otherwise(", ".join(wrong))
    for name in plan.folders:
        board.call("remove", name + OLD)  # of a cut behind the renames: old keys must not stay
    write_one(board, plan.marker, plan.mark)
    if _digests(board, [plan.marker])[plan.marker] != digest(plan.mark):
        raise _otherwise(plan.marker)
    return [*files, *folders] or [plan.marker]


def write_one(board: Calls, name: str, data: bytes) -> None:
    """Replace one file that stands for itself."""
    _stage(board, name + FRESH, data, None)
    board.call("place", name, [name], [])


def differing(board: Calls, plan: Plan) -> tuple[list[str], list[str]]:
    """Return the plan's files and folders that the board does not hold as they should be."""
    held = _digests(board, list(plan.files))
    files = [name for name, data in plan.files.items() if held[name] != digest(data)]
    folders = [
        name
        for name, wanted in plan.folders.items()
        if board.call("tree", name)["files"] != {path: digest(data) for path, data in wanted.items()}
    ]
    return files, folders


def _digests(board: Calls, names: list[str]) -> dict[str, str]:
    return dict(zip(names, board.call("digests", names)["digests"], strict=True))


def _stage_folder(board: Calls, name: str, wanted: Folder, progress: Progress | None) -> None:
    held = board.call("tree", name)["files"]
    for path in held:
        if path not in wanted:
            board.call("remove", f"{name}/{path}")
    for folder in sorted({name, *(f"{name}/{path}".rpartition("/")[0] for path in wanted)}):
        board.call("folder", folder)
    done, total = 0, sum(map(_travels, wanted.values()))
    for path, data in wanted.items():
        if held.get(path) != digest(data):
            if isinstance(data, Held):
                board.call("copy", data.name, f"{name}/{path}")
            else:
                _send(board, f"{name}/{path}", data, None)
        done += _travels(data)
        if progress:
            progress(name.removesuffix(FRESH), done, total)
    if board.call("tree", name)["files"] != {path: digest(data) for path, data in wanted.items()}:
        raise _otherwise(name)


def _travels(data: Octets) -> int:
    return 0 if isinstance(data, Held) else len(data)


def _stage(board: Calls, name: str, data: bytes, progress: Progress | None) -> None:
    if _digests(board, [name])[name] == digest(data):
        return
    _send(board, name, data, progress)
    if _digests(board, [name])[name] != digest(data):
        raise _otherwise(name)


def _send(board: Calls, name: str, data: bytes, progress: Progress | None) -> None:
    for at in range(0, max(len(data), 1), PIECE_BYTES):
        piece = data[at : at + PIECE_BYTES]
        board.call("put", name, at, base64.b64encode(piece).decode())
        if progress:
            progress(name.removesuffix(FRESH), at + len(piece), len(data))


def _otherwise(name: str) -> ToolError:
    return ToolError(f"{name} was read back otherwise than written; `gridkeel rig check` tries the flash")


def again(error: MissingError) -> MissingError:
    """Return the error of a connection that was cut, with the way out."""
    return MissingError(f"{error}; run the same command again, it completes what was begun")
