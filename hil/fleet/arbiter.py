"""gridkeel.services.arbiter over arrays: protection, primary, set-point, baseline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.protection import RAMP_DONE, RUN
from hil.fleet.clock import since
from hil.fleet.droop import FleetDroop
from hil.fleet.lag import FleetRamp
from hil.fleet.parameters import FleetParameters
from hil.fleet.protection import FleetProtection
from hil.fleet.setpoint import FleetSetpoint

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetArbiter:
    """Makes one wish a charger of what its services ask; base_w is what lies under the primary response."""

    def __init__(self, parameters: FleetParameters) -> None:
        self._p = parameters
        self._ramp = FleetRamp(parameters.n)
        self._last_ms = 0

    @property
    def base_w(self) -> Ints:
        return self._ramp.power_w

    def decide(
        self, protection: FleetProtection, droop: FleetDroop, setpoint: FleetSetpoint, ready: Mask, now_ms: int
    ) -> Ints:
        """Return the wishes, watts into the vehicle.  ready: whose inverter takes power."""
        elapsed_ms = int(since(now_ms, np.array([self._last_ms]))[0])
        self._last_ms = now_ms
        setpoint.update(now_ms)
        target_w = self._p.baseline_w
        if setpoint.alive.any():
            target_w = np.where(setpoint.alive, setpoint.power_w, target_w)
        running = protection.state == RUN
        freezes = droop.freezes
        held = freezes if freezes.any() else None
        self._ramp.approach(target_w, self._p.setpoint_ramp_w_s, elapsed_ms, running & ready, held)
        wish_w = self._bound_primary(droop.power_w)
        wish_w = self._bound_entry(wish_w, protection.enter_permille)
        return wish_w if running.all() else wish_w * running

    def _bound_primary(self, primary_w: Ints) -> Ints:
        base_w = self.base_w
        wish_w = base_w + primary_w
        high_w, low_w = self._p.power_max_w, self._p.power_min_w
        above, below = (wish_w > high_w) & (primary_w > 0), (wish_w < low_w) & (primary_w < 0)
        if above.any():
            wish_w = np.where(above, np.maximum(high_w, base_w), wish_w)
        if below.any():
            wish_w = np.where(below, np.minimum(low_w, base_w), wish_w)
        return wish_w

    def _bound_entry(self, wish_w: Ints, permille: Ints) -> Ints:
        rising = permille < RAMP_DONE
        if not rising.any():
            return wish_w
        most_w = np.maximum(self._p.charge_max_w, self._p.discharge_max_w) * permille // RAMP_DONE
        return np.where(rising, np.clip(wish_w, -most_w, most_w), wish_w)
