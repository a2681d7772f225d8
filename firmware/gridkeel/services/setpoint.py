"""Secondary power: a set-point with a lifetime, the baseline when none is alive, and the ramp between them."""

from gridkeel import ticks


class Setpoint:
    """The power asked for from outside; `alive` tells whether a set-point rules, `expired` latches its end."""

    def __init__(self, parameters):
        self._p = parameters
        self.alive = False
        self.expired = False
        self.ramping = False
        self.power_w = 0
        self._wanted_w = 0
        self._since = 0
        self._life_ms = 0
        self._ramped_mw = 0
        self._last = 0

    def set(self, power_w, lifetime_ms, now_ms):
        """Take a set-point; return False (and change nothing) where power or lifetime is out of range."""
        if not -self._p.discharge_max_w <= power_w <= self._p.charge_max_w:
            return False
        if not 0 < lifetime_ms <= self._p.setpoint_max_s * 1000:
            return False
        self._wanted_w = power_w
        self._since = now_ms
        self._life_ms = lifetime_ms
        self.alive = True
        return True

    def update(self, now_ms, running):
        """Return power_w: the target approached at setpoint_ramp_w_s, from zero whenever power may not flow."""
        if self.alive and ticks.diff(now_ms, self._since) >= self._life_ms:
            self.alive = False
            self.expired = True
        elapsed_ms = ticks.diff(now_ms, self._last)
        self._last = now_ms
        if running:
            self._approach(elapsed_ms)
        else:
            self._ramped_mw = 0
        self.power_w = self._ramped_mw // 1000
        return self.power_w

    def _approach(self, elapsed_ms):
        # 10**6 W/s over 1000 ms is 10**9 mW: under 2**30; targets are at most 5 * 10**7 mW.
        if elapsed_ms > 1000:
            elapsed_ms = 1000
        step_mw = self._p.setpoint_ramp_w_s * elapsed_ms
        target_mw = (self._wanted_w if self.alive else self._p.baseline_w) * 1000
        ahead = target_mw - self._ramped_mw
        self.ramping = not -step_mw <= ahead <= step_mw
        if ahead > step_mw:
            ahead = step_mw
        elif ahead < -step_mw:
            ahead = -step_mw
        self._ramped_mw += ahead
