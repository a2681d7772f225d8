"""gridkeel.services.arbiter over arrays: protection, primary, event, secondary, plan, baseline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.protection import RAMP_DONE, RUN
from studies.fleet.bundle import FleetServices
from studies.fleet.clock import since
from studies.fleet.lag import FleetRamp
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetArbiter:
    """Makes each charger's requested power of what its services ask for; base_w lies under the primary response."""

    def __init__(self, parameters: FleetParameters, services: FleetServices) -> None:
        self._p = parameters
        self._s = services
        self._ramp = FleetRamp(parameters.n)
        self._regulated_w: Ints | None = None
        self._last_ms = 0

    @property
    def base_w(self) -> Ints:
        return self._ramp.power_w if self._regulated_w is None else self._ramp.power_w + self._regulated_w

    def decide(self, ready: Mask, now_ms: int) -> Ints:
        """Return the requested power, into the vehicle.  ready: whose inverter takes power."""
        elapsed_ms = int(since(now_ms, np.array([self._last_ms]))[0])
        self._last_ms = now_ms
        protection = self._s.protection
        running = protection.state == RUN
        self._base(now_ms, elapsed_ms, running & ready)
        requested_w = self._bound_primary(self._s.droop.power_w + self._s.reserve.power_w)
        requested_w = self._bound_entry(requested_w, protection.enter_permille)
        return requested_w if running.all() else requested_w * running

    def _base(self, now_ms: int, elapsed_ms: int, flows: Mask) -> None:
        self._s.regulation.update(now_ms, flows)
        target_w = self._target(now_ms)
        freezes = self._s.droop.freezes
        held = freezes if freezes.any() else None
        self._ramp.approach(target_w, self._p.setpoint_ramp_w_s, elapsed_ms, flows, held)
        self._regulate(flows, held)

    def _target(self, now_ms: int) -> Ints:
        s = self._s
        target_w = self._p.baseline_w
        s.plan.update(now_ms)
        if s.plan.alive:
            target_w = s.plan.power_w
        s.setpoint.update(now_ms)
        if s.setpoint.alive.any():
            target_w = np.where(s.setpoint.alive, s.setpoint.power_w, target_w)
        s.events.update(now_ms, self.base_w)
        if s.events.rules.any():
            target_w = np.where(s.events.rules, s.events.power_w, target_w)
        return target_w

    def _regulate(self, flows: Mask, held: Mask | None) -> None:
        """Put regulation on the base of those that it rules: an event leaves none, a held base keeps what it had."""
        rules = self._s.regulation.rules
        if rules is None:
            return
        regulated_w = self._s.regulation.power_w * (rules & ~self._s.events.rules)
        if held is not None and self._regulated_w is not None:
            regulated_w = np.where(held, self._regulated_w, regulated_w)
        elif held is not None:
            regulated_w = np.where(held, 0, regulated_w)
        self._regulated_w = regulated_w * flows

    def _bound_primary(self, primary_w: Ints) -> Ints:
        base_w = self.base_w
        requested_w = base_w + primary_w
        high_w, low_w = self._p.power_max_w, self._p.power_min_w
        above, below = (requested_w > high_w) & (primary_w > 0), (requested_w < low_w) & (primary_w < 0)
        if above.any():
            requested_w = np.where(above, np.maximum(high_w, base_w), requested_w)
        if below.any():
            requested_w = np.where(below, np.minimum(low_w, base_w), requested_w)
        return requested_w

    def _bound_entry(self, requested_w: Ints, permille: Ints) -> Ints:
        rising = permille < RAMP_DONE
        if not rising.any():
            return requested_w
        most_w = np.maximum(self._p.charge_max_w, self._p.discharge_max_w) * permille // RAMP_DONE
        return np.where(rising, np.clip(requested_w, -most_w, most_w), requested_w)
