"""Departure of the vehicle: its time, the state of charge it must have then, and the power that takes."""

from gridkeel import energy, ticks

DEPARTURE_MAX_S = 172800
SOC_MAX_PCT_X100 = 10000
# An even charge that takes this share of what may flow leaves no time to spare: from there on it is asked for.
PRESSING_PCT = 80


class Departure:
    """left_s until the vehicle leaves, 0 where no departure is known; soc_pct_x100 it needs then."""

    def __init__(self) -> None:
        self.left_s = 0
        self.soc_pct_x100 = 0
        self._at_ms = 0
        self._known = False
        self._pressing = False

    def set(self, in_s: int, soc_pct_x100: int, now_ms: int) -> bool:
        """Take a departure, in_s = 0 to forget it; return False (and change nothing) out of range."""
        if not 0 <= in_s <= DEPARTURE_MAX_S or not 0 <= soc_pct_x100 <= SOC_MAX_PCT_X100:
            return False
        self._known = in_s > 0
        self._at_ms = ticks.add(now_ms, in_s * 1000)
        self.soc_pct_x100 = soc_pct_x100
        self._pressing = False
        self.update(now_ms)
        return True

    def update(self, now_ms: int) -> None:
        """Count down."""
        left_ms = ticks.diff(self._at_ms, now_ms) if self._known else 0
        if left_ms <= 0:
            self._known = False
            left_ms = 0
        self.left_s = left_ms // 1000

    def floor_pct_x100(self, battery_wh: int, charge_w: int, efficiency_pct: int, horizon_s: int) -> int:
        """Return the charge that must be left at the horizon's end to be ready in time, by charging with charge_w."""
        if not self.left_s or not battery_wh:
            return 0
        after_s = min(max(self.left_s - horizon_s, 0), energy.TIME_MAX_S)
        regained_wh = energy.moved_wh(charge_w, after_s) * efficiency_pct // energy.PERCENT
        floor = self.soc_pct_x100 - energy.share_pct_x100(battery_wh, regained_wh)
        return floor if floor > 0 else 0

    def required_w(self, battery_wh: int, soc_pct_x100: int, charge_w: int, efficiency_pct: int) -> int:
        """Return the even charge the departure calls for, 0 while there is time; once called for it stays."""
        missing = self.soc_pct_x100 - soc_pct_x100
        if not self.left_s or not battery_wh or soc_pct_x100 < 0 or missing <= 0:
            self._pressing = False
            return 0
        wh = energy.energy_wh(battery_wh, missing) * energy.PERCENT // efficiency_pct
        required_w = energy.power_w(wh, min(max(self.left_s, energy.TIME_MIN_S), energy.TIME_MAX_S))
        if required_w * energy.PERCENT >= charge_w * PRESSING_PCT:
            self._pressing = True
        if not self._pressing:
            return 0
        return required_w if required_w < charge_w else charge_w
