"""gridkeel.services.protection over arrays: the same table of states, clocks and trips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel import errors
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.services.protection import CEASED, RETURNING, RUN, SAFE
from hil.fleet.clock import since
from hil.fleet.estimate import Estimates
from hil.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FleetProtection:
    """Loss of mains, frequency and ROCOF trips and return of n chargers; numbers as in the firmware."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self._p = parameters
        self.state: Ints = np.full(n, SAFE, dtype=np.int64)
        self.trip: Ints = np.full(n, errors.NO_FAULT, dtype=np.int64)
        self.enabled: Mask = np.ones(n, dtype=bool)
        self._passed: Ints = np.full(n, errors.NO_FAULT, dtype=np.int64)
        self._passed_since: Ints = np.zeros(n, dtype=np.int64)
        self._rocof_passed: Mask = np.zeros(n, dtype=bool)
        self._rocof_since: Ints = np.zeros(n, dtype=np.int64)
        self._window_since: Ints = np.zeros(n, dtype=np.int64)

    def update(self, mains: Estimates, now_ms: int) -> None:
        """Follow a new estimate."""
        if not self.enabled.all():
            self.state[~self.enabled] = SAFE
        running = self.enabled & (self.state == RUN)
        if running.any():
            self._watch(mains, now_ms, running)
        if not running.all():
            waiting = self.enabled & ~running
            if waiting.any():
                self._return(mains, now_ms, waiting)

    def samples_lost(self) -> None:
        """No block came within its time."""
        returning = self.state == RETURNING
        self._cease(self.state == RUN, errors.SAMPLES_LOST)
        self._leave_window(returning)

    def _watch(self, mains: Estimates, now_ms: int, running: Mask) -> None:
        lost = mains.cycle_mv < self._share_mv(self._p.mains_loss_pct)
        watched = running
        if lost.any():
            self._cease(running & lost, errors.MAINS_LOST)
            watched = running & ~lost
        passed = self._limit_passed(mains)
        if passed is not None:
            changed = watched & (passed != self._passed)
            np.copyto(self._passed, passed, where=changed)
            self._passed_since[changed] = now_ms
            due = watched & (passed != 0) & (since(now_ms, self._passed_since) >= self._p.trip_frequency_ms)
            self._cease(due, self._passed)
            watched = watched & ~due
        self._watch_rocof(mains, now_ms, watched)

    def _limit_passed(self, mains: Estimates) -> Ints | None:
        """Return the code of the limit each has passed; None where nobody has, nor had before."""
        # The firmware compares whole millihertz, rounded down: the same as these, without a division.
        under = mains.freq_short_uhz < self._p.trip_under_mhz * 1000
        over = mains.freq_short_uhz >= (self._p.trip_over_mhz + 1) * 1000
        unusable = (mains.quality & UNUSABLE) != 0
        if not (under.any() or over.any() or unusable.any() or self._passed.any()):
            return None
        passed = np.where(under, errors.UNDER_FREQUENCY, np.where(over, errors.OVER_FREQUENCY, errors.NO_FAULT))
        return np.where(unusable, errors.SAMPLES_LOST, passed)

    def _watch_rocof(self, mains: Estimates, now_ms: int, watched: Mask) -> None:
        limit = self._p.trip_rocof_mhz_s
        passed = (np.abs(mains.rocof_mhz_s) > limit) & ((mains.quality & WARM_UP_LONG) == 0)
        if not passed.any():
            if self._rocof_passed.any():
                self._rocof_passed &= ~watched
            return
        self._rocof_since[watched & passed & ~self._rocof_passed] = now_ms
        np.copyto(self._rocof_passed, passed, where=watched)
        due = watched & passed & (since(now_ms, self._rocof_since) >= self._p.trip_rocof_ms)
        self._cease(due, errors.ROCOF_TRIP)

    def _return(self, mains: Estimates, now_ms: int, waiting: Mask) -> None:
        inside = self._inside_window(mains)
        returning = self.state == RETURNING
        begins = waiting & inside & ~returning
        due = waiting & inside & returning & (since(now_ms, self._window_since) >= self._delay_ms())
        self._leave_window(waiting & ~inside & returning)
        self.state[begins] = RETURNING
        self._window_since[begins] = now_ms
        self.state[due] = RUN
        self.trip[due] = errors.NO_FAULT
        self._passed[due] = errors.NO_FAULT
        self._rocof_passed[due] = False

    def _share_mv(self, pct: Ints) -> Ints:
        return self._p.nominal_v * 10 * pct

    def _delay_ms(self) -> Ints:
        return np.where(self.trip != 0, self._p.return_delay_ms, self._p.start_delay_ms)

    def _inside_window(self, mains: Estimates) -> Mask:
        p = self._p
        believed = (mains.quality & (UNUSABLE | WARM_UP_LONG)) == 0
        believed = believed & (mains.voltage_mv >= self._share_mv(p.return_volt_pct))
        low_uhz, past_uhz = p.return_low_mhz * 1000, (p.return_high_mhz + 1) * 1000
        return believed & (low_uhz <= mains.freq_uhz) & (mains.freq_uhz < past_uhz)

    def _leave_window(self, where: Mask) -> None:
        self.state[where] = np.where(self.trip[where] != 0, CEASED, SAFE)

    def _cease(self, where: Mask, why: int | Ints) -> None:
        self.state[where] = CEASED
        np.copyto(self.trip, why, where=where)
