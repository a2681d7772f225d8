"""Reactive power: fixed, by power factor, or by the voltage.

Positive is absorbed, as a reactor does (under-excited), so a high voltage asks for a positive one: the same direction
that active power counts in. IEEE 1547 and SunSpec count it the other way; the inverter driver turns the sign.
"""

from gridkeel import TYPE_CHECKING, limits, ticks
from gridkeel.sensing.quality import BLOCK_LOST, LOW_VOLTAGE, WARM_UP_SHORT
from gridkeel.services.curve import share_of
from gridkeel.services.lag import Lag

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains, ReactiveRatings

OFF = 0
FIXED = 1
POWER_FACTOR = 2
VOLT_VAR = 3
MODES = ("off", "fixed", "power_factor", "volt_var")

_UNITY = 1000
# The voltage's window is no longer than the short one's: with any of these it may hold a gap.
_NO_VOLTAGE_YET = BLOCK_LOST | LOW_VOLTAGE | WARM_UP_SHORT


class Reactive:
    """var: the requested reactive power, within reactive_max_var, the inverter's limits and its apparent power.

    active_left_w: what is left for active power where reactive power goes first, else limits.NO_BOUND.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.var = 0
        self.active_left_w = limits.NO_BOUND
        self._target_var = 0
        self._lag = Lag()
        self._last_ms = 0

    def update(self, mains: "Mains", power_w: int, running: bool, inverter: "ReactiveRatings", now_ms: int = 0) -> int:
        """Return var for the active power and the voltage of now; 0 where power may not flow.

        inverter: anything with apparent_va, inject_max_var and absorb_max_var.  now_ms: what volt-var's open-loop
        response time is counted by.
        """
        mode = self._p.reactive_mode
        elapsed_ms = ticks.diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        if not running or mode != VOLT_VAR:
            self._target_var = 0
            self._lag.reset()
        if not running or mode == OFF:
            self.var = 0
            self.active_left_w = limits.NO_BOUND
            return 0
        if mode == FIXED:
            var = self._p.reactive_var
        elif mode == POWER_FACTOR:
            var = self._by_power_factor(power_w)
        else:
            if not mains.quality & _NO_VOLTAGE_YET:
                self._target_var = self._by_voltage(mains)
            rest_ms = self._p.grid.volt_var_response_ms - self._p.response_latency_ms
            var = self._lag.follow(self._target_var, elapsed_ms, rest_ms if rest_ms > 0 else 0)
        self._bound(var, power_w, inverter)
        return self.var

    def _by_power_factor(self, power_w):
        # tan(acos(pf)) = sqrt(1 - pf**2) / pf; |power_w| * 1000 <= 5 * 10**7. A negative factor injects.
        factor = self._p.power_factor_x1000
        size = factor if factor > 0 else -factor
        var = (power_w if power_w > 0 else -power_w) * _root(_UNITY * _UNITY - size * size) // size
        return var if factor > 0 else -var

    def _by_voltage(self, mains):
        p = self._p
        deviation_mv = mains.voltage_mv - p.nominal_v * 1000
        high = deviation_mv >= 0
        # The curve in thousandths of nominal_v times 1000: mv * 1000 / V, and no step of it leaves 2**30.
        deviation = (deviation_mv if high else -deviation_mv) * 1000 // p.nominal_v
        curve = p.grid.volt_var_curve
        var = share_of(curve, len(curve) // 2, deviation, p.reactive_max_var)
        return var if high else -var

    def _bound(self, var, power_w, inverter):
        p = self._p
        whole_va = min(max(p.charge_max_w, p.discharge_max_w), inverter.apparent_va)
        most_var = min(whole_va if p.reactive_priority else _left(whole_va, power_w), p.reactive_max_var)
        self.var = max(-most_var, -inverter.inject_max_var, min(var, most_var, inverter.absorb_max_var))
        if not p.reactive_priority:
            self.active_left_w = limits.NO_BOUND
        elif p.reactive_mode == POWER_FACTOR:
            # What is left beside the reactive power of this very moment would chase itself.
            factor = p.power_factor_x1000
            self.active_left_w = whole_va * (factor if factor > 0 else -factor) // _UNITY
        else:
            self.active_left_w = _left(whole_va, self.var)


def _left(whole_va, part):
    """Return the other side of the right triangle, to ten; 0 where part is the longer.  In tens 5 * 10**4 squares."""
    whole = whole_va // 10
    size = part // 10
    left = whole * whole - size * size
    return 10 * _root(left) if left > 0 else 0


def _root(value):
    """Return the integer square root of 0..2**29, rounded down."""
    root = 0
    bit = 1 << 28
    while bit > value:
        bit >>= 2
    while bit:
        if value >= root + bit:
            value -= root + bit
            root = (root >> 1) + bit
        else:
            root >>= 1
        bit >>= 2
    return root
