"""Loss of mains, frequency and ROCOF trips, return: whether power may flow at all.

The states and what moves between them are one table:

    from        to          when
    safe        returning   the mains are inside the return window
    returning   safe        they left it, and nothing has tripped yet
    returning   ceased      they left it after a trip
    returning   run         start_delay_ms (first start) or return_delay_ms (after a trip) inside the window
    run         ceased      mains lost, a limit passed for its time, samples lost
    ceased      returning   the mains are inside the return window
    any         safe        the operator's mode is "safe"
"""

from gridkeel import errors, ticks
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG

SAFE = 0
RUN = 1
CEASED = 2
RETURNING = 3
NAMES = ("safe", "run", "ceased", "returning")


class Protection:
    """Decides `state`; `trip` names why it ceased (a code of the fault catalogue, 0 while nothing did)."""

    def __init__(self, parameters):
        self._p = parameters
        self.state = SAFE
        self.trip = errors.NO_FAULT
        self.enabled = True
        self._passed = errors.NO_FAULT
        self._passed_since = 0
        self._rocof_passed = False
        self._rocof_since = 0
        self._window_since = 0

    def update(self, mains, now_ms):
        """Follow a new estimate; return the state."""
        if not self.enabled:
            self.state = SAFE
        elif self.state == RUN:
            self._watch(mains, now_ms)
        else:
            self._return(mains, now_ms)
        return self.state

    def samples_lost(self):
        """No block came within its time: what cannot be measured cannot be served."""
        if self.state == RUN:
            self._cease(errors.SAMPLES_LOST)
        elif self.state == RETURNING:
            self._leave_window()

    def _watch(self, mains, now_ms):
        if mains.cycle_mv < self._share_mv(self._p.mains_loss_pct):
            self._cease(errors.MAINS_LOST)
            return
        passed = self._limit_passed(mains)
        if passed != self._passed:
            self._passed = passed
            self._passed_since = now_ms
        if passed and ticks.diff(now_ms, self._passed_since) >= self._p.trip_frequency_ms:
            self._cease(passed)
            return
        self._watch_rocof(mains, now_ms)

    def _limit_passed(self, mains):
        # A frequency that cannot be told for as long as a passed limit counts as one.
        if mains.quality & UNUSABLE:
            return errors.SAMPLES_LOST
        mhz = mains.freq_short_uhz // 1000
        if mhz < self._p.trip_under_mhz:
            return errors.UNDER_FREQUENCY
        if mhz > self._p.trip_over_mhz:
            return errors.OVER_FREQUENCY
        return errors.NO_FAULT

    def _watch_rocof(self, mains, now_ms):
        limit = self._p.trip_rocof_mhz_s
        rocof = mains.rocof_mhz_s
        # The ROCOF window reaches back 9 cycles: right after a gap in the samples it says nothing.
        passed = not mains.quality & WARM_UP_LONG and (rocof > limit or rocof < -limit)
        if passed and not self._rocof_passed:
            self._rocof_since = now_ms
        self._rocof_passed = passed
        if passed and ticks.diff(now_ms, self._rocof_since) >= self._p.trip_rocof_ms:
            self._cease(errors.ROCOF_TRIP)

    def _return(self, mains, now_ms):
        if not self._inside_window(mains):
            if self.state == RETURNING:
                self._leave_window()
        elif self.state != RETURNING:
            self.state = RETURNING
            self._window_since = now_ms
        elif ticks.diff(now_ms, self._window_since) >= self._delay_ms():
            self.state = RUN
            self.trip = errors.NO_FAULT
            self._passed = errors.NO_FAULT
            self._rocof_passed = False

    def _share_mv(self, pct):
        return self._p.nominal_v * 10 * pct

    def _delay_ms(self):
        return self._p.return_delay_ms if self.trip else self._p.start_delay_ms

    def _inside_window(self, mains):
        if mains.quality & (UNUSABLE | WARM_UP_LONG) or mains.voltage_mv < self._share_mv(self._p.return_volt_pct):
            return False
        return self._p.return_low_mhz <= mains.freq_uhz // 1000 <= self._p.return_high_mhz

    def _leave_window(self):
        self.state = CEASED if self.trip else SAFE

    def _cease(self, why):
        self.state = CEASED
        self.trip = why
