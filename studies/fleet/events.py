"""gridkeel.services.events over arrays: the same table of states."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridkeel.services import events
from gridkeel.services.events import ACTIVE, CANCEL, IDLE, PENDING, RECOVERING, RESERVE, SHIFT
from gridkeel.ticks import MASK
from studies.fleet.clock import since
from studies.fleet.parameters import FleetParameters
from studies.fleet.spread import FleetSpread

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
PAYBACK_MAX = 10000
TIME_LIMIT_S = 65536


class FleetEvents:
    """Demand-response events of n chargers, one each; power_w is the base power asked for where it `rules`."""

    def __init__(self, parameters: FleetParameters, spread: FleetSpread) -> None:
        n = parameters.n
        self._p = parameters
        self._spread_ms = spread.of(parameters.demand_response_spread_s * 1000)
        self.state: Ints = np.full(n, IDLE, dtype=np.int64)
        self.rules: Mask = np.zeros(n, dtype=bool)
        self.power_w: Ints = np.zeros(n, dtype=np.int64)
        self.delta_w: Ints = np.zeros(n, dtype=np.int64)
        self._kind: Ints = np.full(n, CANCEL, dtype=np.int64)
        self._begin_ms: Ints = np.zeros(n, dtype=np.int64)
        self._duration_ms: Ints = np.zeros(n, dtype=np.int64)
        self._recovery_s: Ints = np.zeros(n, dtype=np.int64)
        self._depth_w: Ints = np.zeros(n, dtype=np.int64)
        self._payback: Ints = np.zeros(n, dtype=np.int64)
        self._base_w: Ints = np.zeros(n, dtype=np.int64)

    def take(
        self,
        kind: ArrayLike,
        start_in_s: ArrayLike,
        duration_s: ArrayLike,
        depth_w: ArrayLike,
        recovery_s: ArrayLike,
        now_ms: int,
    ) -> Mask:
        """Take events (or cancel them); return who did, and change nothing at the others."""
        what, start, duration, depth, recovery = (
            np.broadcast_to(np.asarray(value, dtype=np.int64), (self._p.n,))
            for value in (kind, start_in_s, duration_s, depth_w, recovery_s)
        )
        cancelled = what == CANCEL
        self._end(cancelled)
        taken = (self.state <= PENDING) & (what > CANCEL) & (what < len(events.KINDS))
        taken &= (depth > 0) & (depth <= events.DEPTH_MAX_W) & (start >= 0) & (start <= events.START_MAX_S)
        taken &= (duration > 0) & (duration < TIME_LIMIT_S) & (recovery >= 0) & (recovery < TIME_LIMIT_S)
        payback = duration * 1000 // np.maximum(recovery, 1)
        shifts = what == SHIFT
        taken &= ~shifts | ((recovery > 0) & (payback <= PAYBACK_MAX))
        np.copyto(self._payback, payback, where=taken & shifts)
        begin_ms = (now_ms + start * 1000 + self._spread_ms) & MASK
        for own, given in (
            (self._kind, what),
            (self._begin_ms, begin_ms),
            (self._duration_ms, duration * 1000),
            (self._recovery_s, recovery),
            (self._depth_w, depth),
        ):
            np.copyto(own, given, where=taken)
        self.state[taken] = PENDING
        return taken | cancelled

    def update(self, now_ms: int, base_w: Ints) -> None:
        """Follow the clock; base_w: the power that flows without an event."""
        there = self.state != IDLE
        if not there.any():
            return
        since_ms = since(now_ms, self._begin_ms)
        self._begin((self.state == PENDING) & (since_ms >= 0), base_w)
        self.state[(self.state == ACTIVE) & (since_ms >= self._duration_ms)] = RECOVERING
        self._recover(self._duration_ms + self._recovery_s * 1000 - since_ms)
        np.copyto(self.power_w, self._base_w + self.delta_w, where=there)

    def _begin(self, begins: Mask, base_w: Ints) -> None:
        if not begins.any():
            return
        self.state[begins] = ACTIVE
        self.rules |= begins
        np.copyto(self._base_w, base_w, where=begins)
        load_w = np.minimum(self._depth_w, np.maximum(base_w, 0))
        depth_w = np.where(self._kind == RESERVE, self._depth_w, load_w)
        np.copyto(self._depth_w, depth_w, where=begins)
        np.copyto(self.delta_w, -depth_w, where=begins)

    def _recover(self, rest_ms: Ints) -> None:
        recovering = self.state == RECOVERING
        if not recovering.any():
            return
        taken_w = self._depth_w * self._payback // 1000
        left_w = -(self._depth_w * (rest_ms // np.maximum(self._recovery_s, 1)) // 1000)
        np.copyto(self.delta_w, np.where(self._kind == SHIFT, taken_w, left_w), where=recovering & (rest_ms > 0))
        self._end(recovering & (rest_ms <= 0))

    def _end(self, where: Mask) -> None:
        self.state[where] = IDLE
        self.rules[where] = False
        self.delta_w[where] = 0
