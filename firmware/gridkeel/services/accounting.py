"""Energy account: the deviation from the baseline, integrated over a window, and its verdict by the sign.

    verdict   integral   meaning
    none      -          too little moved, or what flowed was unknown for longer than the tolerance
    shed      negative   less was taken, and not made up for
    shifted   zero       what was left off was taken at another time
    battery   positive   more came back than was left off: shifted by a battery, and the rest is its losses
    added     positive   more was taken, and nothing left off

Zero means within account_tolerance_pct of all that moved either way.
"""

from gridkeel import TYPE_CHECKING, limits, ticks

if TYPE_CHECKING:
    from gridkeel.params import Parameters

NONE = 0
SHED = 1
SHIFTED = 2
BATTERY = 3
ADDED = 4
VERDICTS = ("none", "shed", "shifted", "battery", "added")

_MJ_A_WH = 3600000
_STEP_MAX_MS = 1000  # 10**5 W over it is 10**8 mJ; a longer step was no measurement
_LEAST_WH = 5


class Account:
    """up_wh and down_wh of the window that runs; of the last whole one: deviation_wh and verdict (VERDICTS)."""

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.up_wh = 0
        self.down_wh = 0
        self.deviation_wh = 0
        self.verdict = NONE
        self._up_mj = 0
        self._down_mj = 0
        self._begin_ms = 0
        self._last_ms = 0
        self._begun = False
        self._silence_ms = 0

    def update(self, power_w: int, now_ms: int) -> None:
        """Add what flowed since the last call, held against baseline_w; power_w: limits.UNKNOWN where nobody knows."""
        if not self._begun:
            self._begun = True
            self._begin_ms = self._last_ms = now_ms
        # Twice ticks.diff, without its call.
        elapsed_ms = (now_ms - self._last_ms & ticks.MASK ^ ticks.HALF) - ticks.HALF
        if elapsed_ms < 0:
            elapsed_ms = 0
        elif elapsed_ms > _STEP_MAX_MS:
            elapsed_ms = _STEP_MAX_MS
        self._last_ms = now_ms
        if power_w == limits.UNKNOWN:
            self._silence_ms += elapsed_ms
        else:
            mj = (power_w - self._p.baseline_w) * elapsed_ms
            if mj >= 0:
                self._up_mj = mj = mj + self._up_mj
            else:
                self._down_mj = mj = self._down_mj - mj
            if mj >= _MJ_A_WH:
                self._carry()
        window_ms = (now_ms - self._begin_ms & ticks.MASK ^ ticks.HALF) - ticks.HALF
        if window_ms >= self._p.account_window_s * 1000:
            self._close(now_ms)

    def _carry(self):
        """Turn what makes whole watt-hours into them."""
        self.up_wh += self._up_mj // _MJ_A_WH
        self._up_mj %= _MJ_A_WH
        self.down_wh += self._down_mj // _MJ_A_WH
        self._down_mj %= _MJ_A_WH

    def _close(self, now_ms):
        self.deviation_wh = self.up_wh - self.down_wh
        self.verdict = self._judge()
        self.up_wh = self.down_wh = 0
        self._silence_ms = 0
        self._begin_ms = now_ms

    def _judge(self):
        moved_wh = self.up_wh + self.down_wh
        # a day at 20 % is 1.7 * 10**7 ms
        unknown = self._silence_ms > self._p.account_window_s * 10 * self._p.account_tolerance_pct
        if moved_wh < _LEAST_WH or unknown:
            return NONE
        # a day of 10**5 W is 2.4 * 10**6 Wh: times 100 it stays under 2**28
        slack_wh = moved_wh * self._p.account_tolerance_pct // 100
        if self.deviation_wh < -slack_wh:
            return SHED
        if self.deviation_wh <= slack_wh:
            return SHIFTED
        return BATTERY if self.down_wh > slack_wh else ADDED
