"""gridkeel.services.lag and ramp over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.lag import STEP_MAX_MS

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
LN10_X100 = 230
LONGEST_STEP_MS = 1000


class FleetLag:
    """First-order lags of n chargers: 90 % of a step after each one's response time."""

    def __init__(self, n: int) -> None:
        self._mw: Ints = np.zeros(n, dtype=np.int64)

    def reset(self, where: Mask) -> None:
        self._mw[where] = 0

    def follow(self, target_w: Ints, elapsed_ms: int, response_ms: Ints) -> Ints:
        """Come nearer to target_w by elapsed_ms; return the powers."""
        elapsed_ms = max(0, min(elapsed_ms, STEP_MAX_MS))
        ahead = target_w * 1000 - self._mw
        if (response_ms > elapsed_ms).any():
            ahead = np.where(response_ms <= elapsed_ms, ahead, _part(ahead, elapsed_ms, response_ms))
        self._mw += ahead
        return (self._mw + 500) // 1000


def _part(ahead: Ints, elapsed_ms: int, response_ms: Ints) -> Ints:
    if elapsed_ms == 0:
        return np.zeros_like(ahead)
    x = 2 * elapsed_ms * LN10_X100
    share = (x << 16) // (200 * response_ms + elapsed_ms * LN10_X100)
    step = ((ahead >> 13) * share >> 3) + ((ahead & 8191) * share >> 16)
    return np.where(ahead == 0, 0, np.where(step == 0, 1, step))


class FleetRamp:
    """Powers of n chargers that approach their targets at limited rates."""

    def __init__(self, n: int) -> None:
        self._mw: Ints = np.zeros(n, dtype=np.int64)
        self.power_w: Ints = np.zeros(n, dtype=np.int64)

    def approach(self, target_w: Ints, rate_w_s: Ints, elapsed_ms: int, flows: Mask, held: Mask | None) -> None:
        """Come nearer to target_w; from zero where nothing flows, and not at all where held (None: nowhere)."""
        step_mw = rate_w_s * max(0, min(elapsed_ms, LONGEST_STEP_MS))
        ahead = target_w * 1000 - self._mw
        if held is not None:
            ahead = np.where(held, 0, ahead)
        if ahead.any() or not flows.all():
            self._mw += np.clip(ahead, -step_mw, step_mw)
            self._mw *= flows
            self.power_w = self._mw // 1000
