"""Error of the sample clock, from blocks counted against the host's time: see docs/sensing.md.

Two clocks are read with delays that only ever make them look late: a block is noticed late, a time stamp arrives late.
So the least lateness of a segment is kept for either, and a line through the segments' differences has the error as its
slope.  A millisecond over a segment is 16 ppm; over a whole run of 17 minutes, with every segment weighed, under one.
"""

from array import array

from gridkeel import TYPE_CHECKING
from gridkeel.ticks import HALF, MASK, add, diff

if TYPE_CHECKING:
    from gridkeel.params import Parameters

STATES = ("unknown", "settling", "known", "implausible")
UNKNOWN, SETTLING, KNOWN, IMPLAUSIBLE = range(4)

SEGMENT_MS = 64000
SEGMENTS = 16
SEGMENTS_MIN = 6
STAMPS_MIN = 4  # a segment with fewer has no least lateness to go by
BEND_MS = 20  # from one segment to the next, against the one before: the host's clock was set, or is being slewed
KNOWN_PPM = 6  # uncertainty up to which the slope is believed
MOVE_PPM = 4  # a time stamp: 0.2 mHz every few seconds, which no droop curve and no ROCOF limit notices
NEVER = 1 << 29


class SampleClock:
    """Counts blocks against the host's time.  ppm: what is added to sample_clock_ppm now; found_ppm: the whole error.

    A time stamp and a block are noted in any order; whatever loses samples calls `lost`, and the run begins anew while
    the correction is kept.  Allocates: nothing in `block` and `lost`; `host_time` belongs outside the control path.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self._known_ppm = parameters.sample_clock_ppm  # what the estimator was made with
        self.ppm = 0
        self.found_ppm = self._known_ppm
        self.state = UNKNOWN
        self._goal_ppm = 0
        self._counting = False
        self._due_ms = 0
        self._late_ms = 0
        self._stamped = False
        self._lag_ms = 0  # ticks less the host's time since the run began, now
        self._least_lag_ms = 0
        self._stamps = 0
        self._last_s = self._last_ms = self._last_tick = 0
        self._began_tick = 0
        self._offsets = array("i", [0] * SEGMENTS)
        self._n = 0

    def block(self, now_ms: int) -> None:
        """Count a block that was noticed at now_ms."""
        if not self._counting:
            self._counting = True
            self._due_ms = now_ms
            self._late_ms = 0
            return
        due_ms = add(self._due_ms, self._p.block_ms)
        self._due_ms = due_ms
        late_ms = (now_ms - due_ms & MASK ^ HALF) - HALF  # ticks.diff, without its call
        if late_ms < self._late_ms:
            self._late_ms = late_ms

    def lost(self) -> None:
        """Samples are missing: nothing counted before says anything of what comes."""
        self._counting = False
        self._stamped = False
        if self.state == KNOWN:
            self.state = SETTLING

    def host_time(self, unix_s: int, ms: int, now_ms: int) -> None:
        """Take the host's time that arrived at now_ms, and move the correction on."""
        if self._follows(unix_s, ms, now_ms):
            self._fold(now_ms)
        elif self._counting:
            self._begin(now_ms)
        self._last_s = unix_s
        self._last_ms = ms
        self._last_tick = now_ms
        step = self._goal_ppm - self.ppm
        self.ppm += max(-MOVE_PPM, min(MOVE_PPM, step))

    def _begin(self, now_ms):
        self._stamped = True
        self._n = 0
        self._lag_ms = 0
        self._began_tick = now_ms
        self._open_segment()
        if self.state != IMPLAUSIBLE:
            self.state = SETTLING

    def _open_segment(self):
        self._late_ms = NEVER
        self._least_lag_ms = NEVER
        self._stamps = 0

    def _follows(self, unix_s, ms, now_ms):
        """Add what passed since the last time stamp to the lag; return False where there is no run to go on with."""
        if not (self._stamped and self._counting and 0 <= unix_s - self._last_s < 1000):
            return False
        host_ms = (unix_s - self._last_s) * 1000 + ms - self._last_ms
        self._lag_ms += diff(now_ms, self._last_tick) - host_ms
        return True

    def _fold(self, now_ms):
        if diff(now_ms, self._began_tick) >= SEGMENT_MS:
            if self._stamps < STAMPS_MIN or not self._close_segment():
                self._begin(now_ms)
                return
            self._began_tick = add(self._began_tick, SEGMENT_MS)
            self._open_segment()
        self._stamps += 1
        if self._lag_ms < self._least_lag_ms:
            self._least_lag_ms = self._lag_ms

    def _close_segment(self):
        """Keep the offset and draw the line; return False where the offset leaves the line of the last two."""
        offsets = self._offsets
        if self._n == SEGMENTS:
            for i in range(1, SEGMENTS):
                offsets[i - 1] = offsets[i]
            self._n -= 1
        n = self._n
        offsets[n] = self._least_lag_ms - self._late_ms
        self._n = n + 1
        if n >= 2 and not -BEND_MS <= offsets[n] - 2 * offsets[n - 1] + offsets[n - 2] <= BEND_MS:
            return False
        if self._n >= SEGMENTS_MIN:
            self._judge(slope_ppm(offsets, self._n))
        return True

    def _judge(self, ppm):
        self.found_ppm = ppm
        if uncertain_ppm(self._offsets, self._n, ppm) > KNOWN_PPM:
            self.state = SETTLING
            return
        goal_ppm = ppm - self._known_ppm
        most_ppm = self._p.sample_clock_trim_ppm
        if -most_ppm <= goal_ppm <= most_ppm:
            self.state = KNOWN
            self._goal_ppm = goal_ppm
        else:
            self.state = IMPLAUSIBLE
            self._goal_ppm = 0


def slope_ppm(offsets: "array[int]", n: int) -> int:
    """Return the least-squares slope of n offsets, ms a segment, in ppm.  Range: 16 s of offsets stays under 2**30."""
    total = 0
    for i in range(n):
        total += (2 * i - n + 1) * (offsets[i] - offsets[0])
    # 6 * total / (n * (n * n - 1)) ms a segment, a millisecond of 64 s being 1000 / 64 ppm
    whole = n * (n * n - 1) * 4
    return (total * 375 + whole // 2) // whole


def uncertain_ppm(offsets: "array[int]", n: int, ppm: int) -> int:
    """Return about twice the standard error of a slope: half the spread is a standard deviation, as good as any."""
    # 2 * sigma * sqrt(12 / n**3), sigma in us over segments of 64 s
    spread = spread_us(offsets, n, ppm)
    root = 1
    while (root + 1) * (root + 1) <= 1024 * n:
        root += 1
    return spread * 111 // (64 * n * root)


def spread_us(offsets: "array[int]", n: int, ppm: int) -> int:
    """Return the largest distance of an offset from the line of that slope through their mean, in us."""
    total = 0
    for i in range(n):
        total += offsets[i] - offsets[0]
    most_us = 0
    for i in range(n):
        line_us = total * 1000 // n + ppm * (SEGMENT_MS // 1000) * (2 * i - n + 1) // 2
        most_us = max(most_us, abs((offsets[i] - offsets[0]) * 1000 - line_us))
    return most_us
