"""The first seconds of a board after its reset, as its console tells them."""

from __future__ import annotations

import time

import serial

from host_tools.errors import MissingError, ToolError

BACK_S = 10.0  # from a reset until a port of USB is there again
_LINE_S = 0.1


def watch(port: str, seconds: float) -> None:
    """Listen to a board's console while it starts.

    Errors: ToolError with the error of a traceback that comes there, MissingError where the port does not come
    back.
    """
    end_s = time.monotonic() + BACK_S
    said = b""
    while True:
        try:
            with serial.Serial(port, 115200, timeout=_LINE_S) as console:
                heard_s = time.monotonic() + seconds
                while time.monotonic() < heard_s:
                    said += console.read(4096)
            break
        except (serial.SerialException, OSError):
            if time.monotonic() > end_s:
                raise MissingError(f"{port} did not come back within {BACK_S:.0f} s of the reset") from None
            time.sleep(_LINE_S)
    _head, traced, rest = said.decode(errors="replace").partition("Traceback")
    if traced:
        error = next((line.strip() for line in rest.splitlines()[1:] if line[:1].strip()), "no reason came")
        raise ToolError(f"the firmware is on the board, and does not start: {error[:200]}")
