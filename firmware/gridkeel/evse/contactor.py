"""The contactor and the auxiliary contact that shows whether it obeyed.

    from       to         when
    open       closing    wanted, for as long as the last openings call for
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

It opens at once. After the second opening it closes again only when it has been wanted for 1 s without a break, then
for 2, 4 ... 128 s; every two minutes since the last opening take one of these steps back, and all of them are forgotten
with a vehicle that has been gone for 3 s.
"""

from gridkeel import ticks
from gridkeel.evse.times import CALM_MS, CONTACTOR_MS, REPLUG_MS, REST_MS

OPEN = 0
CLOSING = 1
CLOSED = 2
OPENING = 3
WELDED = 4
STUCK = 5

_OPENINGS_MAX = 9  # 128 s


class Contactor:
    """state; order, the level the pin should have; operations, how often it was ordered to close since the start.

    Allocates: nothing after construction.
    """

    def __init__(self) -> None:
        self.state = OPEN
        self.order = False
        self.operations = 0
        self._since_ms = 0
        self._odd = False
        self._count = 0  # of openings not yet forgotten
        self._begun_ms = 0  # of what is wanted without a break
        self._last_ms = 0  # of the openings

    def closed(self) -> bool:
        return self.state == CLOSED

    def update(self, wanted: bool, feedback: int, now_ms: int) -> None:
        """Take what is wanted and what the auxiliary contact says; decide `order`."""
        if self.state == CLOSED and wanted and feedback:
            self._odd = False
            return
        late = self._late(feedback, now_ms)
        if not wanted:
            self._begun_ms = now_ms
        if self.state == OPEN:
            self._rest(wanted, feedback, late, now_ms)
        elif self.order:
            self._hold(wanted, feedback, late, now_ms)
        elif self.state == OPENING and not feedback:
            self._enter(OPEN, now_ms)
        elif self.state != WELDED and feedback and late:
            self._enter(WELDED, now_ms)

    def clear(self, now_ms: int, gone_ms: int) -> None:
        """The vehicle is gone: a contactor that did not close may try again with the next one, and needs no rest."""
        if self.state == STUCK:
            self._enter(OPEN, now_ms)
        if gone_ms >= REPLUG_MS:
            self._count = 0

    def _rest(self, wanted, feedback, late, now_ms):
        if feedback:
            if late:
                self._enter(WELDED, now_ms)
        elif wanted and self._rested(now_ms):
            self.operations += 1
            self._enter(CLOSING, now_ms)

    def _rested(self, now_ms):
        self._recover(now_ms)
        if self._count < 2:
            return True
        return ticks.diff(now_ms, self._begun_ms) >= REST_MS << self._count - 2

    def _recover(self, now_ms):
        """Forget an opening for every quiet while since the last."""
        while self._count and ticks.diff(now_ms, self._last_ms) >= CALM_MS:
            self._last_ms = ticks.add(self._last_ms, CALM_MS)
            self._count -= 1

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
        if self.order:
            self._recover(now_ms)
            self._count = min(self._count + 1, _OPENINGS_MAX)
            self._last_ms = now_ms
        self.state = state
        self.order = self.state == CLOSING or self.state == CLOSED
        self._since_ms = now_ms
        self._odd = False
