"""Reactive power as a wish: fixed, by power factor, or by the voltage.

The wish is computed and told (`var_wish`); no inverter driver here writes it yet. Positive is absorbed, as a reactor
does (under-excited), so a high voltage asks for a positive one.
"""

from array import array

from gridkeel.services.curve import share_of

OFF = 0
FIXED = 1
POWER_FACTOR = 2
VOLT_VAR = 3
MODES = ("off", "fixed", "power_factor", "volt_var")

_UNITY = 1000


class Reactive:
    """var: the wish, within +-reactive_max_var and what the apparent rating leaves beside the active power."""

    def __init__(self, parameters):
        self._p = parameters
        self.var = 0
        self._curve = array("i", [0, 0, 0, 10000])

    def update(self, mains, power_w, running):
        """Return var for the active power and the voltage of now; 0 where power may not flow."""
        mode = self._p.reactive_mode
        if not running or mode == OFF:
            self.var = 0
        elif mode == FIXED:
            self.var = self._bounded(self._p.reactive_var, power_w)
        elif mode == POWER_FACTOR:
            self.var = self._bounded(self._by_power_factor(power_w), power_w)
        else:
            self.var = self._bounded(self._by_voltage(mains), power_w)
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
        self._curve[0] = p.volt_var_deadband_permille
        self._curve[2] = p.volt_var_deadband_permille + p.volt_var_span_permille
        var = share_of(self._curve, 2, deviation, p.reactive_max_var)
        return var if high else -var

    def _bounded(self, var, power_w):
        p = self._p
        # Active power goes first. In tens, squares of 5 * 10**4 stay under 2**25.
        rating = max(p.charge_max_w, p.discharge_max_w) // 10
        active = power_w // 10
        left = rating * rating - active * active
        most = min(10 * _root(left) if left > 0 else 0, p.reactive_max_var)
        return max(-most, min(var, most))


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
