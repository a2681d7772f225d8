"""UTC, unset until synchronised: a certificate cannot be judged by a clock that was never set."""

from gridkeel import ticks

EARLIEST_UNIX_S = 1735689600  # 2025-01-01, before this firmware: a clock that says less was never set
LATEST_UNIX_S = 4102444800  # 2100-01-01
JUMP_MS = 5000  # past any delay of a working line and any adjustment of a host that keeps time
AGREEING = 3  # readings in a row that agree with each other move the clock by more than that
AGREE_MS = 1000
EASE = 8  # what comes late looks like a clock that is behind: it counts an eighth

TAKEN, ABSURD, JUMPED = range(3)


class WallClock:
    """Seconds since 1970 in UTC, from the host or a battery-backed chip, carried on by the board's ticks.

    offset_s: after `synchronise` did not return TAKEN, how far the reading was off this clock, +-2**29 at most.
    """

    def __init__(self) -> None:
        self.offset_s = 0
        self._unix_s: int | None = None
        self._set_ms = 0  # the tick at which _unix_s began
        self._other_s = 0  # the last reading that disagreed, the tick at which its second began, and how many agreed
        self._other_ms = 0
        self._agreeing = 0

    def set(self, unix_s: int, now_ms: int) -> None:
        """Take the time of day, valid at now_ms, whatever was known before."""
        self._unix_s = unix_s
        self._set_ms = now_ms
        self._agreeing = 0

    def synchronise(self, unix_s: int, ms: int, now_ms: int) -> int:
        """Take a reading, unix_s and ms, of a host that sent it unasked some time before now_ms.

        Returns TAKEN, ABSURD (outside 2025..2099) or JUMPED: more than JUMP_MS off, and not yet repeated often enough.
        """
        if not (EARLIEST_UNIX_S <= unix_s < LATEST_UNIX_S and 0 <= ms < 1000):
            self.offset_s = 0
            return ABSURD
        began_ms = ticks.sub(now_ms, ms)
        known_s = self.unix_s(now_ms)
        if known_s is not None:
            off_ms = _off_ms(unix_s - known_s, began_ms, self._set_ms)
            if -JUMP_MS <= off_ms <= JUMP_MS:
                self._agreeing = 0
                self._follow(off_ms)
                return TAKEN
            if not self._repeated(unix_s, began_ms):
                self.offset_s = max(min(unix_s - known_s, 1 << 29), -(1 << 29))
                return JUMPED
        self.set(unix_s, began_ms)
        return TAKEN

    def unix_s(self, now_ms: int) -> "int | None":
        """Return the time of day, None while it is unset.  Called more often than the tick's half period."""
        if self._unix_s is None:
            return None
        passed_s = ticks.diff(now_ms, self._set_ms) // 1000
        if passed_s > 0:
            self._unix_s += passed_s
            self._set_ms = ticks.add(self._set_ms, passed_s * 1000)
        return self._unix_s

    def _follow(self, off_ms):
        # A reading is never early: what is ahead of this clock is nearer the truth than this clock is.
        if off_ms < 0:
            off_ms = -(-off_ms // EASE)
        if off_ms > 0:
            self._set_ms = ticks.sub(self._set_ms, off_ms)
        else:
            self._set_ms = ticks.add(self._set_ms, -off_ms)

    def _repeated(self, unix_s, began_ms):
        """Note a reading that disagrees; return True for the AGREEING-th in a row that agrees with the one before."""
        agrees = self._agreeing and abs(_off_ms(unix_s - self._other_s, began_ms, self._other_ms)) <= AGREE_MS
        self._agreeing = self._agreeing + 1 if agrees else 1
        self._other_s = unix_s
        self._other_ms = began_ms
        return self._agreeing >= AGREEING


def _off_ms(ahead_s, began_ms, own_began_ms):
    """Return how many ms a reading is ahead: ahead_s between two seconds, less the ticks between their beginnings."""
    if not -100000 < ahead_s < 100000:
        return 1 << 29 if ahead_s > 0 else -(1 << 29)
    return ahead_s * 1000 - ticks.diff(began_ms, own_began_ms)
