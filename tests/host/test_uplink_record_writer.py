"""Records that come while others go to the disk are stored too, without waiting for the next one."""

from __future__ import annotations

import asyncio

from host_tools.uplink.record_writer import RecordWriter


class Line:
    """Stands for a serial line and its intake: records to be stored."""

    def __init__(self) -> None:
        self.records: list[int] = []
        self.intake = self

    @property
    def waiting(self) -> list[int]:
        return self.records[:]

    @property
    def pending(self) -> int:
        return len(self.records)

    def stored(self, count: int) -> None:
        del self.records[:count]


class SlowStore:
    """Stands for the store: takes a batch only when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def put(self, batch: list[int]) -> int:
        self.batches.append(list(batch))
        self.begun.set()
        await self.may_end.wait()
        return len(batch)


async def _last_record_comes_during_a_commit() -> tuple[list[list[int]], int]:
    line, store = Line(), SlowStore()
    writer = RecordWriter(store, asyncio.Queue(), lambda _line: None)  # type: ignore[arg-type]
    running = asyncio.create_task(writer.run())
    line.records.append(1)
    writer.due(line)  # type: ignore[arg-type]
    await store.begun.wait()
    line.records.append(2)
    writer.due(line)  # type: ignore[arg-type]
    store.may_end.set()
    async with asyncio.timeout(30):
        while line.records:
            await asyncio.sleep(0.01)
    running.cancel()
    return store.batches, writer.stored


def test_a_record_that_comes_during_a_commit_is_stored_by_the_next_one() -> None:
    assert asyncio.run(_last_record_comes_during_a_commit()) == ([[1], [2]], 2)
