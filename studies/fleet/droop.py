"""gridkeel.services.droop over arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.services.grid_codes.form import FULL
from studies.fleet.clock import since
from studies.fleet.curve import Point, points_of, share_of
from studies.fleet.estimate import Estimates
from studies.fleet.lag import FleetLag
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetDroop:
    """Frequency droop of n chargers of one grid code or droop_profile; power_w is the response, into the vehicle."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self._grid = parameters.grid
        self._custom = not (parameters.common("droop_profile") or parameters.common("grid_code"))
        self.power_w: Ints = np.zeros(n, dtype=np.int64)
        self.target_w: Ints = np.zeros(n, dtype=np.int64)
        self._held_uhz: Ints = np.zeros(n, dtype=np.int64)
        self._lag = FleetLag(n)
        self._last_ms = 0

    @property
    def freezes(self) -> Mask:
        """Whose base power does not move while its droop answers."""
        wants = self._p.droop_frozen_base != 0 if self._custom else np.array([self._grid.droop_frozen_base != 0])
        return wants & ((self.target_w != 0) | (self.power_w != 0)) if wants.any() else wants

    def update(self, mains: Estimates, now_ms: int) -> None:
        """Follow a new estimate; a doubtful one holds the last target."""
        elapsed_ms = int(since(now_ms, np.array([self._last_ms]))[0])
        self._last_ms = now_ms
        believed = (mains.quality & UNUSABLE) == 0
        held_uhz = self._with_hysteresis(self._deviation_uhz(mains))
        target_w = self._power_of(held_uhz)
        target_w = np.clip(target_w, -self._p.droop_discharge_max_w, self._p.droop_charge_max_w)
        np.copyto(self._held_uhz, held_uhz, where=believed)
        np.copyto(self.target_w, target_w, where=believed)
        self.power_w = self._lag.follow(self.target_w, elapsed_ms, self._response_ms())

    def reset(self, where: Mask) -> None:
        """Forget the last answer of some."""
        self.power_w[where] = 0
        self.target_w[where] = 0
        self._held_uhz[where] = 0
        self._lag.reset(where)

    def _deviation_uhz(self, mains: Estimates) -> Ints:
        apart = np.abs(mains.freq_short_uhz - mains.freq_uhz)
        short_rules = (apart > self._p.fast_switch_mhz * 1000) | ((mains.quality & WARM_UP_LONG) != 0)
        if not short_rules.any():
            return mains.freq_uhz - mains.nominal_uhz
        return np.where(short_rules, mains.freq_short_uhz, mains.freq_uhz) - mains.nominal_uhz

    def _with_hysteresis(self, deviation_uhz: Ints) -> Ints:
        slack_uhz = self._p.droop_hysteresis_mhz * 1000
        if not slack_uhz.any():
            return deviation_uhz
        held_uhz = self._held_uhz
        over = np.maximum(deviation_uhz, np.minimum(held_uhz, deviation_uhz + slack_uhz))
        under = np.minimum(deviation_uhz, np.maximum(held_uhz, deviation_uhz - slack_uhz))
        return np.where(deviation_uhz > 0, over, np.where(deviation_uhz < 0, under, 0))

    def _power_of(self, deviation_uhz: Ints) -> Ints:
        over = deviation_uhz >= 0
        if over.all():
            return share_of(self._curve(self._grid.droop_over), deviation_uhz, self._p.charge_max_w)
        under_w = -share_of(self._curve(self._grid.droop_under), -deviation_uhz, self._p.discharge_max_w)
        if not over.any():
            return under_w
        return np.where(
            over, share_of(self._curve(self._grid.droop_over), deviation_uhz, self._p.charge_max_w), under_w
        )

    def _curve(self, flat: Sequence[int]) -> list[Point]:
        if not self._custom:
            return points_of(flat)
        edge_mhz = self._p.droop_deadband_mhz
        return [(edge_mhz, 0), (edge_mhz + self._p.droop_span_mhz, FULL)]

    def _response_ms(self) -> Ints:
        allowed_ms = self._p.droop_response_ms
        if not self._custom:
            allowed_ms = np.array([self._grid.droop_response_ms])
        return np.maximum(allowed_ms - self._p.response_latency_ms, 0)
