"""Delivered against commanded power: judged with each measurement, a deviation is reported after seconds.

A measurement is off where it lies outside what was commanded within the last second or two (dead time), by more than
the tolerance. Time off counts up, time within counts down four times slower, so that pulses are reported as well; a
measurement that comes nearer to the command (a ramp) does not count.

    less than commanded             its promised power is bounded to what it delivers
    power where none is commanded,  uncommanded: protection ceases to energise
    the other way, over a rating

A vehicle at a connector draws what it wants: at an AC one no less counts, at a DC one less than half, and it has
longer to give way when its available current falls.
"""

from array import array

from gridkeel import TYPE_CHECKING, evse, limits, ticks

if TYPE_CHECKING:
    from gridkeel.params import Parameters

_TIME_MS = 2000
_VEHICLE_MS = 6000  # IEC 61851-1: a vehicle has 5 s to follow a lower available current
_OVER_MS = 1000  # past its time a count goes no further: it is gone four times that time later at the latest
_RECOVERY = 4
_STEP_PARTS = 4  # of the slack: so much nearer is a ramp
_STEP_MAX_MS = 1000  # of one measurement, however long the last is ago
_LEAST_W = 200  # an inverter's own use and a meter's error
_COMMAND_PARTS = 10
_RATING_PARTS = 50
_COMMANDS_MS = 1000  # how long commands are gathered before they become those of the time before

# Places of what is remembered; one array, for an attribute takes four times the heap.
_OFF = 0  # ms that count, off and uncommanded
_MORE = 1
_BEGAN = 2  # what they were when the measurement went off; _OFF and _MORE again
_BEST_W = 4
_LOW_W = 5  # of the commands, and of those a second or two ago
_HIGH_W = 6
_LOW_BEFORE_W = 7
_HIGH_BEFORE_W = 8
_COMMANDS_SINCE_MS = 9
_LAST_MS = 10
_PLACES = 11


class Following:
    """deviation_w: delivered less commanded, 0 while it follows; uncommanded: power flows that nobody commanded.

    off: the last measurement was.  charge_w, discharge_w: what it was seen to deliver, limits.NO_BOUND while it
    follows.  Allocates: nothing.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self._marks = array("i", [0] * _PLACES)
        self.off = False
        self.deviation_w = 0
        self.uncommanded = False
        self.charge_w = limits.NO_BOUND
        self.discharge_w = limits.NO_BOUND

    def update(self, commanded_w: int, power_w: int, rating_w: int, now_ms: int) -> None:
        """Take a measurement and the command in force; rating_w: the larger one."""
        marks = self._marks
        passed_ms = ticks.diff(now_ms, marks[_LAST_MS])
        if not 0 <= passed_ms <= _STEP_MAX_MS:
            passed_ms = _STEP_MAX_MS
        marks[_LAST_MS] = now_ms
        self._add(commanded_w, now_ms)
        low_w = min(marks[_LOW_W], marks[_LOW_BEFORE_W])
        high_w = max(marks[_HIGH_W], marks[_HIGH_BEFORE_W])
        beyond_w = power_w - high_w if power_w > high_w else min(power_w - low_w, 0)
        slack_w = max(_LEAST_W, max(high_w, -low_w) // _COMMAND_PARTS, rating_w // _RATING_PARTS)
        more = abs(beyond_w) > slack_w and self._over(low_w, high_w, power_w, slack_w)
        if min(low_w, 0) <= power_w <= max(high_w, 0):
            slack_w = self._share(slack_w, commanded_w)
        size_w = abs(beyond_w)
        self.off = size_w > slack_w
        nearer = self.off and size_w <= marks[_BEST_W] - slack_w // _STEP_PARTS
        if not self.off:
            marks[_BEST_W] = 0
        elif nearer or not marks[_BEST_W]:
            marks[_BEST_W] = size_w
        self.uncommanded = self._count(_MORE, more, nearer, self.uncommanded, passed_ms)
        self._report(self._count(_OFF, self.off, nearer, self.deviation_w != 0, passed_ms), beyond_w, power_w)

    def _add(self, commanded_w, now_ms):
        """Gather the commands of the last second or two."""
        marks = self._marks
        if not 0 <= ticks.diff(now_ms, marks[_COMMANDS_SINCE_MS]) < _COMMANDS_MS:
            marks[_COMMANDS_SINCE_MS] = now_ms
            marks[_LOW_BEFORE_W] = marks[_LOW_W]
            marks[_HIGH_BEFORE_W] = marks[_HIGH_W]
            marks[_LOW_W] = marks[_HIGH_W] = commanded_w
        marks[_LOW_W] = min(marks[_LOW_W], commanded_w)
        marks[_HIGH_W] = max(marks[_HIGH_W], commanded_w)

    def _over(self, low_w, high_w, power_w, slack_w):
        """Return whether power flows that nobody commanded, or that nothing here is rated for."""
        p = self._p
        if power_w > slack_w:
            return high_w <= slack_w or power_w > min(p.charge_max_w, p.cable_max_w, p.ev_charge_max_w) + slack_w
        if power_w < -slack_w:
            most_w = min(p.discharge_max_w, p.cable_max_w, p.ev_discharge_max_w)
            return low_w >= -slack_w or -power_w > most_w + slack_w
        return False

    def _share(self, slack_w, commanded_w):
        """Return how much less than commanded may flow."""
        if not self._p.evse:
            return slack_w
        return limits.NO_BOUND if self._p.connector == evse.AC else max(slack_w, abs(commanded_w) // 2)

    def _count(self, at: int, off: bool, nearer: bool, reported: bool, passed_ms: int) -> bool:
        """Count one measurement; return whether the condition holds: from its time on until all is counted back."""
        marks = self._marks
        limit_ms = _TIME_MS + _VEHICLE_MS if self._p.evse else _TIME_MS
        if not off:
            marks[at] = marks[_BEGAN + at] = max(0, marks[at] - passed_ms // _RECOVERY)
        elif not nearer:
            marks[at] = min(marks[at] + passed_ms, limit_ms + _OVER_MS)
        elif not reported:
            marks[at] = marks[_BEGAN + at]
        return marks[at] >= limit_ms or reported and marks[at] > 0

    def _report(self, reported: bool, beyond_w: int, power_w: int) -> None:
        if not reported:
            self.deviation_w = 0
            self.charge_w = self.discharge_w = limits.NO_BOUND
        elif self.off:
            self.deviation_w = beyond_w
            # Charge that stays away is power under the command, discharge that does is power over it.
            if beyond_w < 0:
                self.charge_w = max(power_w, 0)
            else:
                self.discharge_w = max(-power_w, 0)
