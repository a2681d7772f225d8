"""Clocks of the trips in force: each runs while its limit is passed.

A code's or a profile's clocks are clearing times, from the disturbance to the end of the power: sensing, bus and
inverter are taken off.
"""

from array import array

from gridkeel import TYPE_CHECKING, errors, ticks
from gridkeel.sensing.quality import UNUSABLE

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains
    from gridkeel.services.spread import Spread

CUSTOM = 0  # trip_table of the single parameters
_TRIPS_MAX = 9
_CLOCK_MIN_MS = 20
_NONE = 1 << 29  # past any frequency and voltage
# Places in the window inside of which no limit of the table is passed.
_LOW_MHZ = 0
_HIGH_MHZ = 1
_LOW_MV = 2
_HIGH_MV = 3
_LOW_CYCLE_MV = 4


class Trips:
    """The clocks of the table in force; each runs while its limit is passed and starts over when it is not."""

    def __init__(self, parameters: "Parameters", spread: "Spread") -> None:
        self._p = parameters
        self._spread = spread
        self._passed = bytearray(_TRIPS_MAX)
        self._since = array("i", [0] * _TRIPS_MAX)
        self._running = False  # a clock does
        self._table = CUSTOM
        self._limits: tuple[int, ...] = ()  # those that the window was made of
        self._window = array("i", [0] * 5)

    def reset(self) -> None:
        """Start every clock over."""
        self._running = False
        for k in range(_TRIPS_MAX):
            self._passed[k] = 0

    def update(self, mains: "Mains", now_ms: int) -> int:
        """Follow a new estimate; return the fault code of a clock that has run out, NO_FAULT while none has."""
        limits = self._p.grid.trip_limits
        if limits is not self._limits:  # made anew with each change of the parameters
            self._follow(self._p.grid)
        window = self._window
        mhz = mains.freq_short_uhz // 1000
        unusable = mains.quality & UNUSABLE
        inside = (
            window[_LOW_MHZ] <= mhz <= window[_HIGH_MHZ] and window[_LOW_MV] <= mains.voltage_mv <= window[_HIGH_MV]
        )
        if inside and not (unusable or self._running) and mains.cycle_mv >= window[_LOW_CYCLE_MV]:
            return errors.NO_FAULT
        return self._look(mains, mhz, unusable, now_ms)

    def _follow(self, grid):
        """Take the limits in force: the narrowest on each side make the window."""
        if grid.trip_table != self._table:
            self._table = grid.trip_table
            self.reset()
        nominal_v = self._p.nominal_v
        window = self._window
        window[_LOW_MHZ] = window[_LOW_MV] = window[_LOW_CYCLE_MV] = -_NONE
        window[_HIGH_MHZ] = window[_HIGH_MV] = _NONE
        self._limits = limits = grid.trip_limits
        for k in range(len(limits)):
            fault = grid.trip_faults[k]
            if fault == errors.UNDER_FREQUENCY:
                window[_LOW_MHZ] = max(window[_LOW_MHZ], limits[k])
            elif fault == errors.OVER_FREQUENCY:
                window[_HIGH_MHZ] = min(window[_HIGH_MHZ], limits[k])
            elif fault == errors.OVER_VOLTAGE:
                window[_HIGH_MV] = min(window[_HIGH_MV], nominal_v * limits[k])
            elif fault != errors.SAMPLES_LOST:
                at = _LOW_CYCLE_MV if fault == errors.MAINS_LOST else _LOW_MV
                window[at] = max(window[at], nominal_v * limits[k])

    def _look(self, mains, mhz, unusable, now_ms):
        """Look at each limit: run or stop its clock; return the fault of one that has run out."""
        grid = self._p.grid
        nominal_v = self._p.nominal_v
        faults = grid.trip_faults
        limits = grid.trip_limits
        passed = self._passed
        self._running = False
        for k in range(len(faults)):
            fault = faults[k]
            if fault == errors.UNDER_FREQUENCY:
                # What cannot be measured counts as no better than it was: a clock that runs goes on.
                beyond = passed[k] if unusable else mhz < limits[k]
            elif fault == errors.OVER_FREQUENCY:
                beyond = passed[k] if unusable else mhz > limits[k]
            elif fault == errors.SAMPLES_LOST:
                beyond = unusable
            elif fault == errors.OVER_VOLTAGE:
                beyond = mains.voltage_mv > nominal_v * limits[k]
            elif fault == errors.MAINS_LOST:
                beyond = mains.cycle_mv < nominal_v * limits[k]
            else:
                beyond = mains.voltage_mv < nominal_v * limits[k]
            if not beyond:
                passed[k] = 0
                continue
            self._running = True
            if self._runs_out(k, fault, grid.trip_clocks_ms[k], now_ms):
                return fault
        return errors.NO_FAULT

    def _runs_out(self, k, fault, clock_ms, now_ms):
        """A limit is passed: run its clock; return whether it has run out."""
        if not self._passed[k]:
            self._passed[k] = 1
            self._since[k] = now_ms
        return ticks.diff(now_ms, self._since[k]) >= self._clock_ms(fault, clock_ms)

    def _clock_ms(self, fault, clock_ms):
        """Return how long a limit may be passed, staggered: a table's never past its clearing time, a custom one later.

        Sooner by at most 33 ms + clock / 500, less than a test's own accuracy.
        """
        frequency = fault == errors.UNDER_FREQUENCY or fault == errors.OVER_FREQUENCY
        if self._table == CUSTOM:
            return clock_ms + self._spread.of(self._p.trip_spread_ms) if frequency else clock_ms
        if fault == errors.SAMPLES_LOST or not clock_ms:
            return clock_ms
        latency_ms = self._p.response_latency_ms
        if frequency:
            clock_ms -= latency_ms + self._spread.of(min(self._p.trip_spread_ms, 33 + clock_ms // 500))
        else:
            clock_ms -= latency_ms >> 1  # a voltage is measured sooner than a frequency
        return clock_ms if clock_ms > _CLOCK_MIN_MS else _CLOCK_MIN_MS
