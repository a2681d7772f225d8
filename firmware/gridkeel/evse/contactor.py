"""The contactor and the auxiliary contact that tells whether it obeyed.

    from       to         when
    open       closing    wanted
    open       welded     the contact says closed though nobody ordered it
    closing    closed     the contact says closed
    closing    opening    no longer wanted
    closing    stuck      it did not close in time
    closed     opening    no longer wanted
    closed     stuck      it fell open by itself
    opening    open       the contact says open
    opening    welded     it did not open in time
    stuck      open       `clear`: the vehicle is gone
    stuck      welded     the contact says closed all the same

Welded stays until the next start: somebody has to look at it.
"""

from gridkeel import ticks
from gridkeel.evse.times import CONTACTOR_MS

OPEN = 0
CLOSING = 1
CLOSED = 2
OPENING = 3
WELDED = 4
STUCK = 5


class Contactor:
    """state; order, the level the pin should have.  Allocates: nothing after construction."""

    def __init__(self):
        self.state = OPEN
        self.order = False
        self._since_ms = 0
        self._odd = False

    @property
    def closed(self):
        return self.state == CLOSED

    def update(self, wanted, feedback, now_ms):
        """Take what is wanted and what the auxiliary contact says; decide `order`."""
        late = self._late(feedback, now_ms)
        if self.state == OPEN:
            self._rest(wanted, feedback, late, now_ms)
        elif self.order:
            self._hold(wanted, feedback, late, now_ms)
        elif self.state == OPENING and not feedback:
            self._enter(OPEN, now_ms)
        elif self.state != WELDED and feedback and late:
            self._enter(WELDED, now_ms)

    def clear(self, now_ms):
        """The vehicle is gone: a contactor that did not close may try again with the next one."""
        if self.state == STUCK:
            self._enter(OPEN, now_ms)

    def _rest(self, wanted, feedback, late, now_ms):
        if feedback:
            if late:
                self._enter(WELDED, now_ms)
        elif wanted:
            self._enter(CLOSING, now_ms)

    def _hold(self, wanted, feedback, late, now_ms):
        if not wanted:
            self._enter(OPENING, now_ms)
        elif feedback:
            self.state = CLOSED
        elif late:
            self._enter(STUCK, now_ms)

    def _late(self, feedback, now_ms):
        """Return whether the contact has differed from the state for longer than a contactor needs."""
        odd = bool(feedback) != self.order
        if odd and not self._odd:
            self._since_ms = now_ms
        self._odd = odd
        return odd and ticks.diff(now_ms, self._since_ms) >= CONTACTOR_MS

    def _enter(self, state, now_ms):
        self.state = state
        self.order = self.state == CLOSING or self.state == CLOSED
        self._since_ms = now_ms
        self._odd = False
