"""First thing in the interpreter's process: die with the parent, take the terminal, hold the ROM, become MicroPython.

Run as a script: launch.py PARENT_PID ROM INTERPRETER ARGUMENT...    ROM: file of a ROMFS image, "" for none
GRIDKEEL_AREA_FILE, where set, names the file that stands for the flash outside the file system (boards/area.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import resource
import signal
import sys
import termios

_PR_SET_PDEATHSIG = 1


def _die_with(parent_pid: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before the line above
        sys.exit(1)


def _take_terminal() -> None:
    # Fails where stdin is no terminal or the caller kept its session: then there is none to take.
    with contextlib.suppress(OSError):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _hold(path: str, sharing: int, name: str) -> None:
    """Map a file read-only, as flash is, and put its address and length into the environment as `name`.

    A store into it ends the process.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    with open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        address = libc.mmap(None, length, mmap.PROT_READ, sharing, file.fileno(), 0)
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), f"cannot map {path}")
    os.environ[name] = f"{address} {length}"


def _become(interpreter: str, arguments: list[str]) -> int:
    if not interpreter.endswith(".so"):
        os.execv(interpreter, [interpreter, *arguments])
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    loader = ExtensionFileLoader("micropython_module", interpreter)
    spec = spec_from_file_location("micropython_module", interpreter, loader=loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module.run_main(["micropython", *arguments])


if __name__ == "__main__":
    _die_with(int(sys.argv[1]))
    _take_terminal()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.argv[2]:
        _hold(sys.argv[2], mmap.MAP_PRIVATE, "GRIDKEEL_ROM")
    if area := os.environ.get("GRIDKEEL_AREA_FILE"):
        _hold(area, mmap.MAP_SHARED, "GRIDKEEL_AREA_MAP")  # what the board writes to the file is seen
    # The low byte is the exit code, as the unix port's own main returns it.
    status = _become(sys.argv[3], sys.argv[4:]) & 0xFF
    sys.stdout.flush()
    os._exit(status)
