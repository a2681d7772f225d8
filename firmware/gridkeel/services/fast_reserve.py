"""Fast frequency reserve: the contracted power out of the vehicle, at once and whole, where the frequency falls.

The states and what moves between them are one table:

    from        to          when
    off         ready       a reserve is selected (fast_reserve) and power is contracted (fast_reserve_w)
    ready       active      the short estimate is under the trigger for fast_reserve_confirm_ms
    active      ramp_off    hold_ms since the activation
    ramp_off    resting     the ramp has reached zero
    resting     ready       rearm_ms since the activation, and the frequency is back over the trigger
    active,     resting     power may not flow: an activation is spent even where it was cut short
    ramp_off
    any         off         no reserve is selected, or no power is contracted

A doubtful estimate neither starts nor confirms a trigger; an activation runs by its clocks alone.
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.sensing.quality import PHASE_JUMP, UNUSABLE

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains

OFF = 0
READY = 1
ACTIVE = 2
RAMP_OFF = 3
RESTING = 4
STATES = ("off", "ready", "active", "ramp_off", "resting")

NAME = 0
NOMINAL_HZ = 1
TRIGGER_MHZ = 2
ACTIVATE_MS = 3  # to the full power, sensing included; the response is a step, so nothing counts it down
HOLD_MS = 4
RAMP_OFF_MS = 5
REARM_MS = 6

_QUARTER_HOUR_MS = 900000

# A reserve's index is the value of `fast_reserve`, so rows are appended, never moved. fast_reserve_text.py has sources.
TABLE: tuple = (
    ("none", 0, 0, 0, 0, 0, 0),
    # Held 5 s where the ramp-off is at most 20 %/s, 30 s where it is a step.
    ("nordic-ffr-49.7", 50, 49700, 1300, 5000, 5000, _QUARTER_HOUR_MS),
    ("nordic-ffr-49.6", 50, 49600, 1000, 5000, 5000, _QUARTER_HOUR_MS),
    ("nordic-ffr-49.5", 50, 49500, 700, 5000, 5000, _QUARTER_HOUR_MS),
    ("nordic-ffr-49.7-long", 50, 49700, 1300, 30000, 0, _QUARTER_HOUR_MS),
    ("nordic-ffr-49.6-long", 50, 49600, 1000, 30000, 0, _QUARTER_HOUR_MS),
    ("nordic-ffr-49.5-long", 50, 49500, 700, 30000, 0, _QUARTER_HOUR_MS),
    ("ercot-ffr", 60, 59850, 250, _QUARTER_HOUR_MS, 0, 2 * _QUARTER_HOUR_MS),
)
NAMES = tuple([row[NAME] for row in TABLE])


class FastReserve:
    """After `update`: power_w (0 or less: out of the vehicle), state (STATES), activations (so far)."""

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.power_w = 0
        self.state = OFF
        self.activations = 0
        self._low = False
        self._low_since = 0
        self._active_since = 0

    def update(self, mains: "Mains", now_ms: int) -> int:
        """Follow a new estimate and return power_w."""
        p = self._p
        if not p.fast_reserve or not p.fast_reserve_w:
            self.state = OFF
            self.power_w = 0
            return 0
        row = TABLE[p.fast_reserve]
        low = self._confirmed_low(row, mains, now_ms)
        since_ms = ticks.diff(now_ms, self._active_since)
        if self.state == OFF:
            self.state = READY
        elif self.state == READY:
            if low:
                self._activate(now_ms)
        elif self.state == RESTING:
            if since_ms >= row[REARM_MS] and not self._low:
                self.state = READY
        elif since_ms >= row[HOLD_MS] + row[RAMP_OFF_MS]:
            self._rest()
        elif since_ms >= row[HOLD_MS]:
            self.state = RAMP_OFF
            # rest_ms <= 5000 and fast_reserve_w <= 5 * 10**4: under 2**28
            rest_ms = row[HOLD_MS] + row[RAMP_OFF_MS] - since_ms
            self.power_w = -(p.fast_reserve_w * rest_ms // row[RAMP_OFF_MS])
        return self.power_w

    def cut(self) -> None:
        """Power may not flow: what was active is over."""
        if self.power_w:
            self._rest()

    def _confirmed_low(self, row, mains, now_ms):
        low = not mains.quality & (UNUSABLE | PHASE_JUMP) and mains.freq_short_uhz < row[TRIGGER_MHZ] * 1000
        if low and not self._low:
            self._low_since = now_ms
        self._low = low
        return low and ticks.diff(now_ms, self._low_since) >= self._p.fast_reserve_confirm_ms

    def _activate(self, now_ms):
        self.state = ACTIVE
        self.activations += 1
        self._active_since = now_ms
        self.power_w = -self._p.fast_reserve_w

    def _rest(self):
        self.state = RESTING
        self.power_w = 0
