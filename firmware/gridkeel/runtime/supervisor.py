"""Restarts tasks that end, and feeds the watchdog while the service task beats."""

import asyncio
import sys

from gridkeel import TYPE_CHECKING, errors, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gridkeel.faults import Faults
    from gridkeel.protocols import Board

ROUND_MS = 100
WAIT_MAX_MS = 5000  # longest wait before a service that keeps failing is started again: a vehicle asks on for longer
_SOUND_MS = 60000  # a service that ran this long has recovered: its next failure waits for one round only

# places of an entry
_NAME = 0
_START = 1
_CRITICAL = 2
_TASK = 3
_WAIT_MS = 4
_DUE_MS = 5
_BEGUN_MS = 6


class Supervisor:
    """Two kinds of tasks: what commands power (critical), and services beside it.

    A critical task that ends opens the contactor, and is started again with the next round. A service that ends
    touches no power: it is started again after a wait that doubles with each failure, up to WAIT_MAX_MS.
    restarts: how many tasks ended since the start; the value of both faults.
    """

    def __init__(self, board: "Board", faults: "Faults", patience_ms: int) -> None:
        self._board = board
        self._faults = faults
        self._patience_ms = patience_ms
        self._watched: list[list] = []
        self._beat_ms = 0
        self.restarts = 0

    def watch(self, name: str, task: "Callable[[], Coroutine[None, None, None]]", critical: bool = False) -> None:
        """Add a task: a coroutine function without arguments that never returns."""
        self._watched.append([name, task, critical, None, 0, 0, 0])

    def beat(self, now_ms: int) -> None:
        """The service task came round."""
        self._beat_ms = now_ms

    async def run(self) -> None:
        """Run for ever."""
        self._beat_ms = self._board.ticks_ms()
        while True:
            now_ms = self._board.ticks_ms()
            stopped = waiting = False
            for entry in self._watched:
                if entry[_TASK] is not None:
                    if not entry[_TASK].done():
                        continue
                    stopped = stopped or entry[_CRITICAL]
                    waiting = waiting or not entry[_CRITICAL]
                if ticks.diff(now_ms, entry[_DUE_MS]) >= 0 or entry[_TASK] is None:
                    entry[_TASK] = asyncio.create_task(self._guard(entry))
            self._faults.set(errors.TASK_STOPPED, stopped, self.restarts)
            self._faults.set(errors.SERVICE_STOPPED, waiting, self.restarts)
            if ticks.diff(now_ms, self._beat_ms) < self._patience_ms:
                self._board.feed_watchdog()
            await asyncio.sleep_ms(ROUND_MS)

    async def _guard(self, entry):
        entry[_BEGUN_MS] = self._board.ticks_ms()
        try:
            await entry[_START]()
        except Exception as error:  # whatever a task dies of must be reported and must not take the others along
            sys.print_exception(error)
        print("gridkeel: task %s stopped" % entry[_NAME])
        self.restarts += 1
        now_ms = self._board.ticks_ms()
        entry[_DUE_MS] = now_ms
        if entry[_CRITICAL]:
            self._board.energise(False)
            return
        if ticks.diff(now_ms, entry[_BEGUN_MS]) >= _SOUND_MS:
            entry[_WAIT_MS] = 0
        entry[_DUE_MS] = ticks.add(now_ms, entry[_WAIT_MS])
        entry[_WAIT_MS] = min(max(2 * entry[_WAIT_MS], 2 * ROUND_MS), WAIT_MAX_MS)
