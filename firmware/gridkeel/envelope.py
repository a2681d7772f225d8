"""What battery, cable and converter allow: the smallest limit wins, and its name is told."""

from gridkeel import limits

SOC_HYSTERESIS_PCT_X100 = 50


class Envelope:
    """Bounds a wish; after `limit` the bounds are charge_w and discharge_w (both 0 or more), with their names."""

    def __init__(self, parameters):
        self._p = parameters
        self.charge_w = 0
        self.discharge_w = 0
        self.allowed_w = 0
        self.limiter = limits.NONE
        self._charge_by = limits.STALE_SAMPLES
        self._discharge_by = limits.STALE_SAMPLES
        self._reserve_reached = False
        self._full_reached = False

    def limit(self, wish_w, inverter, soc_fresh):
        """Return (through `allowed_w` and `limiter`) what may flow of wish_w; limiter 0 where the wish stands.

        inverter: anything with charge_rating_w, discharge_rating_w and soc_pct_x100 (-1 unknown).
        soc_fresh: False where the state of charge is older than soc_stale_ms: it then counts as unknown.
        """
        self._rate(inverter)
        self._guard_battery(inverter.soc_pct_x100 if soc_fresh else -1)
        self.limiter = limits.NONE
        self.allowed_w = wish_w
        if wish_w > self.charge_w:
            self.allowed_w = self.charge_w
            self.limiter = self._charge_by
        elif wish_w < -self.discharge_w:
            self.allowed_w = -self.discharge_w
            self.limiter = self._discharge_by
        return self.allowed_w

    def _rate(self, inverter):
        self.charge_w = self._p.charge_max_w
        self._charge_by = limits.CHARGE_RATING
        if inverter.charge_rating_w < self.charge_w:
            self.charge_w = inverter.charge_rating_w
            self._charge_by = limits.INVERTER_RATING
        self.discharge_w = self._p.discharge_max_w
        self._discharge_by = limits.DISCHARGE_RATING
        if inverter.discharge_rating_w < self.discharge_w:
            self.discharge_w = inverter.discharge_rating_w
            self._discharge_by = limits.INVERTER_RATING
        if not self._p.v2g_enable:
            self.discharge_w = 0
            self._discharge_by = limits.V1G

    def _guard_battery(self, soc):
        if soc < 0:
            # An unknown battery may be empty. Charging stays: the vehicle itself refuses what it cannot take.
            self.discharge_w = 0
            self._discharge_by = limits.SOC_UNKNOWN
            return
        reserve = self._p.soc_reserve_pct_x100
        if soc <= reserve:
            self._reserve_reached = True
        elif soc >= reserve + SOC_HYSTERESIS_PCT_X100:
            self._reserve_reached = False
        if self._reserve_reached:
            self.discharge_w = 0
            self._discharge_by = limits.SOC_RESERVE
        full = self._p.soc_full_pct_x100
        if soc >= full:
            self._full_reached = True
        elif soc <= full - SOC_HYSTERESIS_PCT_X100:
            self._full_reached = False
        if self._full_reached:
            self.charge_w = 0
            self._charge_by = limits.SOC_FULL
