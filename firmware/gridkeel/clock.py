"""UTC, where somebody has told it: a certificate cannot be judged by a clock that was never set."""

from gridkeel import ticks


class WallClock:
    """Seconds since 1970 in UTC, told by the host or a battery-backed chip and carried on by the board's ticks."""

    def __init__(self):
        self._unix_s = None
        self._set_ms = 0

    def set(self, unix_s, now_ms):
        """Take the time of day, valid at now_ms."""
        self._unix_s = unix_s
        self._set_ms = now_ms

    def unix_s(self, now_ms):
        """Return the time of day, None where it was never told.  Called more often than the tick's half period."""
        if self._unix_s is None:
            return None
        passed_s = ticks.diff(now_ms, self._set_ms) // 1000
        if passed_s > 0:
            self._unix_s += passed_s
            self._set_ms = ticks.add(self._set_ms, passed_s * 1000)
        return self._unix_s
