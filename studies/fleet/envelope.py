"""gridkeel.envelope over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridkeel.envelope import SOC_HYSTERESIS_PCT_X100
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass
class Inverters:
    """Readings of the chargers' inverters: int64, shape (n,) or (1,); soc_pct_x100 is -1 where unknown or stale."""

    charge_rating_w: Ints
    discharge_rating_w: Ints
    soc_pct_x100: Ints
    driving: Mask


class FleetEnvelope:
    """Limits of battery, cable, vehicle and converter of n chargers."""

    def __init__(self, parameters: FleetParameters) -> None:
        self._p = parameters
        self.charge_w: Ints = np.zeros(parameters.n, dtype=np.int64)
        self.discharge_w: Ints = np.zeros(parameters.n, dtype=np.int64)
        # Shape (1,) for as long as all batteries and limits are alike.
        self._reserve_reached: Mask = np.zeros(1, dtype=bool)
        self._full_reached: Mask = np.zeros(1, dtype=bool)

    def read(self, inverters: Inverters) -> None:
        """Work out charge_w and discharge_w from what the inverters say now."""
        p = self._p
        soc = inverters.soc_pct_x100
        known = soc >= 0
        reserve, full = p.soc_reserve_pct_x100, p.soc_full_pct_x100
        leaves, reaches = soc >= reserve + SOC_HYSTERESIS_PCT_X100, known & (soc <= reserve)
        self._reserve_reached = (self._reserve_reached & ~leaves) | reaches
        leaves, reaches = known & (soc <= full - SOC_HYSTERESIS_PCT_X100), soc >= full
        self._full_reached = (self._full_reached & ~leaves) | reaches
        charge_w = np.minimum(np.minimum(p.charge_max_w, inverters.charge_rating_w), p.cable_max_w)
        charge_w = np.minimum(charge_w, p.ev_charge_max_w)
        discharge_w = np.minimum(np.minimum(p.discharge_max_w, inverters.discharge_rating_w), p.cable_max_w)
        discharge_w = np.minimum(discharge_w, p.ev_discharge_max_w)
        # An unknown battery may be empty: no discharge; whether it is full is the vehicle's own affair.
        self.charge_w = charge_w * ~(self._full_reached & known)
        self.discharge_w = discharge_w * (known & ~self._reserve_reached & (p.v2g_enable != 0))

    def limit(self, requested_w: Ints) -> Ints:
        """Return what may flow of requested_w."""
        return np.clip(requested_w, -self.discharge_w, self.charge_w)
