"""gridkeel.services.droop over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from hil.fleet.estimate import Estimates
from hil.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]


class FleetDroop:
    """Frequency droop of n chargers; power_w is the answer, watts into the vehicle."""

    def __init__(self, parameters: FleetParameters) -> None:
        self._p = parameters
        self.power_w: Ints = np.zeros(parameters.n, dtype=np.int64)

    def update(self, mains: Estimates) -> None:
        """Follow a new estimate; a doubtful one holds the last answer."""
        apart = np.abs(mains.freq_short_uhz - mains.freq_uhz)
        short_rules = apart > self._p.fast_switch_mhz * 1000
        doubtful = mains.quality & (UNUSABLE | WARM_UP_LONG)
        if doubtful.any():
            short_rules |= (doubtful & WARM_UP_LONG) != 0
        freq_uhz = np.where(short_rules, mains.freq_short_uhz, mains.freq_uhz)
        fresh = self._power_of(freq_uhz - mains.nominal_uhz)
        if (doubtful & UNUSABLE).any():
            np.copyto(self.power_w, fresh, where=(doubtful & UNUSABLE) == 0)
        else:
            self.power_w[:] = fresh

    def reset(self, where: NDArray[np.bool_]) -> None:
        """Forget the last answer of some."""
        self.power_w[where] = 0

    def _power_of(self, deviation_uhz: Ints) -> Ints:
        p = self._p
        excess_uhz = np.abs(deviation_uhz) - p.droop_deadband_mhz * 1000
        if (excess_uhz <= 0).all():
            return np.zeros(1, dtype=np.int64)
        over = deviation_uhz >= 0
        # Two floors of positive numbers in a row are one: the firmware's split of the product is exact.
        span_uhz = p.droop_span_mhz * 1000
        share_uhz = np.clip(excess_uhz, 0, span_uhz)
        if over.all():
            return p.charge_max_w * share_uhz // span_uhz
        if not over.any():
            return -(p.discharge_max_w * share_uhz // span_uhz)
        power_w = np.where(over, p.charge_max_w, p.discharge_max_w) * share_uhz // span_uhz
        return np.where(over, power_w, -power_w)
