"""The reactive side of the driver: which reactive power is requested, what the inverter took, what is written next.

    take hold   0 var, then the reversion and its timer, then the requested power; read back from then on. Where a
                reading once differed, that waits for one that matches
    refresh     the timer, then the requested power
    let go      0 var and disabled, then the timer stopped

Nothing is written before the first request, and nothing once the inverter was let go.
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.inverter import control
from gridkeel.inverter.jobs import VAR_READBACK, VAR_REFRESH, VAR_SET, VAR_STEP

if TYPE_CHECKING:
    from gridkeel.inverter.interface import RegisterDevice
    from gridkeel.inverter.jobs import Jobs
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.params import Parameters

_EVERY_MS = 100  # least time between two changes: reactive power must not crowd the power off the line
_SMALL_CHANGE_MS = 500
_READBACK_MS = 500
_SETTLE_MS = 100


class ReactiveSide:
    """One control of reactive power and what became of it; positive is absorbed.  Allocates: nothing.

    device: its var_control is None while no map was found, and where the inverter has none.  holds: our reversion is in
    force, so that what is requested is written.  commanded_var: the last setting that was acknowledged, as rounded by
    the inverter's scale.
    """

    def __init__(self, parameters: "Parameters", jobs: "Jobs", device: "RegisterDevice") -> None:
        self._p = parameters
        self._jobs = jobs
        self._device = device
        self.commanded_var = 0
        self.holds = False
        self._touched = False  # something was written since the map was found
        self._wanted = False
        self._driving = False
        self._requested_var = 0
        self._sending_var = 0
        self._sent_var = 0
        self._sent = False  # whether _sent_var is surely what the inverter took last
        self._set_ms = 0
        self._step = 0
        self._step_ms = 0

    def forget(self) -> None:
        """The map is being searched again."""
        self.holds = self._touched = self._driving = False

    def drive(self, now_ms: int) -> None:
        """The inverter may be driven from now on."""
        self._driving = True
        if self._wanted:
            self._take_hold(now_ms)

    def request(self, wanted: bool, var: int, now_ms: int) -> bool:
        """Take the newest requested power; return whether the inverter is driven and has no control of it.

        wanted: False where reactive power is none of ours.
        """
        changed = wanted != self._wanted
        self._wanted = wanted
        self._requested_var = var if wanted else 0
        if not self._driving or self._device.var_control is None:
            return self._driving and wanted
        if changed:
            self._take_hold(now_ms)
        elif self.holds:
            self._want_change(now_ms)
        return False

    def write_setting(self, master: "Master", out: bytearray, now_ms: int) -> int:
        var = self._requested_var if self.holds else 0
        held = self._device.var_control
        if var != self._sent_var:
            held.forget()
        held.encode(var, 1 if self._wanted else 0, self._p.reactive_priority)
        self._sending_var = var
        self._set_ms = now_ms
        return held.write_setting(master, out, now_ms)

    def write_step(self, master: "Master", out: bytearray, now_ms: int) -> int:
        self._step_ms = now_ms
        return self._device.var_control.write_step(master, out, self._step, now_ms)

    def renew(self) -> None:
        """Let the last step, which holds the timer, be written again."""
        held = self._device.var_control
        held.set_reversion(self._p.reversion_s if self._wanted else 0)
        self._step = min(self._step, held.steps - 1)

    def set_done(self, now_ms: int) -> None:
        self._sent = True
        self._sent_var = self._sending_var
        held = self._device.var_control
        self.commanded_var = held.commanded_var
        if self._step < held.steps:
            self._jobs.want(VAR_STEP, now_ms)
        elif self.holds:
            self._want_change(now_ms)

    def step_done(self, now_ms: int) -> None:
        held = self._device.var_control
        self._step += 1
        if self._step < held.steps:
            self._jobs.want(VAR_STEP, now_ms)
        elif self._wanted:
            # Some start the timer when its time is written, some when the function is enabled: both, count from here.
            self._jobs.want(VAR_REFRESH, ticks.add(self._step_ms, 500 * self._p.reversion_s))
            self._jobs.want(VAR_READBACK, ticks.add(now_ms, _READBACK_MS))
            held.renew()
            self.holds = self.holds or held.pause_ms == 0
            self._sent = False
            self._jobs.want(VAR_SET, now_ms)

    def missed(self) -> None:
        """A setting was not answered: nobody knows what the inverter holds."""
        self._sent = False

    def read_back(self, master: "Master", now_ms: int) -> int:
        """Return what a reading says (control.MATCH ...); what differs is written again, after a while."""
        settled = self._sent and ticks.diff(now_ms, self._set_ms) >= _SETTLE_MS
        result = self._device.var_control.check(master, settled)
        self._jobs.want(VAR_READBACK, ticks.add(now_ms, _READBACK_MS))
        if result == control.MATCH or result == control.CLAMPED:
            self._held(now_ms)
        elif result != control.UNSETTLED:
            self._differs(result, now_ms)
        return result

    def _held(self, now_ms):
        held = self._device.var_control
        if not self._wanted or self._step < held.steps:
            return
        self._jobs.want(VAR_REFRESH, ticks.add(self._step_ms, 500 * held.held_s))
        if not self.holds and not held.rests(now_ms):
            self.holds = True
            self._want_change(now_ms)

    def _differs(self, result, now_ms):
        if self._device.var_control.retry(now_ms):
            self._take_hold(now_ms)
        elif result == control.LOST and self.holds:
            # Written again and still not held: 0 var, until it is.
            self.holds = False
            self._jobs.want(VAR_SET, now_ms)

    def _take_hold(self, now_ms):
        """Begin to take hold of the inverter's reactive power, or to let it go."""
        held = self._device.var_control
        if held is None or not (self._wanted or self._touched):
            return
        self._step = 0 if self._wanted else held.steps - 1
        self.renew()
        self._jobs.drop(VAR_REFRESH)
        self._jobs.drop(VAR_READBACK)
        self._touched = True
        self.holds = self._sent = False
        self._jobs.want(VAR_SET, now_ms)

    def _want_change(self, now_ms):
        change_var = abs(self._requested_var - self._sent_var)
        if not self._sent:
            self._jobs.want(VAR_SET, now_ms)
        elif change_var >= self._p.command_step_w or change_var and self._requested_var == 0:
            self._jobs.want(VAR_SET, ticks.add(self._set_ms, _EVERY_MS))
        elif change_var == 0:
            self._jobs.drop(VAR_SET)
        elif not self._jobs.wants(VAR_SET):
            self._jobs.want(VAR_SET, ticks.add(now_ms, _SMALL_CHANGE_MS))
