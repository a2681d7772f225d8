"""Zero crossings of the mains, stamped by a timer's input capture: for chips whose ADC nothing can pace.

A comparator with hysteresis makes the crossings of the mains the edges of MAINS_CAPTURE; the timer CAPTURE_TIMER, 32
bits wide, latches its counter at each rising one on CAPTURE_CHANNEL. An interrupt that comes late changes no stamp.
sensing/edges.py makes frequency of them; no voltage is measured so.
"""

import asyncio
import time
from array import array

from machine import Pin
from pyb import Timer

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from types import ModuleType

TICK_HZ_MOST = 50000000
STAMPS = 8  # a block of 20 ms holds two at the most, and a program is never kept away for three of them


class CaptureMains:
    """Blocks of stamps.  tick_hz: of the counter.  count: stamps in the block that was handed out last."""

    def __init__(self, table: "ModuleType") -> None:
        timer = Timer(table.CAPTURE_TIMER, prescaler=0, period=ticks.MASK)
        source_hz = timer.source_freq()
        divider = -(-source_hz // TICK_HZ_MOST)
        self.tick_hz = source_hz // divider
        self.count = 0
        self._timer = Timer(table.CAPTURE_TIMER, prescaler=divider - 1, period=ticks.MASK)
        self._stamps = array("i", [0] * STAMPS)
        self._put = 0
        self._got = 0
        self._block_us = 0
        self._due_us = -1
        pin = Pin(table.MAINS_CAPTURE)
        self._channel = self._timer.channel(table.CAPTURE_CHANNEL, Timer.IC, pin=pin, polarity=Timer.RISING)
        self._channel.callback(self._stamp)

    def _stamp(self, _timer):
        """Keep the latched counter; runs in an interrupt, where nothing may be allocated."""
        self._stamps[self._put % STAMPS] = self._channel.capture()
        self._put = ticks.add(self._put, 1)

    def begin(self, block_ms: int) -> None:
        """Take the length of a block."""
        self._block_us = block_ms * 1000

    async def next_block(self, block: "array[int]") -> int:
        """Wait for the end of a block, put its stamps into `block`; return how many blocks were missed before it."""
        if self._due_us < 0:
            self._due_us = ticks.add(_now_us(), self._block_us)
        while True:
            left_us = ticks.diff(self._due_us, _now_us())
            if left_us <= 0:
                break
            await asyncio.sleep_ms((left_us + 999) // 1000)
        missed = -left_us // self._block_us
        self._due_us = ticks.add(self._due_us, (missed + 1) * self._block_us)
        waiting = ticks.diff(self._put, self._got)
        lost = missed if waiting > STAMPS else 0
        if lost:
            self._got = ticks.sub(self._put, STAMPS // 2)
            waiting = STAMPS // 2
        self.count = min(waiting, len(block))
        for k in range(self.count):
            block[k] = self._stamps[self._got % STAMPS]
            self._got = ticks.add(self._got, 1)
        return lost


def _now_us():
    return time.ticks_us() & ticks.MASK
