"""Primary response: power that follows the frequency deviation past a deadband."""

from gridkeel.sensing.quality import TRANSIENT, UNUSABLE, WARM_UP_LONG


class Droop:
    """Frequency droop, piecewise linear: nothing inside the deadband, the whole rating one span past it.

    Over-frequency asks for power into the vehicle (positive), under-frequency for power out of it.
    """

    def __init__(self, parameters):
        self._p = parameters
        self.power_w = 0

    def update(self, mains):
        """Follow a new estimate and return power_w; a doubtful one holds the last answer.

        mains: sensing.frequency.Estimator.  The long window rules while both agree; once they part by more than
        fast_switch_mhz the grid is moving, and the short window, 60 ms quicker, takes over.
        """
        if mains.quality & UNUSABLE:
            return self.power_w
        freq_uhz = mains.freq_uhz
        apart = mains.freq_short_uhz - freq_uhz
        switch_uhz = self._p.fast_switch_mhz * 1000
        if apart > switch_uhz or apart < -switch_uhz or mains.quality & WARM_UP_LONG:
            freq_uhz = mains.freq_short_uhz
            mains.quality |= TRANSIENT
        self.power_w = self._power_of(freq_uhz - mains.nominal_uhz)
        return self.power_w

    def reset(self):
        """Forget the last answer."""
        self.power_w = 0

    def _power_of(self, deviation_uhz):
        over = deviation_uhz >= 0
        excess_uhz = (deviation_uhz if over else -deviation_uhz) - self._p.droop_deadband_mhz * 1000
        if excess_uhz <= 0:
            return 0
        rating_w = self._p.charge_max_w if over else self._p.discharge_max_w
        span_mhz = self._p.droop_span_mhz
        mhz = excess_uhz // 1000
        if mhz >= span_mhz:
            return rating_w if over else -rating_w
        # mhz < span <= 10**4 and rating <= 5 * 10**4: the sum stays under 2**29, and no microhertz is lost.
        power_w = (rating_w * mhz + rating_w * (excess_uhz - mhz * 1000) // 1000) // span_mhz
        return power_w if over else -power_w
