"""gridkeel.services.regulation over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridkeel.services.regulation import FULL
from studies.fleet.clock import since
from studies.fleet.lag import FleetRamp
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetRegulation:
    """Secondary regulation of n chargers; power_w adds to the base point, `alive` while the signal is fresh."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self._used = False
        self.alive: Mask = np.zeros(n, dtype=bool)
        self._share: Ints = np.zeros(n, dtype=np.int64)
        self._since: Ints = np.zeros(n, dtype=np.int64)
        self._last_ms = 0
        self._ramp = FleetRamp(n)

    @property
    def power_w(self) -> Ints:
        return self._ramp.power_w

    @property
    def rules(self) -> Mask | None:
        """Whose base point it moves, None where no signal ever came."""
        return self.alive | (self.power_w != 0) if self._used else None

    def signal(self, share_pct_x100: ArrayLike, now_ms: int) -> Mask:
        """Take signals, -10000..10000 of regulation_w; return who did, and change nothing at the others."""
        share = np.broadcast_to(np.asarray(share_pct_x100, dtype=np.int64), (self._p.n,))
        taken = (share >= -FULL) & (share <= FULL) & (self._p.regulation_w != 0)
        np.copyto(self._share, share, where=taken)
        self._since[taken] = now_ms
        self.alive |= taken
        self._used = self._used or bool(taken.any())
        return taken

    def update(self, now_ms: int, running: Mask) -> None:
        """Follow signals and clock; from zero where power may not flow."""
        elapsed_ms = int(since(now_ms, np.array([self._last_ms]))[0])
        self._last_ms = now_ms
        if not self._used:
            return
        expired = self.alive & (since(now_ms, self._since) >= self._p.regulation_expiry_ms)
        if expired.any():
            self.alive &= ~expired
            np.copyto(self._share, self._p.regulation_fallback, where=expired)
        wanted_w = self._share * self._p.regulation_w // FULL
        self._ramp.approach(wanted_w, self._p.regulation_ramp_w_s, elapsed_ms, running, None)
