"""The control pilot of IEC 61851-1, Annex A: the vehicle's state from the levels behind a 1 kilohm resistor.

    level (high, mV)      state
    11,000 and more       A   no vehicle
     8,000..10,000        B   vehicle connected, not ready
     5,000..7,000         C   ready for power
     2,000..4,000         D   ready, wants ventilation
    -9,999..1,000         E   pilot shorted or without supply
    -10,000 and less      F   charging station not available
    between two bands     the state before holds

The vehicle's diode lets no current back: while the PWM runs, the low level must be -12 V.
"""

from gridkeel import errors, ticks
from gridkeel.evse import names
from gridkeel.evse.duty import has_pwm
from gridkeel.evse.times import DEBOUNCE_MS, DIODE_MS

NONE = 0  # nothing measured yet
A = 1
B = 2
C = 3
D = 4
E = 5
F = 6
NAMES = names.PILOT

_HOLD = -1
# lowest level of the band in mV, state; the first row that fits counts
BANDS = (
    (11000, A),
    (10001, _HOLD),
    (8000, B),
    (7001, _HOLD),
    (5000, C),
    (4001, _HOLD),
    (2000, D),
    (1001, _HOLD),
    (-9999, E),
)
DIODE_MV = -10000  # a low level over this has no diode before it


_LOWEST_MV = (0, 0, 8000, 5000, 2000, 0, 0)  # of the bands of B, C and D, by the state
_BAND_MV = 2000
_BETWEEN_MV = 1000  # from one of them to the next


def _stays(high_mv, state):
    """Return whether a high level is surely B's, C's or D's own, or lies beside its band."""
    return B <= state <= D and -_BETWEEN_MV < high_mv - _LOWEST_MV[state] < _BAND_MV + _BETWEEN_MV


def state_of(high_mv: int, before: int) -> int:
    """Return the state of a high level; `before` where the level lies between two bands."""
    for i in range(len(BANDS)):
        if high_mv >= BANDS[i][0]:
            state = BANDS[i][1]
            return before if state == _HOLD else state
    return F


class Pilot:
    """state, debounced; fault, PILOT_ERROR or PILOT_DIODE while active, else NO_FAULT.

    Allocates: nothing after construction.
    """

    def __init__(self) -> None:
        self.state = NONE
        self.fault = errors.NO_FAULT
        self._next = NONE
        self._next_ms = 0
        self._bent = False
        self._bent_ms = 0
        self._no_diode = False

    def plugged(self) -> bool:
        """Return whether a vehicle is connected: B, C or D."""
        return B <= self.state <= D

    def update(self, high_mv: int, low_mv: int, duty_permille: int, now_ms: int) -> None:
        """Take the levels measured while the EVSE drove duty_permille (1000 steady +12 V)."""
        if duty_permille <= 0:
            # Our own -12 V or 0 V: nothing of the vehicle can be seen behind it.
            self.state = self._next = F if duty_permille == 0 else E
            self.fault = errors.NO_FAULT
            return
        before = self.state
        state = before if _stays(high_mv, before) else state_of(high_mv, before)
        if state != before or state != self._next:
            self._debounce(state, now_ms)
            state = self.state
        if low_mv > DIODE_MV and has_pwm(duty_permille):
            self._check_diode(now_ms)
        else:
            self._bent = False
        if state == A:
            self._no_diode = False
        if state > D:  # E or F
            self.fault = errors.PILOT_ERROR
        else:
            self.fault = errors.PILOT_DIODE if self._no_diode else errors.NO_FAULT

    def _debounce(self, state, now_ms):
        if state != self._next:
            self._next = state
            self._next_ms = now_ms
        if state != self.state and ticks.diff(now_ms, self._next_ms) >= DEBOUNCE_MS:
            self.state = state

    def _check_diode(self, now_ms):
        """The low level is no diode's, though the PWM runs."""
        if not self._bent:
            self._bent = True
            self._bent_ms = now_ms
        # Stays until the vehicle is gone: no power for one whose diode came and went.
        if ticks.diff(now_ms, self._bent_ms) >= DIODE_MS:
            self._no_diode = True
