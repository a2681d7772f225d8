"""Priority of the sources of power: one table, the higher row over the lower.

    level        when                                    power
    safety       the operator's mode is "safe"           0, nothing else counts
    protection   its state is not RUN                    0, nothing else counts
    primary      droop or the fast reserve answers       base + droop + fast reserve, in power_min_w..power_max_w
    event        an event is active or recovering        base: what flowed at its start, and its difference
    departure    the vehicle must charge to be ready     base: no less than that
    secondary    a set-point or a regulation signal      base: the set-point (else the row below) + regulation
    schedule     a price plan rules                      base: its power
    baseline     otherwise                               base: baseline_w

The base goes from one level's power to another's by setpoint_ramp_w_s, from zero whenever power may not flow;
regulation brings its own ramp. Where a droop profile holds the pre-disturbance power, the base does not move
while droop answers. After a return the whole is bounded by the ramp of enter service.
"""

from gridkeel import TYPE_CHECKING, limits, ticks
from gridkeel.services.protection import BLOCKED, RAMP_DONE, RUN
from gridkeel.services.ramp import Ramp

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.services.bundle import Services

BASELINE = 0
SCHEDULE = 1
SECONDARY = 2
DEPARTURE = 3
EVENT = 4
PRIMARY = 5
PROTECTION = 6
SAFETY = 7
LEVELS = ("baseline", "schedule", "secondary", "departure", "demand_response", "primary", "protection", "safety")


class Arbiter:
    """Makes one requested power of what the services ask for.

    After `decide`: requested_w, into the vehicle; level, the row that has priority (LEVELS); base_w and primary_w, its
    parts; limiter (limits.NAMES), its source by name, or what bounded it; ramp, the base on its way from one level to
    another.
    """

    def __init__(self, parameters: "Parameters", services: "Services") -> None:
        """services: services.bundle.Services."""
        self._p = parameters
        self._s = services
        self.ramp = Ramp()
        self._last_ms = 0
        self.requested_w = 0
        self.base_w = 0
        self.primary_w = 0
        self.level = PROTECTION
        self.limiter = limits.CEASED

    def decide(self, now_ms: int, ready: bool, required_w: int = 0) -> int:
        """Return requested_w.

        ready: whether the inverter takes power: the base starts from zero where it does not.  required_w: the charge
        that the departure requires, 0 where there is time.
        """
        s = self._s
        protection = s.protection
        elapsed_ms = (now_ms - self._last_ms & ticks.MASK ^ ticks.HALF) - ticks.HALF  # ticks.diff, without its call
        self._last_ms = now_ms
        running = protection.state == RUN
        flows = running and ready
        s.regulation.update(now_ms, flows)
        self._base(s, self._target(s, now_ms, required_w), elapsed_ms, flows)
        if not running:
            s.droop.reset()
            s.fast_reserve.cut()
            self._cease(protection)
            return 0
        self.primary_w = primary_w = s.droop.power_w + s.fast_reserve.power_w
        self.requested_w = self.base_w + primary_w
        if primary_w:
            self.level = PRIMARY
            self.limiter = limits.FAST_RESERVE if s.fast_reserve.power_w else limits.DROOP
            if not self._p.power_min_w <= self.requested_w <= self._p.power_max_w:
                self._bound_primary()
        if protection.enter_permille < RAMP_DONE:
            self._bound_entry(protection.enter_permille)
        return self.requested_w

    def _cease(self, protection):
        self.requested_w = 0
        self.primary_w = 0
        self.level = PROTECTION if protection.enabled else SAFETY
        if not protection.enabled:
            self.limiter = limits.MODE_SAFE
        else:
            self.limiter = limits.BLOCKED if protection.state == BLOCKED else limits.CEASED

    def _base(self, s, target_w, elapsed_ms, flows):
        ramp = self.ramp
        if not flows:
            ramp.reset()
            self.base_w = 0
            return
        if s.droop.active and s.droop.freezes:
            return
        self.base_w = ramp.approach(target_w, self._p.setpoint_ramp_w_s, elapsed_ms)
        if ramp.moving:
            self.limiter = limits.RAMP
        if self.level == SECONDARY:
            self.base_w += s.regulation.power_w

    def _target(self, s, now_ms, required_w):
        # A service that has nothing to follow is not called: most have nothing in most blocks.
        level = BASELINE
        limiter = limits.BASELINE
        target_w = self._p.baseline_w
        if s.plan.slots and s.plan.update(now_ms):
            level = SCHEDULE
            limiter = limits.SCHEDULE
            target_w = s.plan.power_w
        setpoint = s.setpoint
        if (setpoint.alive or setpoint.expired) and setpoint.update(now_ms):
            level = SECONDARY
            limiter = limits.SETPOINT
            target_w = setpoint.power_w
        if s.regulation.alive or s.regulation.power_w:
            level = SECONDARY
            limiter = limits.REGULATION
        if required_w > 0 and required_w > target_w:
            level = DEPARTURE
            limiter = limits.DEPARTURE
            target_w = required_w
        if s.event.state and s.event.update(now_ms, self.base_w):
            level = EVENT
            limiter = limits.DEMAND_RESPONSE
            target_w = s.event.power_w
        self.level = level
        self.limiter = limiter
        return target_w

    def _bound_primary(self):
        if self.requested_w > self._p.power_max_w and self.primary_w > 0:
            self.requested_w = max(self._p.power_max_w, self.base_w)
            self.limiter = limits.POWER_RANGE
        elif self.requested_w < self._p.power_min_w and self.primary_w < 0:
            self.requested_w = min(self._p.power_min_w, self.base_w)
            self.limiter = limits.POWER_RANGE

    def _bound_entry(self, permille):
        most_w = max(self._p.charge_max_w, self._p.discharge_max_w) * permille // RAMP_DONE
        if self.requested_w > most_w or self.requested_w < -most_w:
            self.requested_w = most_w if self.requested_w > 0 else -most_w
            self.limiter = limits.ENTER_RAMP
