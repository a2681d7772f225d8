"""Whether the inverter delivers what was commanded: looked at with each measurement, told after seconds.

A measurement is off where it lies outside what was commanded within the last second or two (dead time), by more than
the tolerance. Time off counts up, time within counts down four times slower, so that pulses are told as well; a
measurement that comes nearer to the command (a ramp) does not count.

    less than commanded             its promised power is bounded to what it delivers
    power where none is commanded,  uncommanded: protection ceases to energise
    the other way, over a rating

A vehicle at an outlet draws what it wants: at an AC one no less counts, at a DC one less than half, and it has
longer to give way when less is offered.
"""

from gridkeel import evse, limits, ticks

_TIME_MS = 2000
_VEHICLE_MS = 6000  # IEC 61851-1: a vehicle has 5 s to follow a smaller offer
_OVER_MS = 1000  # past its time a count goes no further: it is gone four times that time later at the latest
_RECOVERY = 4
_STEP_PARTS = 4  # of the slack: so much nearer is a ramp
_STEP_MAX_MS = 1000  # of one measurement, however long the last is ago
_LEAST_W = 200  # an inverter's own use and a meter's error
_COMMAND_PARTS = 10
_RATING_PARTS = 50
_COMMANDS_MS = 1000  # how long commands are gathered before they become those of the time before


class Following:
    """deviation_w: delivered less commanded, 0 while it follows; uncommanded: power flows that nobody commanded.

    off: the last measurement was.  charge_w, discharge_w: what it was seen to deliver, limits.NO_BOUND while it
    follows.  Allocates: nothing.
    """

    def __init__(self, parameters):
        self._p = parameters
        self.deviation_w = 0
        self.uncommanded = False
        self.charge_w = limits.NO_BOUND
        self.discharge_w = limits.NO_BOUND
        self.off = False
        self._off = _Count()
        self._more = _Count()
        self._best_w = 0
        self._low_w = 0
        self._high_w = 0
        self._low_before_w = 0
        self._high_before_w = 0
        self._commands_ms = 0
        self._last_ms = 0

    def update(self, commanded_w, power_w, rating_w, now_ms):
        """Take a measurement and the command that stands; rating_w: the larger one."""
        passed_ms = ticks.diff(now_ms, self._last_ms)
        if not 0 <= passed_ms <= _STEP_MAX_MS:
            passed_ms = _STEP_MAX_MS
        self._last_ms = now_ms
        self._gather(commanded_w, now_ms)
        low_w = min(self._low_w, self._low_before_w)
        high_w = max(self._high_w, self._high_before_w)
        beyond_w = power_w - high_w if power_w > high_w else min(power_w - low_w, 0)
        slack_w = max(_LEAST_W, max(high_w, -low_w) // _COMMAND_PARTS, rating_w // _RATING_PARTS)
        more = abs(beyond_w) > slack_w and self._is_more(low_w, high_w, power_w, slack_w)
        if min(low_w, 0) <= power_w <= max(high_w, 0):
            slack_w = self._patience_w(slack_w, commanded_w)
        size_w = abs(beyond_w)
        self.off = size_w > slack_w
        nearer = self.off and size_w <= self._best_w - slack_w // _STEP_PARTS
        if not self.off:
            self._best_w = 0
        elif nearer or not self._best_w:
            self._best_w = size_w
        limit_ms = _TIME_MS + _VEHICLE_MS if self._p.evse else _TIME_MS
        told = self._off.add(self.off, nearer, passed_ms, limit_ms)
        self.uncommanded = self._more.add(more, nearer, passed_ms, limit_ms)
        self._tell(told, beyond_w, power_w)

    def _gather(self, commanded_w, now_ms):
        if not 0 <= ticks.diff(now_ms, self._commands_ms) < _COMMANDS_MS:
            self._commands_ms = now_ms
            self._low_before_w = self._low_w
            self._high_before_w = self._high_w
            self._low_w = self._high_w = commanded_w
        self._low_w = min(self._low_w, commanded_w)
        self._high_w = max(self._high_w, commanded_w)

    def _is_more(self, low_w, high_w, power_w, slack_w):
        """Return whether power flows that nobody commanded, or that nothing here is rated for."""
        p = self._p
        if power_w > slack_w:
            return high_w <= slack_w or power_w > min(p.charge_max_w, p.cable_max_w, p.ev_charge_max_w) + slack_w
        if power_w < -slack_w:
            most_w = min(p.discharge_max_w, p.cable_max_w, p.ev_discharge_max_w)
            return low_w >= -slack_w or -power_w > most_w + slack_w
        return False

    def _patience_w(self, slack_w, commanded_w):
        """Return how much less than commanded may flow."""
        if not self._p.evse:
            return slack_w
        return limits.NO_BOUND if self._p.outlet == evse.AC else max(slack_w, abs(commanded_w) // 2)

    def _tell(self, told, beyond_w, power_w):
        if not told:
            self.deviation_w = 0
            self.charge_w = self.discharge_w = limits.NO_BOUND
        elif self.off:
            self.deviation_w = beyond_w
            # Charge that stays away is power under the command, discharge that does is power over it.
            if beyond_w < 0:
                self.charge_w = max(power_w, 0)
            else:
                self.discharge_w = max(-power_w, 0)


class _Count:
    """Milliseconds off, told from the limit on until they are gone again."""

    def __init__(self):
        self._ms = 0
        self._mark_ms = 0
        self._told = False

    def add(self, off, nearer, passed_ms, limit_ms):
        """Take one measurement; return whether the condition stands."""
        if not off:
            self._ms = self._mark_ms = max(0, self._ms - passed_ms // _RECOVERY)
        elif not nearer:
            self._ms = min(self._ms + passed_ms, limit_ms + _OVER_MS)
        elif not self._told:
            self._ms = self._mark_ms
        self._told = self._ms >= limit_ms or self._told and self._ms > 0
        return self._told
