"""The vehicle's limits, charging profile and state of charge, as it states them in a session."""

from array import array

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

PROFILE_MAX = 24  # entries of a charging profile; ISO 15118-2 knows no more
UNLIMITED_W = 1000000
_MOST_MILLI = 1000000  # 1,000 V and 1,000 A: no connector has more
_NEVER_S = 86400


class Demand:
    """most_w, what it takes at most; soc_pct_x100, -1 unknown.  `update` allocates nothing.

    dc_mv, dc_ma: the most voltage and current of DC it takes; 0 while not stated.  entries: of the profile.
    """

    def __init__(self) -> None:
        self.most_w = UNLIMITED_W
        self.dc_mv = 0
        self.dc_ma = 0
        self.soc_pct_x100 = -1
        self.profile_w = UNLIMITED_W
        self._start_s = array("i", [0] * PROFILE_MAX)
        self._power_w = array("i", [0] * PROFILE_MAX)
        self.entries = 0
        self._since_ms = 0

    def forget(self) -> None:
        """The session is over."""
        self.most_w = self.profile_w = UNLIMITED_W
        self.dc_mv = self.dc_ma = 0
        self.soc_pct_x100 = -1
        self.entries = 0

    def limit(self, max_w: "float | None", max_v: "float | None", max_a: "float | None", phases: int) -> None:
        """Take the vehicle's limits, None where not stated; max_v and max_a count where both are stated."""
        most_w = UNLIMITED_W if max_w is None else int(max_w)
        if max_v is not None and max_a is not None:
            most_w = min(most_w, int(max_v * max_a) * phases)
        self.most_w = max(0, min(most_w, UNLIMITED_W))
        self.dc_mv = 0 if max_v is None else max(0, min(int(max_v * 1000), _MOST_MILLI))
        self.dc_ma = 0 if max_a is None else max(0, min(int(max_a * 1000), _MOST_MILLI))

    def charge(self, pct: float) -> None:
        """Take the vehicle's own state of charge, 0..100."""
        self.soc_pct_x100 = max(0, min(int(pct * 100), 10000))

    def profile(self, entries: "Sequence[tuple[int, float]]", now_ms: int) -> None:
        """Take the profile the vehicle will keep to: ((start_s, power_w), ...), from now, ascending."""
        self.entries = min(len(entries), PROFILE_MAX)
        for i in range(self.entries):
            self._start_s[i] = min(int(entries[i][0]), _NEVER_S)
            self._power_w[i] = max(0, min(int(entries[i][1]), UNLIMITED_W))
        self._since_ms = now_ms
        self.update(now_ms)

    def update(self, now_ms: int) -> None:
        """Move on to the entry in force."""
        if not self.entries:
            self.profile_w = UNLIMITED_W
            return
        # seconds to a day; the tick's half period is six
        passed_s = ticks.diff(now_ms, self._since_ms) // 1000
        for i in range(self.entries):
            if self._start_s[i] <= passed_s:
                self.profile_w = self._power_w[i]
