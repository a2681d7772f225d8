"""Pseudo-terminals in raw mode, and the wires between two of them."""

from __future__ import annotations

import array
import fcntl
import os
import termios
import tty
from collections.abc import Callable

BACKLOG_BYTES = 4096  # a wire holds one full terminal buffer; more would only make stale bytes
PATIENCE_S = 0.5  # a reader that leaves a terminal full this long is taken for absent, as USB-CDC boards do


class PtyPort:
    """One pseudo-terminal, both ends open here, so that neither side sees the other's program come and go."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self.path = os.ttyname(self.slave)
        os.set_blocking(self.master, False)
        tty.setraw(self.slave)

    def set_uart(self) -> None:
        """Reads of the slave give what is there and never wait, as `machine.UART` does."""
        mode = termios.tcgetattr(self.slave)
        mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
        termios.tcsetattr(self.slave, termios.TCSANOW, mode)

    def unread(self) -> int:
        """Bytes the slave's program has not read yet."""
        count = array.array("i", [0])
        fcntl.ioctl(self.slave, termios.FIONREAD, count)
        return count[0]

    def take_unread(self) -> bytes:
        """Take back what the slave's program has not read, in its place."""
        count = self.unread()
        return os.read(self.slave, count) if count else b""

    def reset(self) -> None:
        """Raw again, whatever the slave's program made of it."""
        tty.setraw(self.slave, termios.TCSANOW)

    def discard_unread(self) -> None:
        """Drop what the slave's program has not read."""
        termios.tcflush(self.slave, termios.TCIFLUSH)

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


def read_some(fd: int, limit: int = BACKLOG_BYTES) -> bytes:
    """Read what is there; b"" where nothing is."""
    try:
        return os.read(fd, limit)
    except BlockingIOError:
        return b""


def write_some(fd: int, data: bytes | bytearray | memoryview) -> int:
    """Write what fits and return its length."""
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0


class Wire:
    """One direction between two ports. Like a UART it never waits for a reader that is not there."""

    def __init__(self, source: PtyPort, sink: PtyPort, tap: Callable[[bytes], None] | None = None) -> None:
        self.source = source
        self.sink = sink
        self.dropped = 0
        self._tap = tap
        self._backlog = bytearray()
        self._full_since_s: float | None = None

    @property
    def wants_read(self) -> bool:
        return len(self._backlog) < BACKLOG_BYTES

    @property
    def wants_write(self) -> bool:
        return bool(self._backlog)

    def put(self, data: bytes) -> None:
        """Add bytes of the board's hardware to what comes from the source."""
        self._backlog += data

    def move(self, now_s: float) -> bool:
        """Carry what can be carried; return whether anything came from the source."""
        data = read_some(self.source.master) if self.wants_read else b""
        if data and self._tap:
            self._tap(data)
        self._backlog += data
        self._drain(now_s)
        return bool(data)

    def _drain(self, now_s: float) -> None:
        if not self._backlog:
            return
        written = write_some(self.sink.master, self._backlog)
        del self._backlog[:written]
        if not self._backlog or written:
            self._full_since_s = None
        elif self._full_since_s is None:
            self._full_since_s = now_s
        elif now_s - self._full_since_s > PATIENCE_S:
            self.dropped += len(self._backlog) + self.sink.unread()
            self._backlog.clear()
            self.sink.discard_unread()
            self._full_since_s = None
