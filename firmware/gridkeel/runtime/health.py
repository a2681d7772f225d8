"""The runtime's own figures: rhythm of the control loop, time of a step, room in the heap."""

import gc

from gridkeel import ticks


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

    def look(self) -> None:
        """Look at the room in the heap, which walks all of it."""
        self.heap_free = gc.mem_free()
