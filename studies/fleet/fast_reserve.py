"""gridkeel.services.fast_reserve over arrays: the same table of states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.sensing.quality import PHASE_JUMP, UNUSABLE
from gridkeel.services import fast_reserve
from gridkeel.services.fast_reserve import ACTIVE, OFF, RAMP_OFF, READY, RESTING
from studies.fleet.clock import since
from studies.fleet.estimate import Estimates
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetReserve:
    """Fast reserves of n chargers, each of its own row of the table; power_w is 0 or less: out of the vehicle."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self._on = (parameters.fast_reserve != 0) & (parameters.fast_reserve_w != 0)
        self._used = bool(self._on.any())
        self._trigger_uhz = self._column(fast_reserve.TRIGGER_MHZ) * 1000
        self._hold_ms = self._column(fast_reserve.HOLD_MS)
        self._ramp_off_ms = self._column(fast_reserve.RAMP_OFF_MS)
        self._rearm_ms = self._column(fast_reserve.REARM_MS)
        self.state: Ints = np.full(n, OFF, dtype=np.int64)
        self.power_w: Ints = np.zeros(n if self._used else 1, dtype=np.int64)
        self._low: Mask = np.zeros(n, dtype=bool)
        self._low_since: Ints = np.zeros(n, dtype=np.int64)
        self._active_since: Ints = np.zeros(n, dtype=np.int64)

    def update(self, mains: Estimates, now_ms: int) -> None:
        """Follow a new estimate."""
        if not self._used:
            return
        confirmed = self._confirmed_low(mains, now_ms)
        before = self.state
        # Where nothing is active, a clock that ran out long ago moves nothing but the rest's end.
        moves = confirmed.any() or not ((before == READY) | ~self._on).all()
        if not moves:
            return
        since_ms = since(now_ms, self._active_since)
        after = np.where(self._on & (before == OFF), READY, before)
        begins = self._on & (before == READY) & confirmed
        rested = (before == RESTING) & (since_ms >= self._rearm_ms) & ~self._low
        running = (before == ACTIVE) | (before == RAMP_OFF)
        ends = running & (since_ms >= self._hold_ms + self._ramp_off_ms)
        fades = running & ~ends & (since_ms >= self._hold_ms)
        after = np.where(begins, ACTIVE, np.where(rested, READY, np.where(fades, RAMP_OFF, after)))
        self.state = np.where(ends, RESTING, after)
        self._active_since[begins] = now_ms
        rest_ms = self._hold_ms + self._ramp_off_ms - since_ms
        fading_w = -(self._p.fast_reserve_w * rest_ms // np.maximum(self._ramp_off_ms, 1))
        power_w = np.where(begins, -self._p.fast_reserve_w, np.where(fades, fading_w, self.power_w))
        self.power_w = np.where(ends, 0, power_w)

    def cut(self, where: Mask) -> None:
        """Power may not flow at some: what was active there is over."""
        if not self._used:
            return
        spent = where & (self.power_w != 0)
        self.state[spent] = RESTING
        self.power_w[spent] = 0

    def _column(self, column: int) -> Ints:
        return np.array([row[column] for row in fast_reserve.TABLE], dtype=np.int64)[self._p.fast_reserve]

    def _confirmed_low(self, mains: Estimates, now_ms: int) -> Mask:
        low = ((mains.quality & (UNUSABLE | PHASE_JUMP)) == 0) & (mains.freq_short_uhz < self._trigger_uhz) & self._on
        self._low_since[low & ~self._low] = now_ms
        self._low = np.broadcast_to(low, self._low.shape).copy()
        return self._low & (since(now_ms, self._low_since) >= self._p.fast_reserve_confirm_ms)
