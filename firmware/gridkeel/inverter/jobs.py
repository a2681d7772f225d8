"""The jobs of the Modbus line and their due times; of those due, writes go by rank, then reads by age."""

from array import array

from gridkeel.ticks import HALF, MASK, diff

NONE = -1

# The most urgent first.
SET = 0  # the power setting
STEP = 1  # a write that goes with it: mode, reversion
REFRESH = 2  # the reversion timer at half its time: the last step, then the setting
VAR_SET = 3  # the reactive side's own three, after those of the power
VAR_STEP = 4
VAR_REFRESH = 5
READBACK = 6
MEASURE = 7
VAR_READBACK = 8
STORAGE = 9
TEMPERATURE = 10
DIRECT = 11  # voltage and current of the battery
SCALE = 12
DISCOVER = 13
COUNT = 14


class Jobs:
    """The jobs' due times.  Allocates: nothing after construction.

    measured: the last read was a measurement, so that another read comes before the next one.
    """

    def __init__(self) -> None:
        self._due_ms = array("i", [0] * COUNT)
        self._wanted = 0  # a bit each
        self._hold_ms = array("i", [0] * COUNT)
        self._held = bytearray(COUNT)
        self.measured = False

    def want(self, job: int, at_ms: int) -> None:
        """Ask for a job from at_ms on; the earlier of two requests counts, but never before its hold ends."""
        if self._held[job] and diff(self._hold_ms[job], at_ms) > 0:
            at_ms = self._hold_ms[job]
        if not self._wanted & 1 << job:
            self._wanted |= 1 << job
            self._due_ms[job] = at_ms
        elif diff(self._due_ms[job], at_ms) > 0:
            self._due_ms[job] = at_ms

    def urge(self, job: int, at_ms: int) -> None:
        """Ask for a job from at_ms on, whatever holds it."""
        if not self._wanted & 1 << job or diff(self._due_ms[job], at_ms) > 0:
            self._due_ms[job] = at_ms
        self._wanted |= 1 << job

    def wants(self, job: int) -> bool:
        return self._wanted & 1 << job != 0

    def hold(self, job: int, until_ms: int) -> None:
        """Let no later request for a job count before until_ms."""
        self._held[job] = 1
        self._hold_ms[job] = until_ms

    def release(self, job: int) -> None:
        self._held[job] = 0

    def take(self, job: int) -> None:
        """The request of a job goes out."""
        self._wanted &= ~(1 << job)
        if job >= READBACK:
            self.measured = job == MEASURE

    def drop(self, job: int) -> None:
        self._wanted &= ~(1 << job)

    def clear(self) -> None:
        self._wanted = 0
        for job in range(COUNT):
            self._held[job] = 0

    def next(self, first: int, now_ms: int) -> int:
        """Return the first write from first on that is due, else a read, or NONE.

        On a line that is never idle every second read is a measurement, the other the one due for the longest time.
        """
        due_ms = self._due_ms
        wanted = self._wanted >> first
        job = first
        found = NONE
        longest_ms = -1
        while wanted:
            if wanted & 1:
                late_ms = (now_ms - due_ms[job] & MASK ^ HALF) - HALF  # ticks.diff, without its call
                if late_ms >= 0 and (job < READBACK or job == MEASURE and not self.measured):
                    return job
                if late_ms > longest_ms:
                    longest_ms = late_ms
                    found = job
            wanted >>= 1
            job += 1
        return found

    def wait_ms(self, now_ms: int) -> int:
        """Return the ms until the next job is due, 0 or more; -1 where there is none."""
        wait = -1
        for job in range(COUNT):
            if self._wanted & 1 << job:
                left = diff(self._due_ms[job], now_ms)
                if left <= 0:
                    return 0
                if wait < 0 or left < wait:
                    wait = left
        return wait
