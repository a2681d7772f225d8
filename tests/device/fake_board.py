"""A fake board for tests of the runtime: a clock, a contactor and a watchdog, and how often each was used."""

import os

from gridkeel import ticks


class FakeBoard:
    """clock(): now in ms.  drops, closings: orders to the contactor.  feeds: of the watchdog."""

    clock_hz = 2_000_000_000
    slice_ms = 0
    probes_heap = False

    def __init__(self, clock):
        self._clock = clock
        self.drops = 0
        self.closings = 0
        self.feeds = 0

    def ticks_ms(self):
        return self._clock() & ticks.MASK

    def ticks_us(self):
        return self._clock() * 1000 & ticks.MASK

    def random(self, n):
        return os.urandom(n)

    def energise(self, on):
        if on:
            self.closings += 1
        else:
            self.drops += 1

    def feed_watchdog(self):
        self.feeds += 1
