"""gridkeel.services.setpoint over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.fleet.clock import since
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetSetpoint:
    """Set-points with lifetimes of n chargers: power_w while alive."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self.alive: Mask = np.zeros(n, dtype=bool)
        self.power_w: Ints = np.zeros(n, dtype=np.int64)
        self._since: Ints = np.zeros(n, dtype=np.int64)
        self._life_ms: Ints = np.zeros(n, dtype=np.int64)

    def set(self, power_w: ArrayLike, lifetime_ms: ArrayLike, now_ms: int) -> Mask:
        """Take set-points; return who did, and change nothing at the others."""
        p = self._p
        n = p.n
        power = np.broadcast_to(np.asarray(power_w, dtype=np.int64), (n,))
        life = np.broadcast_to(np.asarray(lifetime_ms, dtype=np.int64), (n,))
        taken = (-p.discharge_max_w <= power) & (power <= p.charge_max_w)
        taken = taken & (life > 0) & (life <= p.setpoint_max_s * 1000)
        np.copyto(self.power_w, power, where=taken)
        np.copyto(self._life_ms, life, where=taken)
        self._since[taken] = now_ms
        self.alive |= taken
        return taken

    def update(self, now_ms: int) -> None:
        """Count the lives."""
        if self.alive.any():
            self.alive &= since(now_ms, self._since) < self._life_ms
