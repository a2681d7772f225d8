"""Power cycles of a virtual board: reset line, watchdog, and the next start after each end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hil.virtual_board.console import ConsoleInput
from hil.virtual_board.process import Interpreter
from hil.virtual_board.pty_port import PtyPort
from hil.virtual_board.restarts import RestartPolicy

PWRON_RESET, HARD_RESET, WDT_RESET, SOFT_RESET = 1, 2, 3, 5  # machine.reset_cause()


class PowerCycles:
    """Starts the interpreter, notices its end, and starts it again as the reset's cause asks."""

    def __init__(
        self,
        terminal: PtyPort,
        flash: Path,
        environment: Mapping[str, str],
        *,
        device_id: str,
        heap_bytes: int,
        rom: Path | None,
        console: ConsoleInput,
        say: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        self.policy = RestartPolicy()
        self.child: Interpreter | None = None
        self.boots = 0
        self.watchdog_resets = 0
        self.reset_pressed = False
        self._terminal = terminal
        self._flash = flash
        self._environment = environment
        self._device_id = device_id
        self._heap_bytes = heap_bytes
        self._rom = rom
        self._console = console
        self._say = say
        self._ended = ended
        self._cause = PWRON_RESET
        self._start_due_s = 0.0
        self._watchdog_s: float | None = None
        self._watchdog_due_s = 0.0

    @property
    def control(self) -> int | None:
        """Descriptor that wakes `tend`, None where there is none."""
        return self.child.control if self.child and self.child.control_open else None

    def tend(self, now_s: float) -> None:
        """One look at the interpreter: start it where it is due, else act on what it said or how it ended."""
        child = self.child
        if child is None:
            if now_s >= self._start_due_s:
                self._start()
            return
        cause = self._obey(child, now_s)
        self._rest_watchdog(child)
        returncode = child.returncode()
        if cause or self.reset_pressed:
            self.reset_pressed = False
            self._end(child, cause or HARD_RESET)
        elif returncode is not None:
            self._end(child, SOFT_RESET if returncode == 0 else HARD_RESET, returncode)
        elif self._console.hung:
            self._say("virtual board: interpreter locked up")
            self._end(child, HARD_RESET)
        elif self._watchdog_s is not None and now_s > self._watchdog_due_s:
            self.watchdog_resets += 1
            self._end(child, WDT_RESET)

    def feed(self, now_s: float, patience_s: float) -> None:
        """The program says that it is sound: unless it says so again within patience_s the board resets."""
        self._watchdog_s = patience_s
        self._watchdog_due_s = now_s + patience_s

    def _rest_watchdog(self, child: Interpreter) -> None:
        # It stops from the moment the program ends or is interrupted, as it does under a debugger: a board
        # that resets while somebody copies files to it would be no use.
        if self._watchdog_s is not None and not child.look().program:
            self._watchdog_s = None

    def rest_s(self, now_s: float, longest_s: float) -> float:
        """Time to the next moment `tend` has something to do by itself."""
        due_s = now_s + longest_s
        if self.child is None:
            due_s = self._start_due_s
        elif self._watchdog_s is not None:
            due_s = self._watchdog_due_s
        return min(longest_s, max(0.0, due_s - now_s))

    def close(self) -> None:
        if self.child:
            self.child.close()
            self.child = None

    def _start(self) -> None:
        self._terminal.reset()
        raw = self._cause == SOFT_RESET and self._console.raw_repl
        self._console.start(raw=raw)
        self._watchdog_s = None
        self.child = Interpreter(
            self._terminal,
            self._flash,
            self._environment,
            cause=self._cause,
            device_id=self._device_id,
            raw=raw,
            heap_bytes=self._heap_bytes,
            rom=self._rom,
        )

    def _obey(self, child: Interpreter, now_s: float) -> int:
        """Act on the words of the control pipe; return the cause of the reset one asked for, 0 for none."""
        for word in child.words():
            if word == ["boot"]:
                self.boots += 1
                self._console.open(child)
            elif word == ["interrupt"]:
                self._console.interrupt_again()
            elif word == ["reset"]:
                return HARD_RESET
            elif word == ["soft_reset"]:
                return SOFT_RESET
            elif word == ["feed"] and self._watchdog_s is not None:
                self.feed(now_s, self._watchdog_s)
            elif len(word) == 2 and word[0] == "wdt" and word[1].isdecimal():
                self.feed(now_s, int(word[1]) / 1000)
        return 0

    def _end(self, child: Interpreter, cause: int, returncode: int = 0) -> None:
        child.close()
        self.child = None
        self._cause = cause
        typed = self._console.end()
        self._ended()
        if returncode:
            self._say(f"virtual board: interpreter ended with {returncode}")
        elif cause == SOFT_RESET:
            self._say("MPY: soft reboot")
        elif cause == WDT_RESET:
            self._say("virtual board: watchdog reset")
        now_s = time.monotonic()
        pause_s = self.policy.after(now_s - child.started_s, typed)
        self._start_due_s = now_s + pause_s
        if pause_s:
            self._say(
                f"virtual board: {self.policy.crashes_in_a_row} crashes in a row, each within a second,"
                f" next start in {pause_s:g} s"
            )
