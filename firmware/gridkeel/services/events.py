"""Demand-response events as OpenADR describes them: start, duration, depth, recovery; and a contingency reserve.

The states and what moves between them are one table:

    from        to          when
    idle        pending     an event is taken
    pending     pending     another one is taken in its place
    pending     active      its start, spread by the controller's identity within demand_response_spread_s
    active      recovering  its duration is over
    recovering  idle        its recovery is over
    any         idle        it is cancelled

    kind        while active                          while recovering
    shed        depth_w less load, none at the most   the load comes back along a ramp; the energy is not taken later
    shift       depth_w less load, none at the most   the energy not taken is taken, spread over the recovery
    reserve     depth_w less, out of the vehicle too  the reserve goes along a ramp

All of it against the power that flowed when the event began. One event at a time: a pending one is
replaced, while one is active or recovering another is refused.
"""

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.services.spread import Spread

IDLE = 0
PENDING = 1
ACTIVE = 2
RECOVERING = 3
STATES = ("idle", "pending", "active", "recovering")

CANCEL = 0
SHED = 1
SHIFT = 2
RESERVE = 3
KINDS = ("cancel", "shed", "shift", "reserve")

START_MAX_S = 172800
DEPTH_MAX_W = 50000
_PAYBACK_MAX = 10000  # thousandths of the depth: a recovery is at most ten times deeper than its event


class Event:
    """power_w is the base power it asks for while `rules`, state one of STATES, delta_w its difference to the start."""

    def __init__(self, parameters: "Parameters", spread: "Spread") -> None:
        self._p = parameters
        self._spread = spread
        self.state = IDLE
        self.kind = CANCEL
        self.rules = False
        self.power_w = 0
        self.delta_w = 0
        self._begin_ms = 0
        self._duration_ms = 0
        self._recovery_s = 0
        self._depth_w = 0
        self._payback = 0
        self._base_w = 0

    def take(self, kind: int, start_in_s: int, duration_s: int, depth_w: int, recovery_s: int, now_ms: int) -> bool:
        """Take an event (or cancel the one there is); return False (and change nothing) where it cannot be."""
        if kind == CANCEL:
            self._end()
            return True
        if self.state > PENDING or not 0 < kind < len(KINDS) or not 0 < depth_w <= DEPTH_MAX_W:
            return False
        if not 0 <= start_in_s <= START_MAX_S or not 0 < duration_s < 65536 or not 0 <= recovery_s < 65536:
            return False
        if kind == SHIFT:
            if not recovery_s or duration_s * 1000 // recovery_s > _PAYBACK_MAX:
                return False
            self._payback = duration_s * 1000 // recovery_s
        self.kind = kind
        self._begin_ms = ticks.add(now_ms, start_in_s * 1000 + self._spread.of(self._p.demand_response_spread_s * 1000))
        self._duration_ms = duration_s * 1000
        self._recovery_s = recovery_s
        self._depth_w = depth_w
        self.state = PENDING
        return True

    def update(self, now_ms: int, base_w: int) -> bool:
        """Follow the clock; base_w: the power that flows without an event.  Return whether the event rules."""
        if self.state == IDLE:
            return False
        since_ms = ticks.diff(now_ms, self._begin_ms)
        if self.state == PENDING and since_ms >= 0:
            self._begin(base_w)
        if self.state == ACTIVE and since_ms >= self._duration_ms:
            self.state = RECOVERING
        if self.state == RECOVERING:
            self._recover(self._duration_ms + self._recovery_s * 1000 - since_ms)
        self.power_w = self._base_w + self.delta_w
        return self.rules

    def _begin(self, base_w):
        self.state = ACTIVE
        self.rules = True
        self._base_w = base_w
        depth_w = self._depth_w
        if self.kind != RESERVE and depth_w > base_w:
            depth_w = base_w if base_w > 0 else 0
        self._depth_w = depth_w
        self.delta_w = -depth_w

    def _recover(self, rest_ms):
        if rest_ms <= 0:
            self._end()
        elif self.kind == SHIFT:
            # 5 * 10**4 * 10**4: under 2**29
            self.delta_w = self._depth_w * self._payback // 1000
        else:
            # ms / s are thousandths
            self.delta_w = -(self._depth_w * (rest_ms // self._recovery_s) // 1000)

    def _end(self):
        self.state = IDLE
        self.rules = False
        self.delta_w = 0
