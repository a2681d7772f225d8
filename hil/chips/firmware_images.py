"""MicroPython images that a developer has built: where the environment names them, and a look whether they are such.

They are built from MicroPython's own sources, outside this project, and are no part of it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from host_tools.errors import MissingError, ToolError

QEMU = "GRIDKEEL_QEMU_FIRMWARE"
RP2 = "GRIDKEEL_RP2_FIRMWARE"
_WHAT = {
    QEMU: "an ELF of MicroPython's qemu port, built with BOARD=MPS2_AN500 (Cortex-M7)",
    RP2: "a UF2 of MicroPython's rp2 port, built with BOARD=RPI_PICO",
}
_ELF = struct.Struct("<4sBB10xHH")
_ELF_32_BIT, _ELF_LITTLE_ENDIAN, _ELF_ARM = 1, 1, 40
_UF2_MAGIC = b"UF2\n\x57\x51\x5d\x9e"


def missing(variable: str) -> str:
    """Return why nothing runs without the variable, and what it must name."""
    return f"{variable} is not set: it names {_WHAT[variable]}; see docs/chips.md"


def named_image(variable: str) -> Path:
    """Return the image that a variable names.  Errors: MissingError without one, ToolError where it is none."""
    value = os.environ.get(variable)
    if not value:
        raise MissingError(missing(variable))
    path = Path(value)
    try:
        head = path.read_bytes()[: _ELF.size]
    except OSError as error:
        raise MissingError(f"{variable} = {value}: {error.strerror}; it must name {_WHAT[variable]}") from None
    sound = _is_arm_elf(head) if variable == QEMU else head.startswith(_UF2_MAGIC)
    if not sound:
        raise ToolError(f"{variable} = {value} is not {_WHAT[variable]}")
    return path


def _is_arm_elf(head: bytes) -> bool:
    if len(head) < _ELF.size:
        return False
    magic, bits, order, _kind, machine = _ELF.unpack(head)
    return (magic, bits, order, machine) == (b"\x7fELF", _ELF_32_BIT, _ELF_LITTLE_ENDIAN, _ELF_ARM)
