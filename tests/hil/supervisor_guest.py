"""Runs in MicroPython: a supervisor with tasks that end in a given way; prints one line of JSON.

Each task notes when it starts, ms since the first start. Time is virtual: it passes where every task waits.
"""

import asyncio
import json

from fake_board import FakeBoard

from gridkeel import ticks
from gridkeel.faults import Faults
from gridkeel.runtime import supervisor

supervisor.ROUND_MS = 10
supervisor.WAIT_MAX_MS = 160
supervisor._SOUND_MS = 300
RUN_MS = 1500


class Clock:
    """Ticks of asyncio, far beyond the real ones that its C queue stamps new tasks with."""

    now_ms = 1 << 41

    def ticks(self):
        return self.now_ms

    def idle(self, rest_ms):
        assert rest_ms >= 0, "every task waits for ever"
        self.now_ms += rest_ms


clock = Clock()
asyncio.core.ticks = clock.ticks
asyncio.core._io_queue.wait_io_event = clock.idle


def failing(board, after_ms, starts, error):
    begun_ms = board.ticks_ms()

    async def task():
        starts.append(ticks.diff(board.ticks_ms(), begun_ms))
        await asyncio.sleep_ms(after_ms)
        if error is not None:
            raise error

    return task


async def play(tasks):
    """Run for RUN_MS with tasks: (name, critical, after_ms, error); return what came of it."""
    board, faults = FakeBoard(lambda: clock.now_ms), Faults()
    guard = supervisor.Supervisor(board, faults, 200)
    starts = {}
    for name, critical, after_ms, error in tasks:
        starts[name] = []
        guard.watch(name, failing(board, after_ms, starts[name], error), critical)

    async def service():
        while True:
            guard.beat(board.ticks_ms())
            await asyncio.sleep_ms(5)

    guard.watch("service", service, True)
    running = asyncio.create_task(guard.run())
    reported = []
    for _ in range(RUN_MS // 5):
        await asyncio.sleep_ms(5)
        while True:
            change = faults.take()
            if change is None:
                break
            reported.append(change)
    running.cancel()
    assert board.closings == 0
    return {
        "drops": board.drops,
        "feeds": board.feeds,
        "restarts": guard.restarts,
        "starts": starts,
        "reported": sorted({code for code, active, _value in reported if active}),
        "most": max([value for _code, _active, value in reported] + [0]),
    }


async def main():
    for_ever = 10000
    print(
        "RESULT",
        json.dumps(
            {
                "service": await play([("a", False, 0, OSError(5)), ("b", False, for_ever, None)]),
                "returns": await play([("a", False, 0, None)]),
                "recovers": await play([("a", False, 350, ValueError("x"))]),
                "critical": await play([("a", True, 0, MemoryError())]),
            }
        ),
    )


asyncio.run(main())
