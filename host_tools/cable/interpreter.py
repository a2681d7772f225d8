"""The interpreter's image of a board: named by the user with its hash, written the way its chip takes one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from host_tools.cable import esp, uf2
from host_tools.errors import MissingError, ToolError
from host_tools.image.boards import Board


def read(path: Path, sha256: str, board: Board) -> bytes:
    """Return an interpreter's image that has this hash and is for this board's chip.

    Errors: MissingError without the file; ToolError where it is another, or there is no way onto this chip from here.
    """
    family = board.chip.family
    if family not in ("rp2", "esp32"):
        raise ToolError(
            f"no way from here to put an interpreter on a {board.chip.name}: use its maker's tool (an STM32 has DFU: "
            "`dfu-util -a 0 -D FILE.dfu`), then run this command without --interpreter"
        )
    try:
        image = path.read_bytes()
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    found = hashlib.sha256(image).hexdigest()
    if found != sha256.lower():
        raise ToolError(f"{path} has SHA-256 {found}, not {sha256}: another file, or a download that was cut")
    if family == "rp2":
        uf2.check(image, board.chip.name)
    else:
        esp.check(image, board.chip.name)
    return image


def write(image: bytes, board: Board, port: str, drive: Path | None) -> str:
    """Put an image on the chip and return where it went.  Errors: ToolError, MissingError."""
    if board.chip.family == "rp2":
        target = uf2.drive_of(board.chip.name, drive)
        uf2.copy(image, target)
        return str(target)
    esp.write(image, board.chip.name, port)
    return port
