"""The way from the client's console into the interpreter's terminal.

A board's UART keeps what was typed ahead and looks out for Ctrl-C at every byte. The unix port throws its input away
each time it changes between reading a line and running it, and a second Ctrl-C before the first was seen ends it. So
input is handed on in portions: up to what starts a program or stops one, then no further until that has happened.
"""

from __future__ import annotations

from hil.virtual_board.pty_port import BACKLOG_BYTES, PtyPort, write_some

CTRL_A = b"\x01"
CTRL_C = 0x03
CTRL_D = 0x04
UART_BYTES = 512  # of a board's receive buffer: what a program that does not read leaves unread at most
OVERRUN_S = 0.05  # the buffer stood full this long: from here on bytes are lost, as in a UART
SETTLE_S = 0.001  # a line was read: it runs, or the REPL reads on, within this
STATEMENT_S = 0.03  # a statement takes this long at most, or it is a program that may want the input itself
INTERRUPT_S = 2.0  # a program that has not stopped this long after Ctrl-C has caught it

_RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
_FRIENDLY_BANNER = b'Type "help()" for more information.\r\n'


class ConsoleInput:
    """Holds the client's input and hands it on as the interpreter can take it."""

    def __init__(self, terminal: PtyPort) -> None:
        self.overruns = 0
        self.raw_repl = False
        self.typed = False
        self._terminal = terminal
        self._queue = bytearray()
        self._tail = b""
        self._begin(False, False)

    def start(self, *, raw: bool) -> None:
        """A new interpreter starts; everything is held until `open`."""
        self._begin(raw, False)
        self.raw_repl = raw
        self.typed = False

    def open(self) -> None:
        """The board is up to boot.py: its input may flow."""
        self._opened = True

    def _begin(self, raw: bool, opened: bool) -> None:
        self._opened = opened
        self._enter_raw = raw
        self._held_for: str | None = None
        self._held_since_s = 0.0
        self._drained_since_s: float | None = None
        self._full_since_s: float | None = None

    @property
    def wants_read(self) -> bool:
        return len(self._queue) < BACKLOG_BYTES

    def put(self, data: bytes) -> None:
        self._queue += data

    def saw_output(self, data: bytes) -> None:
        """Follow which REPL speaks: a soft reset from the raw one comes back to the raw one."""
        text = self._tail + data
        raw, friendly = text.rfind(_RAW_PROMPT), text.rfind(_FRIENDLY_BANNER)
        if raw != friendly:
            self.raw_repl = raw > friendly
        self._tail = text[-len(_FRIENDLY_BANNER) :]

    def pump(self, now_s: float) -> float | None:
        """Hand on what can be; return the time in s to look again, None where only new input can change anything."""
        while self._opened and (self._queue or self._enter_raw):
            running = self._terminal.signals()
            if self._enter_raw and not self._enter(running):
                return SETTLE_S
            if self._held_for and self._still_held(running, now_s):
                return SETTLE_S / 2
            if not self._queue:
                return None
            if not (self._hand_to_program(now_s) if running else self._hand_to_repl(now_s)):
                return SETTLE_S
        return None

    def _enter(self, running: bool) -> bool:
        """Bring a REPL that follows a raw soft reset back to raw mode; until then only Ctrl-C passes."""
        if not running:
            write_some(self._terminal.master, CTRL_A)
            self._enter_raw = False
            return True
        if CTRL_C in self._queue and not self._held_for:
            self._write(self._queue.index(CTRL_C), 1)
        return False

    def _still_held(self, running: bool, now_s: float) -> bool:
        held_s = now_s - self._held_since_s
        if self._held_for == "interrupt":
            held = running and held_s < INTERRUPT_S
        elif running:
            held = held_s < STATEMENT_S and CTRL_C not in self._queue
        elif self._terminal.unread():
            self._drained_since_s = None
            held = True
        else:
            if self._drained_since_s is None:
                self._drained_since_s = now_s
            held = now_s - self._drained_since_s < SETTLE_S
        if not held:
            self._held_for = None
        return held

    def _hold(self, reason: str, now_s: float) -> None:
        self._held_for = reason
        self._held_since_s = now_s
        self._drained_since_s = None

    def _hand_to_program(self, now_s: float) -> bool:
        """Pass bytes to a running program, up to a Ctrl-C; return whether any were taken or dropped."""
        stop = self._queue.find(CTRL_C)
        if stop == 0:
            self._write(0, 1)
            self._hold("interrupt", now_s)
            return True
        end = len(self._queue) if stop < 0 else stop
        room = UART_BYTES - self._terminal.unread()
        if room > 0:
            self._full_since_s = None
            return self._write(0, min(room, end)) > 0
        if self._full_since_s is None:
            self._full_since_s = now_s
        if now_s - self._full_since_s < OVERRUN_S:
            return False
        self.overruns += end
        del self._queue[:end]
        return True

    def _hand_to_repl(self, now_s: float) -> bool:
        """Pass bytes to the REPL, up to one that may start a program; return whether any were taken."""
        self._full_since_s = None
        room = UART_BYTES - self._terminal.unread()
        if room <= 0:
            return False
        end = self._portion(min(room, len(self._queue)))
        last = self._queue[end - 1]
        taken = self._write(0, end)
        if taken == end and (last == CTRL_D or (last in b"\r\n" and not self.raw_repl)):
            self._hold("line", now_s)
        return taken > 0

    def _portion(self, limit: int) -> int:
        starters = (CTRL_D,) if self.raw_repl else (CTRL_D, 0x0D, 0x0A)
        found = [at for at in (self._queue.find(byte, 0, limit) for byte in starters) if at >= 0]
        return min(found) + 1 if found else limit

    def _write(self, start: int, count: int) -> int:
        written = write_some(self._terminal.master, bytes(self._queue[start : start + count]))
        del self._queue[start : start + written]
        self.typed = self.typed or written > 0
        return written
