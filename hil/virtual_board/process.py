"""One power cycle of the interpreter: its process, its interruption, and the pipe on which the board learns of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hil.virtual_board.pty_port import PtyPort
from host_tools.micropython.interpreter import argv

_START = Path(__file__).with_name("start.py")
_EXIT_S = 0.05  # from closing its files a process needs far less to its end
_LINE_BYTES = 64  # no word of machine_shim.py is longer; a program that writes rubbish there is cut off
_SIGINT_BIT = 1 << (signal.SIGINT - 1)


@dataclass(frozen=True)
class Activity:
    """program: one runs that Ctrl-C would stop, to the REPL's prompt it is a character like others.

    asleep: it waits for something, at the prompt for input.  naps: how often it has gone to sleep.
    """

    program: bool
    asleep: bool
    naps: int


GONE = Activity(program=False, asleep=False, naps=0)
_STATUS = re.compile(rb"^(State|SigCgt|voluntary_ctxt_switches):\s+(\w+)", re.MULTILINE)


class Interpreter:
    """A running interpreter. Start it from the thread that outlives it: it dies with that thread."""

    def __init__(
        self,
        terminal: PtyPort,
        flash: Path,
        environment: Mapping[str, str],
        *,
        cause: int,
        device_id: str,
        raw: bool,
        heap_bytes: int,
        rom: Path | None,
    ) -> None:
        self.control, child_end = os.pipe()
        os.set_blocking(self.control, False)
        mode = "raw" if raw else "friendly"
        arguments = (str(child_end), str(flash), str(cause), device_id, mode)
        try:
            self._process = subprocess.Popen(
                argv(_START, arguments, heap_bytes=heap_bytes, repl=True, rom=rom),
                stdin=terminal.slave,
                stdout=terminal.slave,
                stderr=terminal.slave,
                pass_fds=(child_end,),
                env={**os.environ, **environment},
                start_new_session=True,
            )
        except BaseException:
            os.close(self.control)
            raise
        finally:
            os.close(child_end)
        self.pid = self._process.pid
        self.started_s = time.monotonic()
        self.control_open = True
        self._words = b""
        self._status = os.open(f"/proc/{self.pid}/status", os.O_RDONLY)

    def words(self) -> list[list[str]]:
        """Return what came through the control pipe, split into words, for example ["boot"] or ["wdt", "2000"]."""
        lines = (self._words + self._read_control()).split(b"\n")
        self._words = lines.pop()[-_LINE_BYTES:]
        return [line[:_LINE_BYTES].decode("ascii", "replace").split() for line in lines]

    def _read_control(self) -> bytes:
        if not self.control_open:
            return b""
        try:
            data = os.read(self.control, 4096)
        except BlockingIOError:
            return b""
        if not data:
            self.control_open = False
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_EXIT_S)
        return data

    def look(self) -> Activity:
        """Return what the process is at."""
        fields = dict(_STATUS.findall(self._read_status()))
        if not fields:
            return GONE
        return Activity(
            program=bool(int(fields[b"SigCgt"], 16) & _SIGINT_BIT),
            asleep=fields[b"State"] == b"S",
            naps=int(fields[b"voluntary_ctxt_switches"]),
        )

    def interrupt(self) -> bool:
        """Deliver Ctrl-C to a running program; return whether there was one.

        The port takes its signal handler away when a program ends, and a signal then would kill it. So it is stopped
        for the look: a process that is stopped with its handler in place gets the signal with the handler in place.
        """
        self._signal(signal.SIGSTOP)
        while dict(_STATUS.findall(self._read_status())).get(b"State", b"X") not in b"TtZX":
            time.sleep(0)
        program = self.look().program
        if program:
            self._signal(signal.SIGINT)
        self._signal(signal.SIGCONT)
        return program

    def _read_status(self) -> bytes:
        try:
            return os.pread(self._status, 4096, 0)
        except ProcessLookupError:
            return b""

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def returncode(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._process.poll()

    def close(self) -> None:
        """End it and whatever it started, wait for that, and free its pipe."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self.control)
        os.close(self._status)
