"""A power that approaches its target at a limited rate."""

_ELAPSED_MAX_MS = 1000  # 10**6 W/s over 1000 ms is 10**9 mW: under 2**30


class Ramp:
    """`power_w` on its way; `moving` while it has not arrived."""

    def __init__(self) -> None:
        self.power_w = 0
        self.moving = False
        self._mw = 0

    def reset(self) -> None:
        """Start over from zero."""
        self.power_w = 0
        self.moving = False
        self._mw = 0

    def approach(self, target_w: int, rate_w_s: int, elapsed_ms: int) -> int:
        """Come nearer to target_w (+-2 * 10**5) at rate_w_s (10..10**6); return power_w."""
        ahead = target_w * 1000 - self._mw
        if not ahead:
            self.moving = False
            return self.power_w
        if elapsed_ms > _ELAPSED_MAX_MS:
            elapsed_ms = _ELAPSED_MAX_MS
        step_mw = rate_w_s * elapsed_ms if elapsed_ms > 0 else 0
        self.moving = not -step_mw <= ahead <= step_mw
        if ahead > step_mw:
            ahead = step_mw
        elif ahead < -step_mw:
            ahead = -step_mw
        self._mw += ahead
        self.power_w = self._mw // 1000
        return self.power_w
