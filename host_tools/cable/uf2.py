"""An interpreter's UF2 image onto the drive that an RP2 chip shows in BOOTSEL mode, and the checks before it.

The format: blocks of 512 octets, each with magic numbers, its target address, its number of how many, and the family
of chips it is for. The drive's INFO_UF2.TXT says which chip shows it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from host_tools.errors import MissingError, ToolError

BLOCK_BYTES = 512
INFO = "INFO_UF2.TXT"
FILE = "FIRMWARE.UF2"
FAMILIES = {"rp2040": {0xE48BFF56}, "rp2350": {0xE48BFF59}}
ABSOLUTE = 0xE48BFF57  # a block for whatever chip: an RP2350's first one, against an erratum of its
BOARD_IDS = {"rp2040": "RPI-RP2", "rp2350": "RP2350"}
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_END = 0x0AB16F30
_FAMILY_GIVEN = 0x2000
_NOT_FLASH = 1
_PAYLOAD_MOST = 476
_MOUNTS = ("/media", "/run/media", "/Volumes", "/mnt")


def check(image: bytes, chip: str) -> int:
    """Return the octets of payload of an image that is whole and for this chip.  Errors: ToolError."""
    if not image or len(image) % BLOCK_BYTES:
        raise ToolError(f"no UF2 image: {len(image):,} bytes are no whole blocks of {BLOCK_BYTES}")
    numbers: dict[tuple[int, int], set[int]] = {}
    payload = 0
    for at in range(0, len(image), BLOCK_BYTES):
        family, number, count, size = _block(image[at : at + BLOCK_BYTES], at // BLOCK_BYTES)
        if family not in FAMILIES[chip] | {ABSOLUTE}:
            raise ToolError(f"UF2 block {at // BLOCK_BYTES} is for family {family:#010x}, {chip} is {_families(chip)}")
        numbers.setdefault((family, count), set()).add(number)
        payload += size
    if not any(family in FAMILIES[chip] for family, _count in numbers):
        raise ToolError(f"no block of the UF2 image is for {chip}")
    for (family, count), found in numbers.items():
        if found != set(range(count)):
            raise ToolError(f"the UF2 image is not whole: {len(found)} of {count} blocks for family {family:#010x}")
    return payload


def _block(block: bytes, index: int) -> tuple[int, int, int, int]:
    first, second, flags, _address, size, number, count, family = _HEAD.unpack_from(block)
    if (first, second) != _MAGIC or int.from_bytes(block[-4:], "little") != _END:
        raise ToolError(f"no UF2 image: block {index} lacks its magic numbers")
    if not flags & _FAMILY_GIVEN or flags & _NOT_FLASH or not 0 < size <= _PAYLOAD_MOST or number >= count:
        raise ToolError(f"UF2 block {index} is none that a chip can be flashed with")
    return family, number, count, size


def _families(chip: str) -> str:
    return ", ".join(f"{family:#010x}" for family in sorted(FAMILIES[chip]))


def drives() -> list[Path]:
    """Return the mounted drives of chips in BOOTSEL mode."""
    found: Iterable[Path] = (path for top in _MOUNTS for depth in ("*", "*/*") for path in Path(top).glob(depth))
    return sorted(path for path in found if is_shown(path))


def is_shown(path: Path) -> bool:
    """Return whether a folder is the drive of a chip in BOOTSEL mode now."""
    try:
        return (path / INFO).is_file()
    except OSError:
        return False


def drive_of(chip: str, given: Path | None) -> Path:
    """Return the drive to copy to.  Errors: MissingError without one, ToolError where it is another chip's."""
    if given is not None:
        check_drive(given, chip)
        return given
    found = [path for path in drives() if board_id(path) == BOARD_IDS[chip]]
    if not found:
        raise MissingError(
            f"no drive of a {chip} in BOOTSEL mode: hold BOOTSEL while you plug it in, and mount the drive "
            f"{BOARD_IDS[chip]}; --drive DIR names it where it is not found"
        )
    if len(found) > 1:
        raise ToolError(f"{len(found)} chips are in BOOTSEL mode: name one by --drive: {', '.join(map(str, found))}")
    return found[0]


def check_drive(drive: Path, chip: str) -> None:
    """Errors: MissingError where it is no drive of a bootloader, ToolError where it is another chip's."""
    said = board_id(drive)
    if said != BOARD_IDS[chip]:
        raise ToolError(f"{drive} is the drive of {said}, the board has a {chip} ({BOARD_IDS[chip]}): nothing written")


def board_id(drive: Path) -> str:
    """Return what a drive says of its chip.  Errors: MissingError where it is no drive of a bootloader."""
    try:
        text = (drive / INFO).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise MissingError(f"{drive} is no drive of a chip in BOOTSEL mode: {INFO}: {error.strerror}") from None
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return lines.get("Board-ID", "no Board-ID").strip()


def copy(image: bytes, drive: Path) -> None:
    """Write an image onto a drive; the chip takes it block by block and starts it after the last.

    Errors: MissingError where it cannot be written.
    """
    try:
        with (drive / FILE).open("wb") as file:
            file.write(image)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if not drive.exists():
            return  # it took the last block and went
        raise MissingError(f"cannot write {drive / FILE}: {error.strerror}; plug it in again with BOOTSEL") from None
