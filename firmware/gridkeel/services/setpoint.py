"""Secondary power: a set-point with a lifetime."""

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from gridkeel.params import Parameters


class Setpoint:
    """The power asked for from outside: power_w while `alive`; `expired` from the update that ends it to the next."""

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.alive = False
        self.expired = False
        self.power_w = 0
        self._since = 0
        self._life_ms = 0

    def set(self, power_w: int, lifetime_ms: int, now_ms: int) -> bool:
        """Take a set-point; return False (and change nothing) where power or lifetime is out of range."""
        if not -self._p.discharge_max_w <= power_w <= self._p.charge_max_w:
            return False
        if not 0 < lifetime_ms <= self._p.setpoint_max_s * 1000:
            return False
        self.power_w = power_w
        self._since = now_ms
        self._life_ms = lifetime_ms
        self.alive = True
        return True

    def update(self, now_ms: int) -> bool:
        """Count its life; return whether it rules."""
        self.expired = self.alive and ticks.diff(now_ms, self._since) >= self._life_ms
        if self.expired:
            self.alive = False
        return self.alive
