"""gridkeel.services.protection over arrays: the same table of states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel import errors
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.services.protection import BLOCKED, CEASED, RAMP_DONE, RETURNING, RUN, SAFE
from studies.fleet.clock import since
from studies.fleet.estimate import Estimates
from studies.fleet.parameters import FleetParameters
from studies.fleet.spread import FleetSpread
from studies.fleet.trips import FleetTrips

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetProtection:
    """Trips, momentary cessation and enter service of n chargers; numbers as in the firmware."""

    def __init__(self, parameters: FleetParameters, spread: FleetSpread) -> None:
        n = parameters.n
        self._p = parameters
        self._spread = spread
        self._grid = parameters.grid
        self._custom = not (parameters.common("trip_profile") or parameters.common("grid_code"))
        self._by_code = parameters.common("grid_code") != 0
        self._trips = FleetTrips(parameters, spread)
        self._rocof_clock_ms = parameters.trip_rocof_ms + spread.of(parameters.trip_spread_ms)
        self.state: Ints = np.full(n, SAFE, dtype=np.int64)
        self.trip: Ints = np.full(n, errors.NO_FAULT, dtype=np.int64)
        self.enabled: Mask = np.ones(n, dtype=bool)
        self.enter_permille: Ints = np.full(n, RAMP_DONE, dtype=np.int64)
        self._rocof_passed: Mask = np.zeros(n, dtype=bool)
        self._rocof_since: Ints = np.zeros(n, dtype=np.int64)
        self._window_since: Ints = np.zeros(n, dtype=np.int64)
        self._run_since: Ints = np.zeros(n, dtype=np.int64)

    def update(self, mains: Estimates, now_ms: int) -> None:
        """Follow a new estimate."""
        if not self.enabled.all():
            self.state[~self.enabled] = SAFE
        on = self.enabled & self._on()
        if on.any():
            self._watch(mains, now_ms, on)
        if not on.all():
            waiting = self.enabled & ~on
            if waiting.any():
                self._return(mains, now_ms, waiting)

    def samples_lost(self) -> None:
        """No block came within its time."""
        returning = self.state == RETURNING
        self._cease(self._on(), errors.SAMPLES_LOST)
        self._leave_window(returning)

    def _on(self) -> Mask:
        return (self.state == RUN) | (self.state == BLOCKED)

    def _watch(self, mains: Estimates, now_ms: int, on: Mask) -> None:
        faults = self._trips.update(mains, now_ms, on)
        if faults is not None:
            self._cease(faults != 0, faults)
            on = on & (faults == 0)
        tripped = self._watch_rocof(mains, now_ms, on)
        if tripped is not None:
            self._cease(tripped, errors.ROCOF_TRIP)
            on = on & ~tripped
        blocks = mains.cycle_mv < self._share_mv(self._grid.block_low_pct)
        high_pct = self._grid.block_high_pct
        if high_pct:
            blocks = blocks | (mains.cycle_mv > self._share_mv(high_pct))
        usable = (mains.quality & UNUSABLE) == 0
        if blocks.any() or not (self.state == RUN).all():
            self.state[on & blocks] = BLOCKED
            self.state[on & ~blocks & usable] = RUN
        self._ramp(now_ms, on)

    def _watch_rocof(self, mains: Estimates, now_ms: int, on: Mask) -> Mask | None:
        limit = self._p.trip_rocof_mhz_s
        passed = (np.abs(mains.rocof_mhz_s) > limit) & ((mains.quality & WARM_UP_LONG) == 0)
        if not (passed.any() or self._rocof_passed.any()):
            return None
        self._rocof_since[on & passed & ~self._rocof_passed] = now_ms
        np.copyto(self._rocof_passed, passed, where=on)
        return on & passed & (since(now_ms, self._rocof_since) >= self._rocof_clock_ms)

    def _ramp(self, now_ms: int, where: Mask) -> None:
        rising = where & (self.enter_permille < RAMP_DONE)
        if not rising.any():
            return
        ramp_s = self._entry("enter_ramp_s")
        share = np.where(ramp_s > 0, since(now_ms, self._run_since) // np.maximum(ramp_s, 1), RAMP_DONE)
        np.copyto(self.enter_permille, np.minimum(share, RAMP_DONE), where=rising)

    def _return(self, mains: Estimates, now_ms: int, waiting: Mask) -> None:
        inside = self._inside_window(mains)
        returning = self.state == RETURNING
        begins = waiting & inside & ~returning
        due = waiting & inside & returning & (since(now_ms, self._window_since) >= self._delay_ms())
        self._leave_window(waiting & ~inside & returning)
        self.state[begins] = RETURNING
        self._window_since[begins] = now_ms
        if due.any():
            self.state[due] = RUN
            self.enter_permille[due] = np.where(self._enters()[due], 0, RAMP_DONE)
            self.trip[due] = errors.NO_FAULT
            self._run_since[due] = now_ms
            self._rocof_passed[due] = False
            self._trips.reset(due)
            self._ramp(now_ms, due)

    def _enters(self) -> Mask:
        return (self.trip != 0) | (self._p.enter_at_start != 0)

    def _entry(self, name: str) -> Ints:
        own: Ints = getattr(self._p, name)
        return own if self._custom else np.array([getattr(self._grid, name)])

    def _window(self, name: str) -> Ints:
        own: Ints = getattr(self._p, name)
        return np.array([getattr(self._grid, name)]) if self._by_code else own

    def _share_mv(self, pct: Ints | int) -> Ints:
        return self._p.nominal_v * 10 * pct

    def _delay_ms(self) -> Ints:
        after_trip = self._entry("return_delay_ms")
        delay_ms = np.where(self._enters(), after_trip, self._p.start_delay_ms)
        return delay_ms + self._spread.of(np.minimum(self._p.return_spread_ms, delay_ms))

    def _inside_window(self, mains: Estimates) -> Mask:
        believed = (mains.quality & (UNUSABLE | WARM_UP_LONG)) == 0
        believed = believed & (self._share_mv(self._window("return_volt_pct")) <= mains.voltage_mv)
        believed = believed & (mains.voltage_mv <= self._share_mv(self._window("return_high_pct")))
        low_uhz = self._entry("return_low_mhz") * 1000
        past_uhz = (self._entry("return_high_mhz") + 1) * 1000
        return believed & (low_uhz <= mains.freq_uhz) & (mains.freq_uhz < past_uhz)

    def _leave_window(self, where: Mask) -> None:
        self.state[where] = np.where(self.trip[where] != 0, CEASED, SAFE)

    def _cease(self, where: Mask, why: int | Ints) -> None:
        self.state[where] = CEASED
        np.copyto(self.trip, why, where=where)
