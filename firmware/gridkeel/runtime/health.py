"""The runtime's own figures: rhythm of the control loop, time of a step; and the room in the heap, which it keeps.

A collection walks through all of the heap, some milliseconds. In a slice of work it would come on top of the slice
while a block waits; the control task has it after a block's bytes are out, when a whole block period is free. So work
stops before the heap can be full, by the most that it can have taken since somebody looked, and goes on once there is
room. MicroPython still collects by itself where a heap in pieces has no room for something large.
"""

import gc

from gridkeel import slices, ticks

CYCLES_A_BYTE = 100  # of work, no slice makes garbage faster: 138 instructions an octet is the most that was measured
RESERVE_BYTES = 8192  # for the slices of one turn, and for what other tasks make before it is looked at

# What the control task has to do for the heap.
_NOTHING, _LOOK, _COLLECT, _LOOK_AGAIN = range(4)


class Health:
    """Worst gaps of blocks: since the start (loop_gap_max_us), since the last record (loop_gap_us), in a session."""

    def __init__(self) -> None:
        self.uptime_ms = 0
        self.loop_gap_us = 0
        self.loop_gap_max_us = 0
        self.session_gap_us = 0
        self.step_max_us = 0
        self.heap_free = gc.mem_free()
        self._last_us = 0
        self._started = False
        self._last_ms = 0

    def block(self, start_us: int, end_us: int) -> None:
        """Note one round of the control loop, from the block's arrival to the bytes handed over."""
        if self._started:
            gap = ticks.diff(start_us, self._last_us)
            if gap > self.loop_gap_us:
                self.loop_gap_us = gap
            if gap > self.loop_gap_max_us:
                self.loop_gap_max_us = gap
            if gap > self.session_gap_us:
                self.session_gap_us = gap
        self._started = True
        self._last_us = start_us
        took = ticks.diff(end_us, start_us)
        if took > self.step_max_us:
            self.step_max_us = took

    def pause(self) -> None:
        """Blocks stopped coming: the next gap is the mains', not the loop's."""
        self._started = False

    def clock(self, now_ms: int) -> None:
        """Carry the uptime on; called more often than the tick wraps."""
        self.uptime_ms = (self.uptime_ms + ticks.diff(now_ms, self._last_ms)) & 0xFFFFFFFF
        self._last_ms = now_ms

    def start_clock(self, now_ms: int) -> None:
        self._last_ms = now_ms

    def begin_session(self) -> None:
        """A vehicle connected: its worst gap is counted from now on."""
        self.session_gap_us = 0

    def reported(self) -> None:
        """A record went out: begin the next interval."""
        self.loop_gap_us = 0
        self.step_max_us = 0


class Heap:
    """Keeps room for work in slices.  health: takes what was seen, heap_free."""

    def __init__(self, health: "Health") -> None:
        self._health = health
        self._floor = 0
        self._left_us = 1 << 29  # of work that surely fits; at start nothing is short
        self._due = _NOTHING

    def begin(self) -> None:
        """All that stays is there: half of what is free now is to be left."""
        gc.collect()
        self._floor = gc.mem_free() // 2

    def look(self) -> None:
        """Look at the room when there is time, and collect where less than half of it is left."""
        if self._due == _NOTHING:
            self._due = _LOOK

    def worked(self, took_us: int) -> None:
        """Note work, which may have made garbage all the time."""
        self._left_us -= took_us

    def short(self) -> bool:
        """Return whether the next turn of work may not fit: it has to wait."""
        return self._left_us <= 0

    def tend(self) -> bool:
        """Look or collect, where one of them is due; return whether that took the time.  For the control task alone."""
        due = self._due
        if due == _COLLECT:
            self._due = _LOOK_AGAIN
            gc.collect()
            return True
        if due == _NOTHING and self._left_us > 0:
            return False
        self._due = _NOTHING
        free = gc.mem_free()
        left_us = (free - RESERVE_BYTES) * CYCLES_A_BYTE // (slices.cycles // 1000)
        if due == _LOOK_AGAIN:
            left_us = max(left_us, 1)  # where it is full of what is in use: a turn at a time
        else:
            self._health.heap_free = free
            if left_us <= 0 or due == _LOOK and free < self._floor:
                self._due = _COLLECT
        self._left_us = left_us
        return True
