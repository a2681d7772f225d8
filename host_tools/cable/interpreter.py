"""The interpreter's image of a board: named by the user with its hash, written the way its chip takes one."""

from __future__ import annotations

import time
from pathlib import Path

from host_tools.cable import esp, ports, staging, target, uf2
from host_tools.errors import MissingError, ToolError
from host_tools.image.boards import Board
from host_tools.micropython.prompt import Session

MARKER = "interpreter.sha256"
DRIVE_S = 10.0  # from the order to show it until the desktop has mounted it
PROMPT_S = 30.0  # from the last block to a prompt: an ESP32 makes its file system meanwhile
_TRY_S = 0.5


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
    found = staging.digest(image)
    if found != sha256.lower():
        raise ToolError(f"{path} has SHA-256 {found}, not {sha256}: another file, or a download that was cut")
    if family == "rp2":
        uf2.check(image, board.chip.name)
    else:
        esp.check(image, board.chip.name)
    return image


def put(image: bytes, board: Board, port: str, drive: Path | None) -> None:
    """Put an image on the chip, unless the board says that it runs this very one.

    port: "" where it is to be found.  drive: of an RP2 in BOOTSEL mode, None where it is to be found.
    Errors: ToolError where another board or chip is connected, before anything is written; MissingError.
    """
    rp2 = board.chip.family == "rp2"
    ports_now = [port] if port else ports.found(board.chip.family)
    shown = drive is not None and uf2.is_shown(drive)
    if not shown and len(ports_now) == 1 and _runs(ports_now[0], board, staging.digest(image), restart=rp2):
        return
    if rp2:
        uf2.copy(image, _drive(board.chip.name, drive))
    else:
        esp.write(image, board.chip.name, port or ports.only(board.chip.family))
    _note(port, board, image)


def _runs(port: str, board: Board, digest: str, *, restart: bool) -> bool:
    """Return whether a board answers and runs this image; restart: bring it into BOOTSEL mode where it does not."""
    try:
        with Session(port, staging.SCRIPT) as session:
            found = target.identified(session, board.name)
            if session.call("digests", [MARKER])["digests"] == [staging.digest(_mark(digest, found))]:
                return True
            if restart:
                session.leave("bootloader()")
    except MissingError:
        pass  # an empty chip has no prompt
    return False


def _drive(chip: str, given: Path | None) -> Path:
    end_s = time.monotonic() + DRIVE_S
    while True:
        try:
            return uf2.drive_of(chip, given)
        except MissingError:
            if time.monotonic() > end_s:
                raise
            time.sleep(_TRY_S)


def _note(port: str, board: Board, image: bytes) -> None:
    """Wait for the new interpreter's prompt and write on the board which image it runs."""
    end_s = time.monotonic() + PROMPT_S
    while True:
        try:
            with Session(port or ports.only(board.chip.family), staging.SCRIPT) as session:
                found = target.identified(session, board.name)
                staging.write_one(session, MARKER, _mark(staging.digest(image), found))
            return
        except MissingError as error:
            if time.monotonic() > end_s:
                raise MissingError(f"the interpreter was written, and no prompt came: {error}") from None
            time.sleep(_TRY_S)


def _mark(digest: str, found: target.Target) -> bytes:
    return f"{digest} {found.row['build']}\n".encode()
