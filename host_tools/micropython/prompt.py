"""A board's prompt by mpremote's transport: the device-side script, calls of its functions, the way through a reset."""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import time
from pathlib import Path
from typing import Any, Protocol

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from host_tools.errors import MissingError, ToolError

HOLD = Path(__file__).with_name("hold_guest.py")
RETURN_S = 40.0  # from a reset to a prompt
CALL_S = 30.0
SILENCE_S = 10.0  # of a port in the middle of an exchange: the other end has gone
BOOT_S = 2.5  # what starts is left alone: a Ctrl-C into its first moments may end it a second time
_TRY_S = 0.3
STOP_S = 15.0  # from Ctrl-C to the raw prompt: a second one while the first is on its way ends some interpreters
_STOPS = 2  # a board that is just starting may lose the first Ctrl-C
_CUT = (TransportError, OSError, struct.error)  # the last: mpremote unpacks what did not come


class BoardError(ToolError):
    """What the board's own code raised; the message is the last line of its traceback."""


class Calls(Protocol):
    """What the steps need of a board."""

    def call(self, name: str, *arguments: object, timeout_s: float = CALL_S) -> dict[str, Any]:
        """Run a function of the script and return its row.  Errors: BoardError, MissingError."""

    def timed(self, name: str, *arguments: object, timeout_s: float) -> tuple[dict[str, Any], float]:
        """Run one that prints < and > and return its row and the seconds between, by this machine's clock."""

    def starve(self, timeout_ms: int) -> float:
        """Let the watchdog bite; return the seconds until the board answered again."""


class Session:
    """A board at a serial port.

    port: its console.  scripts: device-side, they define the functions that are called.  fresh: end what runs there by
    a soft reset first, so that they have the whole heap.
    """

    def __init__(self, port: str, *scripts: Path, fresh: bool = False) -> None:
        # mpremote knows a pseudo-terminal by its path, not by a link to it.
        self._port = os.path.realpath(port) if os.path.islink(port) else port
        self._scripts = scripts
        self._fresh = fresh
        self._transport: SerialTransport | None = None

    def __enter__(self) -> Session:
        self._open()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._close()

    def _open(self) -> None:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it did not expect
                self._transport = SerialTransport(self._port, timeout=SILENCE_S)
                self._transport.serial.write_timeout = SILENCE_S
                self._stop_program(self._transport)
                if self._fresh:
                    self._transport.enter_raw_repl(soft_reset=True, timeout_overall=5)
            for script in (HOLD, *self._scripts):
                self._run(script.read_text(encoding="utf-8"), CALL_S)
        except _CUT as error:
            self._close()
            raise MissingError(f"{self._port}: no MicroPython prompt: {error}") from None

    def _stop_program(self, transport: SerialTransport) -> None:
        for _ in range(_STOPS - 1):
            with contextlib.suppress(TransportError):
                transport.enter_raw_repl(soft_reset=False, timeout_overall=STOP_S)
                return
        transport.enter_raw_repl(soft_reset=False, timeout_overall=STOP_S)

    def _close(self) -> None:
        if self._transport is not None:
            with contextlib.suppress(OSError, TransportError):
                self._transport.exit_raw_repl()
            with contextlib.suppress(OSError):
                self._transport.close()
        self._transport = None

    def _run(self, text: str, timeout_s: float) -> str:
        assert self._transport is not None
        try:
            self._transport.exec_raw_no_follow(text)
            said, errors = self._transport.follow(timeout_s)
        except _CUT as error:
            raise MissingError(f"{self._port}: the board stopped answering: {error}") from None
        return _said(bytes(said) + b"\x04" + bytes(errors))

    def call(self, name: str, *arguments: object, timeout_s: float = CALL_S) -> dict[str, Any]:
        """Run a function of the script and return its row.  Errors: BoardError, MissingError."""
        return _row(self._run(_call(name, arguments), timeout_s))

    def timed(self, name: str, *arguments: object, timeout_s: float) -> tuple[dict[str, Any], float]:
        """Run one that prints < and > and return its row and the seconds between, by this machine's clock."""
        assert self._transport is not None
        port = self._transport.serial
        marks: dict[bytes, float] = {}
        # Read here: mpremote looks at a port every 10 ms, which is worth 500 ppm of 20 s.
        kept, ends, end_s = bytearray(), 0, time.monotonic() + timeout_s
        port.timeout = _TRY_S
        try:
            self._transport.exec_raw_no_follow(_call(name, arguments))
            while ends < 2 and time.monotonic() < end_s:
                octet = bytes(port.read(1))
                if octet in (b"<", b">"):
                    marks.setdefault(octet, time.monotonic())
                ends += octet == b"\x04"
                kept += octet
        except _CUT as error:
            raise MissingError(f"{self._port}: the board stopped answering: {error}") from None
        finally:
            port.timeout = SILENCE_S
        return _row(_said(bytes(kept))), marks[b">"] - marks[b"<"] if len(marks) == 2 else 0.0

    def reset(self) -> None:
        """Let the board start anew; the session is over."""
        self.leave("import machine\nmachine.reset()")

    def leave(self, text: str) -> None:
        """Run what the board does not answer after; the session is over."""
        if self._transport is not None:
            with contextlib.suppress(*_CUT):
                self._transport.exec_raw_no_follow(text)
            with contextlib.suppress(OSError):
                self._transport.close()
        self._transport = None

    def starve(self, timeout_ms: int) -> float:
        """Let the watchdog bite; return the seconds until the board answered again.  Errors: MissingError."""
        assert self._transport is not None
        begin_s = time.monotonic()
        with contextlib.suppress(TransportError, OSError):
            self._transport.exec_raw_no_follow(_call("starve", (timeout_ms,)))
        # Asked before the watchdog's time is up, a Ctrl-C of ours would end what is to hang.
        time.sleep(timeout_ms / 1000 + BOOT_S)
        self._close()
        while True:
            try:
                self._open()
                return time.monotonic() - begin_s
            except MissingError:
                if time.monotonic() - begin_s > RETURN_S:
                    raise MissingError(f"{self._port}: the board did not come back within {RETURN_S:.0f} s") from None
                time.sleep(_TRY_S)


def _call(name: str, arguments: tuple[object, ...]) -> str:
    return f"{name}({', '.join(map(repr, arguments))})"


def _said(answer: bytes) -> str:
    """Return what a script printed, of what it printed, 04, its traceback.  Errors: BoardError where it raised."""
    said, _, errors = answer.partition(b"\x04")
    lines = errors.strip(b"\x04").decode(errors="replace").strip().splitlines()
    if lines:
        raise BoardError(lines[-1])
    return said.decode(errors="replace")


def _row(text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if not lines:
        raise BoardError(f"the board answered {text.strip()[:80]!r} in place of a row")
    return json.loads(lines[-1])
