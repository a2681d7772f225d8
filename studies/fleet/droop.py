"""gridkeel.services.droop over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.services import profiles
from studies.fleet.clock import since
from studies.fleet.curve import Point, points_of, share_of
from studies.fleet.estimate import Estimates
from studies.fleet.lag import FleetLag
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetDroop:
    """Frequency droop of n chargers of one droop_profile; power_w is the answer, watts into the vehicle."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self._profile = parameters.common("droop_profile")
        self.power_w: Ints = np.zeros(n, dtype=np.int64)
        self.target_w: Ints = np.zeros(n, dtype=np.int64)
        self._held_uhz: Ints = np.zeros(n, dtype=np.int64)
        self._lag = FleetLag(n)
        self._last_ms = 0

    @property
    def freezes(self) -> Mask:
        """Whose base power stands still while its droop answers."""
        if self._profile == profiles.CUSTOM:
            wants = self._p.droop_frozen_base == profiles.FROZEN
        else:
            wants = np.array([profiles.TABLE[self._profile][profiles.BASE] == profiles.FROZEN])
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
            return share_of(self._curve(profiles.OVER), deviation_uhz, self._p.charge_max_w)
        under_w = -share_of(self._curve(profiles.UNDER), -deviation_uhz, self._p.discharge_max_w)
        if not over.any():
            return under_w
        return np.where(over, share_of(self._curve(profiles.OVER), deviation_uhz, self._p.charge_max_w), under_w)

    def _curve(self, side: int) -> list[Point]:
        if self._profile != profiles.CUSTOM:
            return points_of(profiles.TABLE[self._profile][side])
        edge_mhz = self._p.droop_deadband_mhz
        return [(edge_mhz, 0), (edge_mhz + self._p.droop_span_mhz, profiles.FULL)]

    def _response_ms(self) -> Ints:
        allowed_ms = self._p.droop_response_ms
        if self._profile != profiles.CUSTOM:
            allowed_ms = np.array([profiles.TABLE[self._profile][profiles.RESPONSE_MS]])
        return np.maximum(allowed_ms - self._p.response_latency_ms, 0)
