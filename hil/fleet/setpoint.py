"""gridkeel.services.setpoint over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.fleet.clock import since
from hil.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
LONGEST_STEP_MS = 1000


class FleetSetpoint:
    """Set-points with lifetimes, the baseline when none is alive, and the ramp between them, of n chargers."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self.alive: Mask = np.zeros(n, dtype=bool)
        self.ramping: Mask = np.zeros(n, dtype=bool)
        self.power_w: Ints = np.zeros(n, dtype=np.int64)
        self._wanted_w: Ints = np.zeros(n, dtype=np.int64)
        self._since: Ints = np.zeros(n, dtype=np.int64)
        self._life_ms: Ints = np.zeros(n, dtype=np.int64)
        self._ramped_mw: Ints = np.zeros(n, dtype=np.int64)
        self._last = 0

    def set(self, power_w: ArrayLike, lifetime_ms: ArrayLike, now_ms: int) -> Mask:
        """Take set-points; return who did, and change nothing at the others."""
        p = self._p
        n = p.n
        power = np.broadcast_to(np.asarray(power_w, dtype=np.int64), (n,))
        life = np.broadcast_to(np.asarray(lifetime_ms, dtype=np.int64), (n,))
        taken = (-p.discharge_max_w <= power) & (power <= p.charge_max_w)
        taken = taken & (life > 0) & (life <= p.setpoint_max_s * 1000)
        np.copyto(self._wanted_w, power, where=taken)
        np.copyto(self._life_ms, life, where=taken)
        self._since[taken] = now_ms
        self.alive |= taken
        return taken

    def update(self, now_ms: int, running: Mask) -> None:
        """Approach the target at setpoint_ramp_w_s, from zero whenever power may not flow."""
        if self.alive.any():
            self.alive &= since(now_ms, self._since) < self._life_ms
        elapsed_ms = int(since(now_ms, np.array([self._last]))[0])
        self._last = now_ms
        step_mw = self._p.setpoint_ramp_w_s * min(elapsed_ms, LONGEST_STEP_MS)
        target_mw = self._p.baseline_w * 1000
        if self.alive.any():
            target_mw = np.where(self.alive, self._wanted_w * 1000, target_mw)
        ahead = target_mw - self._ramped_mw
        if ahead.any() or not running.all():
            self._approach(ahead, step_mw, running)
        else:
            self.ramping[:] = False

    def _approach(self, ahead: Ints, step_mw: Ints, running: Mask) -> None:
        # Where power may not flow `ramping` keeps its last word, as in the firmware.
        np.copyto(self.ramping, (ahead > step_mw) | (ahead < -step_mw), where=running)
        self._ramped_mw += np.clip(ahead, -step_mw, step_mw)
        self._ramped_mw *= running
        self.power_w = self._ramped_mw // 1000
