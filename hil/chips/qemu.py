"""A Cortex-M7 in QEMU that runs MicroPython: a script started on it, with the firmware in its flash.

Each run starts the chip anew. Counted runs (`-icount`) execute one instruction in one virtual nanosecond, whatever the
machine does beside it, so that figures are the same on every run and every machine.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hil.chips.raw_repl import RawRepl
from host_tools.errors import MissingError, ToolError

PROGRAM = "qemu-system-arm"
MACHINE = "mps2-an500"
CHIP = "stm32h743"  # same core and floats: what is compiled for it runs here
_CORE = "Cortex-M7"
_FLASH_ADDRESS = 0x6000_0000  # 16 MB that MicroPython leaves alone; nothing is in flash on this machine, all is RAM
_START_S = 20.0
_FAULT = b"exception caught:"
_FAULT_SAID_S = 0.5
_READ_BYTES = 65536
_MOUNT = """\
import sys, uctypes, vfs
vfs.mount(vfs.VfsRom(uctypes.bytearray_at({address}, {length})), "/rom")
sys.path[:] = ["/rom", ".frozen"]
"""
# Bit 3 of the configuration and control register: an unaligned access of a word faults, as every one does on an M0+.
_TRAP_UNALIGNED = """\
import machine
machine.mem32[0xE000ED14] |= 8
"""


class ChipFaultError(ToolError):
    """The chip took an exception that ends everything: the message has its registers."""


@dataclass(frozen=True)
class Ran:
    """What a script left: all it printed, and its traceback, empty where it ended well."""

    output: str
    error: str


def find_qemu() -> str:
    """Return the emulator's path.  Errors: MissingError without it."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise MissingError(f"no {PROGRAM} on the PATH: install QEMU for ARM (Debian: apt install qemu-system-arm)")
    return found


def run(
    image: Path,
    script: str,
    flash: bytes = b"",
    *,
    deadline_s: float,
    counted: bool = False,
    trap_unaligned: bool = False,
    flash_offset: int = 0,
) -> Ran:
    """Run a script on a chip of its own, with a ROMFS image at /rom, first on the path.

    image: ELF of the qemu port.  counted: by instructions.  trap_unaligned: an unaligned access of a word is a fault,
    in MicroPython's own code too.  flash_offset: of the image from the flash's begin, so that constants lie elsewhere.
    Errors: MissingError without QEMU, ToolError where the image does not start or the deadline passes, ChipFaultError.
    """
    with tempfile.TemporaryDirectory(prefix="gridkeel-chip-") as scrap:
        rom = Path(scrap) / "flash.romfs"
        rom.write_bytes(bytes(flash_offset) + flash)
        text = _MOUNT.format(address=_FLASH_ADDRESS + flash_offset, length=len(flash)) if flash else ""
        text += _TRAP_UNALIGNED if trap_unaligned else ""
        errors = Path(scrap) / "errors"
        with errors.open("wb") as said:
            process = subprocess.Popen(
                _command(image, rom if flash else None, counted),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        try:
            repl = RawRepl(text + script)
            _talk(process, repl, errors, deadline_s)
        finally:
            process.kill()
            process.communicate()
    return Ran(repl.output, repl.error)


def _command(image: Path, rom: Path | None, counted: bool) -> list[str]:
    command = [find_qemu(), "-machine", MACHINE, "-nographic", "-monitor", "none", "-semihosting", "-serial", "stdio"]
    command += ["-kernel", str(image)]
    if counted:
        command += ["-icount", "shift=0,sleep=off"]
    if rom is not None:
        command += ["-device", f"loader,file={rom},addr={_FLASH_ADDRESS:#x},force-raw=on"]
    return command


def _talk(process: subprocess.Popen[bytes], repl: RawRepl, errors: Path, deadline_s: float) -> None:
    begun_s = time.monotonic()
    while not repl.done:
        left_s = (begun_s + (deadline_s if repl.banner else _START_S)) - time.monotonic()
        data = _read(process, left_s)
        if data is None:
            raise ToolError(_too_late(repl, deadline_s))
        if not data:
            said = errors.read_text(errors="replace").strip() or _text(repl.heard)
            raise ToolError(f"QEMU ended before the script did: {said or 'without a word'}")
        repl.receive(data)
        if _FAULT in repl.heard:
            raise ChipFaultError(_fault(process, repl.heard))
        _check_banner(repl.banner)
        to_send = repl.data_to_send()
        if to_send:
            assert process.stdin is not None
            process.stdin.write(to_send)
            process.stdin.flush()


def _read(process: subprocess.Popen[bytes], most_s: float) -> bytes | None:
    """Return what came, nothing where the chip is gone, None where the time is over."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], max(0.0, most_s))
    return os.read(process.stdout.fileno(), _READ_BYTES) if ready else None


def _check_banner(banner: str) -> None:
    named = re.search(r"; (\S+) with (\S+)", banner)
    if named and named[1] != MACHINE:
        raise ToolError(f"the image is MicroPython for {named[1]} with {named[2]}: build the qemu port for {MACHINE}")


def _too_late(repl: RawRepl, deadline_s: float) -> str:
    heard = _text(repl.heard)[-500:] or "nothing"
    if not repl.banner:
        return f"no MicroPython prompt within {_START_S:g} s: no image of the qemu port for {MACHINE}? it said: {heard}"
    return f"the script was not done within {deadline_s:g} s; the last it said: {heard}"


def _fault(process: subprocess.Popen[bytes], heard: bytes) -> str:
    text = bytearray(heard[heard.rfind(b"\n", 0, heard.index(_FAULT)) + 1 :])
    while data := _read(process, _FAULT_SAID_S):
        text += data
    told = _text(bytes(text))
    unaligned = "an unaligned access: " if re.search(r"CFSR\.UNALIGNED:\s*1", told) else ""
    return f"the chip faulted: {unaligned}{told}"


def _text(data: bytes) -> str:
    return data.decode(errors="replace").replace("\r\n", "\n").strip()
