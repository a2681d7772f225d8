"""The way from the client's console into the interpreter's terminal.

A board's UART keeps what was typed ahead and looks out for Ctrl-C at every byte. The unix port throws its input away
each time it changes between reading a line and running it, makes no signal of Ctrl-C while it runs what came by raw
paste, and a second Ctrl-C before the first was seen ends it. So input is handed on in portions: up to what starts a
program or stops one, then no further until that has happened; and Ctrl-C to a running program is a signal from here.
"""

from __future__ import annotations

from hil.virtual_board.process import Activity, Interpreter
from hil.virtual_board.pty_port import BACKLOG_BYTES, PtyPort, write_some

CTRL_A = b"\x01"
CTRL_C = 0x03
CTRL_D = 0x04
UART_BYTES = 512  # of a board's receive buffer: what a program that does not read leaves unread at most
OVERRUN_S = 0.05  # the buffer was full this long: from here on bytes are lost, as in a UART
POLL_S = 0.0002
STATEMENT_S = 0.03  # a statement takes this long at most, or it is a program that may want the input itself
LOST_S = 1.0  # the prompt takes its input in far less; bytes that vanish must not hold up those behind them
HUNG_S = (
    3.0  # the prompt sleeps despite its input this long: the port has locked itself up (1.29-preview, after Ctrl-C)
)
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

    def _clear_holds(self) -> None:
        self.hung = False
        self._interrupted_s: float | None = None
        self._full_since_s: float | None = None
        self._handed_s = 0.0
        self._handed_naps: int | None = None
        self._started = False
        self._asleep_s = 0.0
        self._asleep_naps: int | None = None

    def start(self, *, raw: bool) -> None:
        """A new interpreter starts; everything is held until `open`. raw: it is to come up in the raw REPL."""
        self.raw_repl = self._enter_raw = raw
        self._tail = b""

    def open(self, child: Interpreter) -> None:
        """The board is up to boot.py: its input may flow."""
        self._child = child

    def interrupt_again(self) -> None:
        """A Ctrl-C came where it could not be seen: it is delivered once more."""
        self._interrupted_s = None
        self._queue.insert(0, CTRL_C)

    def end(self) -> bool:
        """The interpreter has ended: what it left unread stays; return whether anything was typed since last time."""
        self._child = None
        # A Ctrl-C that met the end of its program was meant for the board: it finds it at its next start.
        stop = b"" if self._interrupted_s is None else bytes((CTRL_C,))
        self._queue[:0] = stop + self._terminal.take_unread()
        self._clear_holds()
        typed, self.typed = self.typed, False
        return typed

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
        while self._child is not None and (self._queue or self._enter_raw or self._interrupted_s is not None):
            activity = self._child.look()
            if activity.program:
                moved = not self._still_stops(now_s) and self._hand_to_program(self._child, now_s)
            else:
                moved = self._prompt_waits(activity, now_s) and self._hand_to_prompt(activity, now_s)
            if not moved:
                return POLL_S
        return None

    def _still_stops(self, now_s: float) -> bool:
        """Whether Ctrl-C was delivered and the program may yet stop of it."""
        if self._interrupted_s is not None and now_s - self._interrupted_s > INTERRUPT_S:
            self._interrupted_s = None
        return self._interrupted_s is not None

    def _hand_to_program(self, child: Interpreter, now_s: float) -> bool:
        """Pass bytes to a running program, Ctrl-C as its interruption; return whether any were taken or dropped."""
        stop = self._queue.find(CTRL_C)
        if stop == 0:
            return self._interrupt(child, now_s)
        if stop < 0 and self._started and now_s - self._handed_s < STATEMENT_S:
            return False
        end = len(self._queue) if stop < 0 else stop
        room = UART_BYTES - self._terminal.unread()
        if room > 0:
            self._full_since_s = None
            return self._write(min(room, end)) > 0
        return self._overrun(end, now_s)

    def _interrupt(self, child: Interpreter, now_s: float) -> bool:
        if not child.interrupt():
            return False
        del self._queue[0]
        self._interrupted_s = now_s
        return True

    def _overrun(self, end: int, now_s: float) -> bool:
        if self._full_since_s is None:
            self._full_since_s = now_s
        if now_s - self._full_since_s < OVERRUN_S:
            return False
        self.overruns += end
        del self._queue[:end]
        return True

    def _prompt_waits(self, activity: Activity, now_s: float) -> bool:
        """Whether the last portion is read and dealt with, and the prompt waits for the next."""
        if not activity.asleep:
            return False
        if self._terminal.unread():
            self._watch_sleep(activity, now_s)
            return False
        self._interrupted_s = self._full_since_s = None
        return activity.naps != self._handed_naps or now_s - self._handed_s > LOST_S

    def _watch_sleep(self, activity: Activity, now_s: float) -> None:
        """Notice a prompt that sleeps on while there is something to read."""
        if activity.naps != self._asleep_naps:
            self._asleep_s, self._asleep_naps = now_s, activity.naps
        self.hung = now_s - self._asleep_s > HUNG_S

    def _hand_to_prompt(self, activity: Activity, now_s: float) -> bool:
        """Pass one portion to the prompt, up to a byte that may start a program; return whether any were taken."""
        if not self._queue and not self._enter_raw:
            return False
        self._handed_s, self._handed_naps = now_s, activity.naps
        if self._enter_raw:
            # After a soft reset from the raw REPL the client waits for the raw REPL.
            self._enter_raw = not write_some(self._terminal.master, CTRL_A)
            return not self._enter_raw
        end = self._portion(min(UART_BYTES, len(self._queue)))
        self._started = self._queue[end - 1] in self._starters
        return self._write(end) > 0

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
