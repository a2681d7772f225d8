"""Primary response: power that follows the frequency deviation along the curve of a profile."""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.services.curve import share_of
from gridkeel.services.lag import Lag

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains


class Droop:
    """Frequency droop by the curve in force: over-frequency asks for power into the vehicle, under-frequency out.

    After `update`: power_w (the response), target_w (where its lag leads), active (outside the deadband, or the lag
    still runs down), freezes (the profile holds the pre-disturbance power while active), short_rules (the short
    window was believed: it has left the long one, or that is warming up).
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.power_w = 0
        self.active = False
        self.freezes = False
        self.short_rules = False
        self._lag = Lag()
        self.target_w = 0
        self._response_ms = 0
        self._held_uhz = 0
        self._last_ms = 0

    def update(self, mains: "Mains", now_ms: int = 0) -> int:
        """Follow a new estimate and return power_w; a doubtful one holds the last answer.

        mains: sensing.frequency.Estimator.  now_ms: what the response time is counted by.  The long window rules while
        both agree; once they part by more than fast_switch_mhz the grid is moving, and the short window, 60 ms
        quicker, takes over.
        """
        elapsed_ms = (now_ms - self._last_ms & ticks.MASK ^ ticks.HALF) - ticks.HALF  # ticks.diff, without its call
        self._last_ms = now_ms
        short_rules = False
        quality = mains.quality
        if not quality & UNUSABLE:
            p = self._p
            freq_uhz = mains.freq_uhz
            apart_uhz = mains.freq_short_uhz - freq_uhz
            switch_uhz = p.fast_switch_mhz * 1000
            if apart_uhz > switch_uhz or apart_uhz < -switch_uhz or quality & WARM_UP_LONG:
                freq_uhz += apart_uhz
                short_rules = True
            deviation_uhz = freq_uhz - mains.nominal_uhz
            if p.droop_hysteresis_mhz:
                deviation_uhz = self._with_hysteresis(deviation_uhz, p.droop_hysteresis_mhz * 1000)
            else:
                self._held_uhz = deviation_uhz
            self.target_w = self._power_of(deviation_uhz)
        self.short_rules = short_rules
        target_w = self.target_w
        self.power_w = power_w = self._lag.follow(target_w, elapsed_ms, self._response_ms)
        self.active = target_w != 0 or power_w != 0
        return power_w

    def reset(self) -> None:
        """Forget the last answer."""
        self.power_w = 0
        self.active = False
        self.target_w = 0
        self._held_uhz = 0
        self._lag.reset()

    def _with_hysteresis(self, deviation_uhz, slack_uhz):
        """The held deviation follows outward at once, and inward only behind droop_hysteresis_mhz."""
        held_uhz = self._held_uhz
        if deviation_uhz > 0:
            held_uhz = max(deviation_uhz, min(held_uhz, deviation_uhz + slack_uhz))
        elif deviation_uhz < 0:
            held_uhz = min(deviation_uhz, max(held_uhz, deviation_uhz - slack_uhz))
        else:
            held_uhz = 0
        self._held_uhz = held_uhz
        return held_uhz

    def _power_of(self, deviation_uhz):
        p = self._p
        grid = p.grid
        # Sensing, bus and inverter take their part of the time a profile allows from the step to the power.
        rest_ms = grid.droop_response_ms - p.response_latency_ms
        self._response_ms = rest_ms if rest_ms > 0 else 0
        self.freezes = grid.droop_frozen_base != 0
        if deviation_uhz >= 0:
            curve = grid.droop_over
            power_w = share_of(curve, len(curve) // 2, deviation_uhz, p.charge_max_w)
            return power_w if power_w < p.droop_charge_max_w else p.droop_charge_max_w
        curve = grid.droop_under
        power_w = share_of(curve, len(curve) // 2, -deviation_uhz, p.discharge_max_w)
        return -(power_w if power_w < p.droop_discharge_max_w else p.droop_discharge_max_w)
