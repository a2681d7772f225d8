"""The way from the client's console into the interpreter's terminal.

A board's UART keeps what was typed ahead and looks out for Ctrl-C at every byte. The unix port throws its input away
each time it changes between reading a line and running it, makes no signal of Ctrl-C while it runs what came by raw
paste, and a second Ctrl-C before the first was seen ends it. So input is handed on in portions: up to what starts a
program or stops one, then no further until that has happened; and Ctrl-C to a running program is a signal from here.
"""

from __future__ import annotations

from hil.virtual_board.process import Interpreter
from hil.virtual_board.pty_port import BACKLOG_BYTES, PtyPort, write_some

CTRL_A = b"\x01"
CTRL_C = 0x03
CTRL_D = 0x04
UART_BYTES = 512  # of a board's receive buffer: what a program that does not read leaves unread at most
OVERRUN_S = 0.05  # the buffer stood full this long: from here on bytes are lost, as in a UART
POLL_S = 0.0002
SETTLE_S = 0.0004  # a line was read: it runs, or the REPL reads on, within this
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
        self._child: Interpreter | None = None
        self._enter_raw = False
        self._clear_holds()

    def start(self, *, raw: bool) -> None:
        """A new interpreter starts; everything is held until `open`. raw: it is to come up in the raw REPL."""
        self.raw_repl = self._enter_raw = raw
        self._tail = b""
        self._clear_holds()

    def open(self, child: Interpreter) -> None:
        """The board is up to boot.py: its input may flow."""
        self._child = child

    def end(self) -> bool:
        """The interpreter has ended: what it left unread stays; return whether anything was typed since last time."""
        self._child = None
        self._queue[:0] = self._terminal.take_unread()
        typed, self.typed = self.typed, False
        return typed

    def _clear_holds(self) -> None:
        self._held_for: str | None = None
        self._held_since_s = 0.0
        self._drained_since_s: float | None = None
        self._full_since_s: float | None = None

    @property
    def wants_read(self) -> bool:
        return len(self._queue) < BACKLOG_BYTES

    def put(self, data: bytes) -> None:
        """Take what the client typed."""
        self._queue += data
        self.typed = self.typed or bool(data)

    def saw_output(self, data: bytes) -> None:
        """Follow which REPL speaks: a soft reset from the raw one comes back to the raw one."""
        text = self._tail + data
        raw, friendly = text.rfind(_RAW_PROMPT), text.rfind(_FRIENDLY_BANNER)
        if raw != friendly:
            self.raw_repl = raw > friendly
        self._tail = text[-len(_FRIENDLY_BANNER) :]

    def pump(self, now_s: float) -> float | None:
        """Hand on what can be; return the time in s to look again, None where only new input can change anything."""
        while self._child is not None and (self._queue or self._enter_raw):
            running = self._child.interruptible()
            if self._held_for and self._still_held(running, now_s):
                return POLL_S
            if self._enter_raw and not running:
                # After a soft reset from the raw REPL the client waits for the raw REPL.
                self._enter_raw = not write_some(self._terminal.master, CTRL_A)
            elif not self._hand_on(self._child, running, now_s):
                return POLL_S
        return None

    def _hand_on(self, child: Interpreter, running: bool, now_s: float) -> bool:
        """Hand on one portion; return whether any bytes went."""
        if not self._queue:
            return False
        return self._hand_to_program(child, now_s) if running else self._hand_to_repl(now_s)

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

    def _hand_to_program(self, child: Interpreter, now_s: float) -> bool:
        """Pass bytes to a running program, Ctrl-C as its interruption; return whether any were taken or dropped."""
        stop = self._queue.find(CTRL_C)
        if stop == 0:
            if not child.interrupt():
                return False
            del self._queue[0]
            self._hold("interrupt", now_s)
            return True
        end = len(self._queue) if stop < 0 else stop
        room = UART_BYTES - self._terminal.unread()
        if room > 0:
            self._full_since_s = None
            return self._write(min(room, end)) > 0
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
        starts = self._queue[end - 1] in self._starters
        taken = self._write(end)
        if starts and taken == end:
            self._hold("line", now_s)
        return taken > 0

    @property
    def _starters(self) -> bytes:
        return b"\x04" if self.raw_repl else b"\x04\r\n"

    def _portion(self, limit: int) -> int:
        found = [at for at in (self._queue.find(byte, 0, limit) for byte in self._starters) if at >= 0]
        return min(found) + 1 if found else limit

    def _write(self, count: int) -> int:
        written = write_some(self._terminal.master, bytes(self._queue[:count]))
        del self._queue[:written]
        return written
