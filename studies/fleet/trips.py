"""gridkeel.services.ride_through's clocks over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel import errors
from gridkeel.sensing.quality import UNUSABLE
from studies.fleet.clock import since
from studies.fleet.estimate import Estimates
from studies.fleet.parameters import FleetParameters
from studies.fleet.spread import FleetSpread

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
FREQUENCY = (errors.UNDER_FREQUENCY, errors.OVER_FREQUENCY)
CLOCK_MIN_MS = 20


class _Clock:
    """One row of the trip table for n chargers."""

    def __init__(self, n: int, fault: int, limit: Ints, clock_ms: Ints) -> None:
        self.fault = fault
        self.limit = limit
        self.clock_ms = clock_ms
        self.passed: Mask = np.zeros(n, dtype=bool)
        self.since: Ints = np.zeros(n, dtype=np.int64)


class FleetTrips:
    """The clocks of the table in force, one for all."""

    def __init__(self, parameters: FleetParameters, spread: FleetSpread) -> None:
        self._p = parameters
        self._spread = spread
        self._custom = not (parameters.common("trip_profile") or parameters.common("grid_code"))
        self._clocks = [
            _Clock(parameters.n, fault, limit, self._clock_ms(fault, clock_ms))
            for fault, limit, clock_ms in self._rows()
        ]

    def reset(self, where: Mask) -> None:
        """Start every clock of some over."""
        for one in self._clocks:
            one.passed[where] = False

    def update(self, mains: Estimates, now_ms: int, watched: Mask) -> Ints | None:
        """Follow a new estimate; return the fault codes of clocks that have run out, None where none has."""
        faults: Ints | None = None
        for one in self._clocks:
            passed = self._is_passed(one, mains)
            if not (passed.any() or one.passed.any()):
                continue
            one.since[watched & passed & ~one.passed] = now_ms
            np.copyto(one.passed, passed, where=watched)
            due = watched & passed & (since(now_ms, one.since) >= one.clock_ms)
            if due.any():
                faults = np.zeros(self._p.n, dtype=np.int64) if faults is None else faults
                faults[due] = one.fault
                watched = watched & ~due  # the first clock that runs out ends the round
        return faults

    def _rows(self) -> list[tuple[int, Ints, Ints]]:
        p = self._p
        if not self._custom:
            grid = p.grid
            rows = zip(grid.trip_faults, grid.trip_limits, grid.trip_clocks_ms, strict=True)
            return [(fault, np.array([limit]), np.array([clock_ms])) for fault, limit, clock_ms in rows]
        none = np.zeros(1, dtype=np.int64)
        return [
            (errors.MAINS_LOST, p.mains_loss_pct * 10, none),
            (errors.SAMPLES_LOST, none, p.trip_frequency_ms),
            (errors.UNDER_FREQUENCY, p.trip_under_mhz, p.trip_frequency_ms),
            (errors.OVER_FREQUENCY, p.trip_over_mhz, p.trip_frequency_ms),
        ]

    def _is_passed(self, one: _Clock, mains: Estimates) -> Mask:
        limit_mv = self._p.nominal_v * one.limit
        doubtful = (mains.quality & UNUSABLE) != 0
        if one.fault == errors.MAINS_LOST:
            return mains.cycle_mv < limit_mv
        if one.fault == errors.UNDER_VOLTAGE:
            return mains.voltage_mv < limit_mv
        if one.fault == errors.OVER_VOLTAGE:
            return mains.voltage_mv > limit_mv
        if one.fault == errors.SAMPLES_LOST:
            return doubtful
        # Whole millihertz, rounded down, are compared: the same as these, without a division.
        if one.fault == errors.UNDER_FREQUENCY:
            passed = mains.freq_short_uhz < one.limit * 1000
        else:
            passed = mains.freq_short_uhz >= (one.limit + 1) * 1000
        return np.where(doubtful, one.passed, passed) if doubtful.any() else passed

    def _clock_ms(self, fault: int, clock_ms: Ints) -> Ints:
        p, spread = self._p, self._spread
        if self._custom:
            return clock_ms + spread.of(p.trip_spread_ms) if fault in FREQUENCY else clock_ms
        if fault == errors.SAMPLES_LOST or not clock_ms.all():
            return clock_ms
        if fault in FREQUENCY:
            clock_ms = clock_ms - p.response_latency_ms - spread.of(np.minimum(p.trip_spread_ms, 33 + clock_ms // 500))
        else:
            clock_ms = clock_ms - (p.response_latency_ms >> 1)
        return np.maximum(clock_ms, CLOCK_MIN_MS)
