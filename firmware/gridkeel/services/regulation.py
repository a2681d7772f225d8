"""Secondary regulation (AGC): a signal every 1 to 4 s moves the power about the base point, by its own ramp."""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.services.ramp import Ramp

if TYPE_CHECKING:
    from gridkeel.params import Parameters

FULL = 10000  # the whole of regulation_w, in 0.01 %


class Regulation:
    """power_w adds to the base point; `alive` while the signal is fresh, `expired` from the update
    that ends it to the next.

    A signal older than regulation_expiry_ms counts as regulation_fallback: a share as the signal itself, 0 for none.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.alive = False
        self.expired = False
        self.power_w = 0
        self.interval_ms = 0  # between the last two signals, 0 while there were not two
        self._share = 0
        self._idle = True  # no signal, and nothing left of the last
        self._since = 0
        self._last_ms = 0
        self._ramp = Ramp()

    def signal(self, share_pct_x100: int, now_ms: int) -> bool:
        """Take a signal, -10000..10000 of regulation_w; return False (and change nothing) out of range."""
        if not -FULL <= share_pct_x100 <= FULL or not self._p.regulation_w:
            return False
        self.interval_ms = ticks.diff(now_ms, self._since) if self.alive else 0
        self._share = share_pct_x100
        self._since = now_ms
        self.alive = True
        self._idle = False
        return True

    def update(self, now_ms: int, running: bool) -> int:
        """Return power_w; it starts from zero whenever power may not flow."""
        if self._idle:
            self.expired = False
            self._last_ms = now_ms
            return 0
        self.expired = self.alive and ticks.diff(now_ms, self._since) >= self._p.regulation_expiry_ms
        if self.expired:
            self.alive = False
            self._share = self._p.regulation_fallback
        elapsed_ms = ticks.diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        if running:
            # 10**4 * 5 * 10**4: under 2**29
            target_w = self._share * self._p.regulation_w // FULL
            self.power_w = self._ramp.approach(target_w, self._p.regulation_ramp_w_s, elapsed_ms)
        else:
            self._ramp.reset()
            self.power_w = 0
        self._idle = not (self.alive or self._share or self.power_w or self._ramp.moving)
        return self.power_w
