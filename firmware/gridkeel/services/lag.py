"""A first-order lag in integers: 90 % of a step after its response time."""

STEP_MAX_MS = 20  # the longest block; a longer silence is lost samples, over which the answer is held anyway
_LN10_X100 = 230


class Lag:
    """`power_w` follows a target; held in mW, so that slow responses arrive.  Reactive power is followed alike."""

    def __init__(self) -> None:
        self.power_w = 0
        self._mw = 0

    def reset(self) -> None:
        self.power_w = 0
        self._mw = 0

    def follow(self, target_w: int, elapsed_ms: int, response_ms: int) -> int:
        """Come nearer to target_w (+-5 * 10**4) by elapsed_ms and return power_w; response_ms: 0..90000."""
        ahead = target_w * 1000 - self._mw
        if not ahead:
            return self.power_w
        if elapsed_ms > STEP_MAX_MS:
            elapsed_ms = STEP_MAX_MS
        elif elapsed_ms < 0:
            elapsed_ms = 0
        if response_ms <= elapsed_ms:
            self._mw += ahead
        elif elapsed_ms > 0:
            self._mw += self._part(ahead, elapsed_ms, response_ms)
        self.power_w = (self._mw + 500) // 1000
        return self.power_w

    @staticmethod
    def _part(ahead, elapsed_ms, response_ms):
        # The trapezoidal rule, x / (1 + x / 2) with x = ln 10 * elapsed / response: true to 1 % for x up to 0.3.
        # share is of 2**16 and under it; ahead is at most 10**8 = 12208 * 2**13, so both products stay under 2**30.
        x = 2 * elapsed_ms * _LN10_X100
        share = (x << 16) // (200 * response_ms + elapsed_ms * _LN10_X100)
        step = ((ahead >> 13) * share >> 3) + ((ahead & 8191) * share >> 16)
        return step or 1
