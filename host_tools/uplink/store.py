"""The queue file for an event loop: every access in one thread, so that a slow disk stops no port and no connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from host_tools.uplink.queue import DEFAULT_MAX_ROWS, Entry, Queue, Stored

_Result = TypeVar("_Result")


class Store:
    """One queue file; calls are carried out in the order in which they were made.

    Errors of all methods: ToolError, as of Queue.
    """

    def __init__(self, path: Path | str, max_rows: int = DEFAULT_MAX_ROWS) -> None:
        # What acknowledges to a device wants the disk's word; what only deletes does without. They share a thread.
        self._durable = Queue(path, max_rows=max_rows)
        self._quick = Queue(path, durable=False)
        self._reading = Queue(path)  # for the loop's own thread: a reader waits for no writer
        self._thread = ThreadPoolExecutor(1, "gridkeel-queue")

    def __len__(self) -> int:
        return len(self._reading)

    def last(self, device: str, boot: int) -> int:
        """Return the highest sequence of a boot that was ever stored, 0 for none."""
        return self._reading.last(device, boot)

    async def put(self, entries: Iterable[Entry]) -> int:
        """Store a batch on the disk; return how many were new.  Errors: QueueFullError, nothing stored."""
        return await self._run(lambda: self._durable.put_many(entries))

    async def take(self, limit: int, device: str | None = None, after: int = 0) -> list[Stored]:
        """Return up to `limit` records in the order they came, ids over `after`."""
        return await self._run(lambda: self._quick.take(limit, device=device, after=after))

    async def done(self, ids: Iterable[int]) -> None:
        """Delete what the broker has."""
        await self._run(lambda: self._quick.done(ids))

    async def served(self) -> list[str]:
        """Return the devices that an earlier run said to be online."""
        return await self._run(self._quick.served)

    async def mark_served(self, served: Iterable[str], unserved: Iterable[str] = ()) -> None:
        """Take note of devices that are said to be online, and of those that no longer are."""
        await self._run(lambda: self._quick.mark_served(served, unserved))

    async def version(self) -> int:
        """Return a number that changes when another program or connection has changed the file."""
        return await self._run(self._quick.version)

    def close(self) -> None:
        """Finish what was begun, and close the file."""
        self._thread.shutdown()
        for queue in (self._reading, self._quick, self._durable):
            queue.close()

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
