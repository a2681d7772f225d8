"""Records of all lines to the disk: one transaction for what came meanwhile, acknowledged once it is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from host_tools.uplink.events import EventQueue, RecordsStored
from host_tools.uplink.intake import COMMIT_RECORDS
from host_tools.uplink.problem_log import ProblemLog
from host_tools.uplink.queue import QueueFullError
from host_tools.uplink.serial_line import SerialLine
from host_tools.uplink.store import Store

_PAUSE_S = 0.05  # between two transactions, where no line has many records ready
_FULL_S = 0.5


class RecordWriter:
    """`run` stores what lines have ready, and says so by RecordsStored."""

    def __init__(self, store: Store, events: EventQueue, say: Callable[[str], None]) -> None:
        self.stored = 0
        self._store = store
        self._problems = ProblemLog(say)
        self._events = events
        self._ready: dict[SerialLine, None] = {}
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()

    def due(self, line: SerialLine) -> None:
        """A line has records ready."""
        self._ready[line] = None
        self._wake.set()
        if line.intake.pending >= COMMIT_RECORDS:
            self._hurry.set()

    async def run(self) -> None:
        """Store for ever.  Errors: ToolError where the queue file is damaged."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._hurry.clear()
            if await self.commit():
                await asyncio.sleep(_FULL_S)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), _PAUSE_S)

    async def commit(self) -> bool:
        """Store what is ready; return True where the queue has no room for it."""
        ready = {line: line.intake.waiting for line in self._ready}
        self._ready.clear()
        full = not await self._store_together(ready)
        if full and len(ready) > 1:
            full = False
            for line, entries in ready.items():
                full = not await self._store_together({line: entries}) or full
        if full:
            self._wake.set()
        return full

    async def _store_together(self, ready: dict[SerialLine, list]) -> bool:
        """Store the records of some lines; return False, and keep them ready, where there is no room."""
        batch = [entry for entries in ready.values() for entry in entries]
        if not batch:
            return True
        try:
            self.stored += await self._store.put(batch)
        except QueueFullError as error:
            self._problems.begin("queue", str(error))
            self._ready.update(dict.fromkeys(ready))
            return False
        self._problems.end("queue", "queue has room again")
        for line, entries in ready.items():
            if entries:
                line.stored(len(entries))
            if not line.intake.pending:  # else more came while these went to the disk
                self._ready.pop(line, None)
        self._events.put_nowait(RecordsStored())
        return True
