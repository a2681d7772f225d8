"""Trips, momentary cessation, enter service: whether power may flow at all.

The states and what moves between them are one table:

    from        to          when
    safe        returning   the mains are inside the return window
    returning   safe        they left it, and nothing has tripped yet
    returning   ceased      they left it after a trip
    returning   run         start_delay_ms (first start) or the return delay (after a trip, or enter_at_start)
    run         blocked     the voltage is past a block limit of a table that rides through it
    blocked     run         the voltage is back inside them, and the estimate can be used again
    run,        ceased      a clock of the trip table or the ROCOF limit's ran out, samples lost, power uncommanded
    blocked
    ceased      returning   the mains are inside the return window, and no power flows uncommanded
    any         safe        power is not allowed: the operator's mode is "safe", the configuration cannot be used, or
                            the control path allocated

Limits are those of the grid settings in force (grid_codes/in_force.py), clocks those of ride_through.py.
Delays after a trip are spread by the controller's identity.
"""

from gridkeel import TYPE_CHECKING, errors, ticks
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.services.ride_through import Trips
from gridkeel.services.spread import Spread

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains

SAFE = 0
RUN = 1
CEASED = 2
RETURNING = 3
BLOCKED = 4
NAMES = ("safe", "run", "ceased", "returning", "blocked")

RAMP_DONE = 1000


class Protection:
    """Decides `state`; `trip` names why it ceased (a code of the fault catalogue, 0 while nothing did).

    enabled: whether power is allowed at all.
    enter_permille: how much of the rating may flow yet on the ramp that follows the return, 1000 once it is over.
    """

    def __init__(self, parameters: "Parameters", identity: bytes = b"") -> None:
        self._p = parameters
        self.state = SAFE
        self.trip = errors.NO_FAULT
        self.enabled = True
        self.enter_permille = RAMP_DONE
        self.spread = Spread(parameters, identity)
        self._trips = Trips(parameters, self.spread)
        self._rocof_passed = False
        self._rocof_since = 0
        self._window_since = 0
        self._run_since = 0

    def allow(self, power: bool) -> None:
        """Allow power or forbid it, from the next estimate on; the way back leads through the return window."""
        self.enabled = power

    def update(self, mains: "Mains", now_ms: int, uncommanded: bool = False) -> int:
        """Follow a new estimate; return the state.  uncommanded: power flows that nobody commanded."""
        if not self.enabled:
            self.state = SAFE
        elif self.state == RUN or self.state == BLOCKED:
            self._watch(mains, now_ms, uncommanded)
        else:
            self._return(mains, now_ms, uncommanded)
        return self.state

    def samples_lost(self) -> None:
        """No block came within its time: what cannot be measured cannot be served."""
        if self.state == RUN or self.state == BLOCKED:
            self._cease(errors.SAMPLES_LOST)
        elif self.state == RETURNING:
            self._leave_window()

    def _watch(self, mains, now_ms, uncommanded):
        fault = self._trips.update(mains, now_ms) or self._watch_rocof(mains, now_ms)
        if uncommanded and not fault:
            fault = errors.POWER_UNCOMMANDED
        if fault:
            self._cease(fault)
            return
        grid = self._p.grid
        share_mv = self._p.nominal_v * 10  # a hundredth of it
        cycle_mv = mains.cycle_mv
        high_pct = grid.block_high_pct
        if cycle_mv < share_mv * grid.block_low_pct or high_pct and cycle_mv > share_mv * high_pct:
            self.state = BLOCKED
        elif not mains.quality & UNUSABLE:
            self.state = RUN
        if self.enter_permille < RAMP_DONE:
            self._ramp(now_ms)

    def _watch_rocof(self, mains, now_ms):
        p = self._p
        limit = p.trip_rocof_mhz_s
        rocof = mains.rocof_mhz_s
        # The ROCOF window reaches back 9 cycles: right after a gap in the samples it says nothing.
        if -limit <= rocof <= limit or mains.quality & WARM_UP_LONG:
            self._rocof_passed = False
            return errors.NO_FAULT
        if not self._rocof_passed:
            self._rocof_passed = True
            self._rocof_since = now_ms
        clock_ms = p.trip_rocof_ms + self.spread.of(p.trip_spread_ms)
        return errors.ROCOF_TRIP if ticks.diff(now_ms, self._rocof_since) >= clock_ms else errors.NO_FAULT

    def _ramp(self, now_ms):
        if self.enter_permille < RAMP_DONE:
            ramp_s = self._p.grid.enter_ramp_s
            # ms / s are thousandths
            share = ticks.diff(now_ms, self._run_since) // ramp_s if ramp_s else RAMP_DONE
            self.enter_permille = share if share < RAMP_DONE else RAMP_DONE

    def _return(self, mains, now_ms, uncommanded):
        if uncommanded or not self._inside_window(mains):
            if self.state == RETURNING:
                self._leave_window()
        elif self.state != RETURNING:
            self.state = RETURNING
            self._window_since = now_ms
        elif ticks.diff(now_ms, self._window_since) >= self._delay_ms():
            self.state = RUN
            self.enter_permille = 0 if self._enters() else RAMP_DONE
            self.trip = errors.NO_FAULT
            self._run_since = now_ms
            self._rocof_passed = False
            self._trips.reset()
            self._ramp(now_ms)

    def _share_mv(self, pct):
        return self._p.nominal_v * 10 * pct

    def _delay_ms(self):
        delay_ms = self._p.grid.return_delay_ms if self._enters() else self._p.start_delay_ms
        return delay_ms + self.spread.of(min(self._p.return_spread_ms, delay_ms))

    def _enters(self):
        return self.trip or self._p.enter_at_start

    def _inside_window(self, mains):
        if mains.quality & (UNUSABLE | WARM_UP_LONG):
            return False
        grid = self._p.grid
        if not self._share_mv(grid.return_volt_pct) <= mains.voltage_mv <= self._share_mv(grid.return_high_pct):
            return False
        return grid.return_low_mhz <= mains.freq_uhz // 1000 <= grid.return_high_mhz

    def _leave_window(self):
        self.state = CEASED if self.trip else SAFE

    def _cease(self, why):
        self.state = CEASED
        self.trip = why
