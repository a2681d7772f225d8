"""Builds the image of a board: the package with the board's own files, folded, compiled for its chip and described."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridkeel.evse import FIXED
from host_tools.commit import commit_of
from host_tools.errors import MissingError, ToolError
from host_tools.files import cannot_write
from host_tools.image import alignment, board_files, capability, compiler, layout, references, sbom, stamp
from host_tools.image.boards import Board
from host_tools.image.package import PACKAGE, beside, module_of, sources

IMAGE = "gridkeel.romfs"
MANIFEST = "manifest.json"
SBOM = "sbom.json"
CONFIG = "config.json"


@dataclass(frozen=True)
class Build:
    """An image and what belongs to it.

    files: {name: octets} of all that a flash tool needs, the image itself under IMAGE.  modules: {path: octets} of what
    is in the image.  parts: octets of compiled code by package.  manifest: what the image is, as MANIFEST has it.
    heap_required: octets that the program takes at most on the parameters it was built for.  note: why it does not run
    on the default ones, where none were given.
    """

    board: Board
    files: dict[str, bytes]
    parts: dict[str, int]
    manifest: dict[str, Any]
    heap_required: int
    note: str
    modules: dict[str, bytes]

    @property
    def image(self) -> bytes:
        return self.files[IMAGE]


def build(
    board: Board,
    parameters: Mapping[str, int] | None = None,
    *,
    firmware: Path = stamp.FIRMWARE,
    users: Sequence[Path] = (),
    after: bytes | None = None,
) -> Build:
    """Build the image of a board.

    parameters: what the board will run on, put beside the image as its config.json; None where that is not known
    yet.  users: scripts that will lie beside the image on the board; what they ask of it stays in it.
    after: an earlier image whose places are kept (layout.py), so that an update from it writes little.
    Errors: ToolError where the board cannot run on them, where the image does not fit or does not compile, or where a
    user's file asks for what is not there, or where a kernel may read words of a constant; MissingError without the
    firmware.
    """
    note = capability.check_any(board) if parameters is None else ""
    heap_required = board.chip.heap_required(FIXED) if parameters is None else capability.check(board, parameters)
    asked = {path: _read(path) for path in users}
    commit = commit_of(firmware.resolve())
    texts = _texts(board, firmware, commit, users)
    if board.own and board.table:
        references.check(board.table, _read(board.table), texts)
    for path, text in asked.items():
        references.check(path, text, texts)
    alignment.check({module_of(Path(path)): text for path, text in texts.items()})
    scripts = [path.read_text(encoding="utf-8") for path in beside(firmware)]
    made = compiler.compiled(compiler.folded(texts, [*scripts, *asked.values()]), board.chip)
    image = layout.pack(made, after)
    if len(image) > board.romfs_bytes:
        raise ToolError(
            f"{board.name}: the image takes {len(image):,} bytes, there is room for {board.romfs_bytes:,} in its flash"
        )
    parts = {name: (firmware / name).read_bytes() for name in stamp.SCRIPTS}
    if parameters is not None:
        parts[CONFIG] = (json.dumps(dict(parameters), indent=1) + "\n").encode()
    version = f"{_version(texts)}+{commit}"
    in_package = {path.removeprefix(f"{PACKAGE}/"): text for path, text in texts.items()}
    bill = sbom.document(board, version, image, parts, in_package, compiler.tools())
    manifest = _manifest(board, version, commit, image, parts)
    if after is not None:
        manifest["after"] = hashlib.sha256(after).hexdigest()
    described = {MANIFEST: _json(manifest), SBOM: _json(bill)}
    return Build(board, {IMAGE: image, **parts, **described}, _sizes(made), manifest, heap_required, note, made)


def write(done: Build, folder: Path) -> Path:
    """Write what was built into a folder of the board's name in `folder` and return that one.  Errors: MissingError."""
    target = folder / done.board.name
    try:
        target.mkdir(parents=True, exist_ok=True)
        if CONFIG not in done.files:
            (target / CONFIG).unlink(missing_ok=True)  # of an earlier build
        for name, octets in done.files.items():
            fresh = target / f".{name}.new"
            fresh.write_bytes(octets)
            fresh.replace(target / name)
    except OSError as error:
        raise cannot_write(error.filename or target, error) from None
    return target


def _texts(board: Board, firmware: Path, commit: str, users: Sequence[Path]) -> dict[str, str]:
    for name in stamp.SCRIPTS:
        if not (firmware / name).exists():
            raise MissingError(f"{firmware / name} is not there: run from a checkout, or name the firmware directory")
    own = [board.table] if board.own and board.table else []
    table = board.table.stem if board.table and not board.own else ""
    files = sources(firmware, board.chip, table, [*users, *own])
    texts = {path.relative_to(firmware).as_posix(): path.read_text(encoding="utf-8") for path in files}
    first = f"{PACKAGE}/__init__.py"
    texts[first] = stamp.stamped(texts[first], commit)
    texts.update(board_files.texts(board, texts))
    return dict(sorted(texts.items()))


def _version(texts: Mapping[str, str]) -> str:
    line = next(line for line in texts[f"{PACKAGE}/__init__.py"].splitlines() if line.startswith("VERSION ="))
    return line.split('"')[1]


def _manifest(board: Board, version: str, commit: str, image: bytes, parts: Mapping[str, bytes]) -> dict[str, Any]:
    files = {IMAGE: image, **parts}
    return {
        "board": board.name,
        "chip": board.chip.name,
        "march": board.chip.march,
        "version": version,
        "commit": commit,
        "files": {
            name: {"bytes": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}
            for name, octets in sorted(files.items())
        },
    }


def _sizes(made: Mapping[str, bytes]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for path, octets in made.items():
        words = path.split("/")
        part = words[1] if len(words) > 2 else "(controller)"
        sizes[part] = sizes.get(part, 0) + len(octets)
    return dict(sorted(sizes.items()))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
