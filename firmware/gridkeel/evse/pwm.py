"""Duty and state of the control pilot's PWM: one state machine.

state     duty       while
none      100 %      no vehicle, nobody's consent, too little power for 6 A, or communication is over
digital   5 %        evse = 2: a session is awaited or runs
step      100 %      3 s between the 5 % and a nominal duty (ISO 15118-3)
basic     10..96 %   basic charging: the offered current as a duty
out       0 %        a fault that only service mends

from      to         when
any       none       the vehicle is gone
any       out        out of service; back to none where that ends
none      digital    evse = 2 and digital communication not yet given up
none      basic      consent, and 6 A or more for as long as the pause asks
digital   step       no session came within hlc_wait_s, or communication failed
basic     step       a vehicle asks for a session after all, and the wait after the failures before is over
none      step       the same, while digital communication is given up
step      none       after 3 s
basic     none       consent withdrawn or under 6 A

The pause follows basic charging that was ended while the vehicle stayed. It counts from when 6 A are there again, is
four times as long where they are less than 6.5 A, and doubles each time, but after basic charging that lasted.
"""

from gridkeel import TYPE_CHECKING, evse, ticks
from gridkeel.evse import duty
from gridkeel.evse.duty import of_ma
from gridkeel.evse.times import PAUSE_MAX_MS, PAUSE_MS, RETRY_DOUBLINGS, RETRY_MS, STEP_X1_MS

if TYPE_CHECKING:
    from gridkeel.params import Parameters

NONE = 0
DIGITAL = 1
STEP = 2
BASIC = 3
OUT = 4

_SURE_MA = 6500  # no current that the next swing of the mains takes away again
_UNSURE_PAUSES = 4


class Pwm:
    """state and duty_permille; pause_ms before basic charging begins again; in_session.

    Allocates: nothing after construction.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.state = NONE
        self.duty_permille = duty.STEADY
        self._since_ms = 0
        self.pause_ms = 0
        self._given_up = False
        self.in_session = False
        self._over = False  # the last session ended in order
        self._asked = False
        self._missed = 0  # how often digital communication was given up in this stay
        self._off_ms = 0

    def digital(self) -> bool:
        """Return whether the duty is 5 % and stays: a vehicle may begin a session."""
        return self.state == DIGITAL and not self._given_up

    def session(self, on: bool, failed: bool) -> None:
        """A session begins, ends, or (failed) communication came to nothing."""
        if self.in_session and not on and not failed:
            self._missed = 0
        self._over = not on and not failed and (self.in_session or self._over)
        self.in_session = on
        if failed and self.state == DIGITAL:
            self._given_up = True

    def asked(self) -> None:
        """A vehicle asks for a session: at the next `update` the way back to the 5 % begins, where one is needed."""
        self._asked = self._given_up

    def update(self, plugged: bool, out: bool, consent: bool, current_ma: int, now_ms: int) -> None:
        """Decide; consent: whoever plugged in may have power without a session; current_ma: what there is a phase."""
        state = self.state
        if out:
            self._enter(OUT, now_ms)
        elif not plugged:
            self._forget(now_ms)
        elif self._asked and state != DIGITAL and self._may(now_ms):
            self._given_up = False
            if state != STEP:
                self._enter(STEP, now_ms)
        elif state == NONE:
            self._begin(consent, current_ma, now_ms)
        elif state == DIGITAL:
            self._wait(now_ms)
        elif state == STEP:
            if ticks.diff(now_ms, self._since_ms) >= STEP_X1_MS:
                self._enter(NONE, now_ms)
        elif state == OUT or not consent or current_ma < duty.LEAST_MA:
            self._withdraw(now_ms)
        self._asked = False
        self.duty_permille = self._duty(current_ma)

    def _may(self, now_ms):
        """The first retry may come at once; each further failure of the same stay doubles the wait before the next."""
        if self._missed < 2:
            return True
        wait_ms = RETRY_MS << min(self._missed - 2, RETRY_DOUBLINGS)
        return ticks.diff(now_ms, self._off_ms) >= wait_ms

    def _begin(self, consent, current_ma, now_ms):
        if self._p.evse == evse.ISO15118 and not self._given_up:
            self._enter(DIGITAL, now_ms)
        elif current_ma < duty.LEAST_MA:
            self._since_ms = now_ms
        elif self._p.connector == evse.AC and consent and self._rested(current_ma, now_ms):
            self._enter(BASIC, now_ms)

    def _rested(self, current_ma, now_ms):
        pause_ms = self.pause_ms if current_ma >= _SURE_MA else _UNSURE_PAUSES * self.pause_ms
        return not pause_ms or ticks.diff(now_ms, self._since_ms) >= pause_ms

    def _withdraw(self, now_ms):
        """Stop the PWM; after basic charging the next one waits."""
        if self.state == BASIC:
            lasted = ticks.diff(now_ms, self._since_ms) >= PAUSE_MAX_MS
            self.pause_ms = PAUSE_MS if lasted else min(max(2 * self.pause_ms, PAUSE_MS), PAUSE_MAX_MS)
        self._enter(NONE, now_ms)

    def _wait(self, now_ms):
        waited_ms = ticks.diff(now_ms, self._since_ms)
        if self.in_session or self._over:
            # After a session that ended in order the 5 % stay: the vehicle may want another one.
            self._since_ms = now_ms
        elif self._given_up or waited_ms >= self._p.hlc_wait_s * 1000:
            # A DC connector has no basic charging to fall back to: it begins anew.
            self._given_up = self._p.connector == evse.AC
            self._missed += 1
            self._off_ms = now_ms
            self._enter(STEP, now_ms)

    def _forget(self, now_ms):
        self._given_up = self.in_session = self._over = self._asked = False
        self._missed = 0
        self.pause_ms = 0
        if self.state != NONE:
            self._enter(NONE, now_ms)

    def _duty(self, current_ma):
        if self.state == BASIC:
            return of_ma(current_ma)
        if self.state == DIGITAL:
            return duty.DIGITAL
        return duty.OFF if self.state == OUT else duty.STEADY

    def _enter(self, state, now_ms):
        self.state = state
        self._since_ms = now_ms
