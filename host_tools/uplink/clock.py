"""A steady clock that leaves out the time in which this process did not run, so that no silence is counted for it."""

from __future__ import annotations

import time
from collections.abc import Callable

# Between two looks at the clock; the uplink looks at least every BEAT_S, so a longer gap is the machine's.
BEAT_S = 0.25
_GAP_S = 0.75


class Clock:
    """`now` rises like time.monotonic, less the gaps in which it was not asked."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.stalled_s = 0.0
        self._monotonic = monotonic
        self._last_s = monotonic()

    def now(self) -> float:
        at_s = self._monotonic()
        gap_s = at_s - self._last_s
        self._last_s = at_s
        if gap_s > _GAP_S:
            self.stalled_s += gap_s - BEAT_S
        return at_s - self.stalled_s
