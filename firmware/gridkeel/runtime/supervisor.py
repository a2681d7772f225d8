"""Keeps the tasks alive and the watchdog fed, and only while both are true."""

import asyncio
import sys

from gridkeel import errors, ticks

ROUND_MS = 100


class Supervisor:
    """Starts tasks, starts them again when they end, feeds the watchdog while the service task beats."""

    def __init__(self, board, faults, patience_ms):
        self._board = board
        self._faults = faults
        self._patience_ms = patience_ms
        self._watched = []
        self._beat_ms = 0
        self.restarts = 0

    def watch(self, name, task):
        """Add a task: a coroutine function without arguments that never returns."""
        self._watched.append([name, task, None])

    def beat(self, now_ms):
        """The service task came round."""
        self._beat_ms = now_ms

    async def run(self):
        """Run for ever."""
        self._beat_ms = self._board.ticks_ms()
        while True:
            stopped = False
            for entry in self._watched:
                if entry[2] is None or entry[2].done():
                    stopped = stopped or entry[2] is not None
                    entry[2] = asyncio.create_task(self._guard(entry[0], entry[1]))
            self._faults.set(errors.TASK_STOPPED, stopped, self.restarts)
            if ticks.diff(self._board.ticks_ms(), self._beat_ms) < self._patience_ms:
                self._board.feed_watchdog()
            await asyncio.sleep_ms(ROUND_MS)

    async def _guard(self, name, task):
        try:
            await task()
        except Exception as error:  # whatever a task dies of must be told and must not take the others along
            self.restarts += 1
            print("gridkeel: task %s stopped" % name)
            sys.print_exception(error)
            self._board.energise(False)
