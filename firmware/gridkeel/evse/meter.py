"""Energy into the vehicle, counted from the inverter's measured power; never falls.

What flows unmeasured is not counted, for nobody may be billed for a guess; for how long that was the case is counted.
"""

from gridkeel import limits, ticks

_MJ_A_WH = 3600000
_UNMETERED_MAX_MS = 65535000
_STEP_MAX_MS = 1000  # 10**5 W over it is 10**8 mJ; a longer step was no measurement


class Meter:
    """energy_wh so far; unmetered_ms, in which the contactor was closed and the power unknown."""

    def __init__(self) -> None:
        self.energy_wh = 0
        self.unmetered_ms = 0
        self._mj = 0
        self._last_ms = 0
        self._begun = False

    def restore(self, energy_wh: int) -> None:
        """Count on from what was counted before a restart."""
        self.energy_wh = energy_wh

    def update(self, power_w: int, now_ms: int) -> None:
        """Count what flowed since the last call; power_w, positive into the vehicle, -10**5..10**5, or UNKNOWN."""
        elapsed_ms = 0
        if self._begun:
            elapsed_ms = (now_ms - self._last_ms & ticks.MASK ^ ticks.HALF) - ticks.HALF  # ticks.diff, without its call
        self._begun = True
        self._last_ms = now_ms
        if power_w <= 0:
            if power_w == limits.UNKNOWN:
                self.unmetered_ms = min(self.unmetered_ms + max(0, elapsed_ms), _UNMETERED_MAX_MS)
            return
        if elapsed_ms > _STEP_MAX_MS:
            elapsed_ms = _STEP_MAX_MS
        if elapsed_ms > 0:
            self._mj += power_w * elapsed_ms
        if self._mj >= _MJ_A_WH:
            whole = self._mj // _MJ_A_WH
            self._mj -= whole * _MJ_A_WH
            self.energy_wh += whole
