"""The active side of the driver: which power is requested, what the inverter took, what is written next.

take hold   0 W, then mode and reversion with its timer; read back until a reading has shown both
drive       the requested power, where it changed enough; read back from then on
refresh     what restarts the timer, then the requested power
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.inverter import DRIVING, READY, control
from gridkeel.inverter.jobs import READBACK, REFRESH, SET, STEP

if TYPE_CHECKING:
    from gridkeel.inverter.interface import RegisterDevice
    from gridkeel.inverter.line import Line
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.params import Parameters

_SMALL_CHANGE_MS = 500  # a change below command_step_w waits no longer
_READBACK_MS = 500
_SETTLE_MS = 100  # a setting younger than this is not held against the inverter


class ActiveSide:
    """The control of active power and what became of it; positive into the vehicle.  Allocates: nothing.

    requested: a power was, since the start; nothing is written before.  commanded_w: the last setting that was
    acknowledged, as rounded by the inverter's scale or held nearer to zero.
    """

    def __init__(self, parameters: "Parameters", line: "Line", device: "RegisterDevice") -> None:
        self._p = parameters
        self._jobs = line.jobs
        self._device = device
        self._line = line
        self.commanded_w = 0
        self.requested = False
        self._requested_w = 0
        self._sending_w = 0
        self._sent_w = 0
        self._sent = False  # whether _sent_w is surely what the inverter took last
        self._set_ms = 0
        self._step = 0
        self._renewed_ms = 0
        self._lost = False  # a driven inverter did not keep what it held, and was not written to since

    def to_set_w(self) -> int:
        """Return what a setting written now would say: zero until a reading has shown our zero and reversion timer."""
        return self._requested_w if self._line.state == DRIVING else 0

    def request(self, power_w: int, now_ms: int) -> None:
        """Take the newest requested power; what changed enough goes out next, a stop before all else."""
        p = self._p
        if power_w > p.charge_max_w:
            power_w = p.charge_max_w
        elif power_w < -p.discharge_max_w:
            power_w = -p.discharge_max_w
        stop = power_w == 0 and self._requested_w != 0
        self._requested_w = power_w
        if not self.requested:
            self.requested = True
            self.take_hold(now_ms)
        if self._device.control is None:
            return
        if stop and (self._sent_w or not self._sent):
            self._jobs.urge(SET, now_ms)
        elif self._line.state == DRIVING:
            self._want_change(now_ms)

    def take_hold(self, now_ms: int) -> None:
        """Overwrite whatever was left in the inverter with zero and our reversion timer."""
        if self.requested and self._line.state == READY:
            self._write_all(now_ms)

    def missed(self) -> None:
        """A setting was not answered, or the map is being searched: nobody knows what the inverter holds."""
        self._sent = False

    def renew(self) -> int:
        """Let what restarts the timer be written again; return the job that does it."""
        held = self._device.control
        self._renew(held.renewing)
        return STEP if self._step < held.steps else SET

    def write_setting(self, master: "Master", out: bytearray, now_ms: int) -> int:
        held = self._device.control
        power_w = self._requested_w if self._line.state == DRIVING else 0  # to_set_w, without its call
        if power_w != self._sent_w:
            held.forget()
        held.encode(power_w)
        self._sending_w = power_w
        self._set_ms = now_ms
        if held.renewing == held.steps:
            self._renewed_ms = now_ms
        return held.write_setting(master, out, now_ms)

    def write_step(self, master: "Master", out: bytearray, now_ms: int) -> int:
        self._renewed_ms = now_ms
        return self._device.control.write_step(master, out, self._step, now_ms)

    def set_done(self, now_ms: int) -> None:
        self._sent = True
        self._sent_w = self._sending_w
        held = self._device.control
        self.commanded_w = held.commanded_w
        if self._line.state != READY and self._line.state != DRIVING:
            return
        if self._step < held.steps:
            self._jobs.want(STEP, now_ms)
        elif self._line.state == READY:
            self._jobs.want(READBACK, ticks.add(self._set_ms, _SETTLE_MS))
        if self._line.state == DRIVING:
            if held.renewing == held.steps:
                self._jobs.want(REFRESH, ticks.add(self._renewed_ms, 500 * (held.held_s or held.life_s)))
            self._want_change(now_ms)

    def step_done(self, now_ms: int) -> None:
        self._step += 1
        held = self._device.control
        if self._step < held.steps:
            self._jobs.want(STEP, now_ms)
            return
        held.renew()
        if self._line.state == DRIVING:
            # Some start the timer when its time is written, some when the function is enabled: both, count from here.
            self._jobs.want(REFRESH, ticks.add(self._renewed_ms, 500 * held.life_s))
        self._sent = False
        self._jobs.want(SET, now_ms)

    def read_back(self, master: "Master", now_ms: int) -> int:
        """Return what a reading says (control.MATCH ...), LOST only where it was before: it is written again first.

        What was LOST is written once more before a match counts.
        """
        settled = self._sent and ticks.diff(now_ms, self._set_ms) >= _SETTLE_MS
        held = self._device.control
        result = held.check(master, settled)
        self._jobs.want(READBACK, ticks.add(now_ms, _READBACK_MS))
        if result == control.CLAMPED:
            held.accept(master)
            self.commanded_w = held.commanded_w
        differs = result == control.DIFFERS or result == control.LOST or result == control.OVERRIDDEN
        again = result == control.MATCH and self._lost  # what comes and goes by itself is no hold
        if (differs or again) and held.retry(now_ms):
            self._write_all(now_ms)
            return control.OVERRIDDEN if result == control.OVERRIDDEN else control.DIFFERS
        self._lost = self._lost or result == control.LOST and self._line.state == DRIVING
        return control.UNSETTLED if again else result

    def drive(self, now_ms: int) -> None:
        """A reading matches, or is nearer to zero: the requested power may go out, from now on or still."""
        held = self._device.control
        if self._step >= held.steps:
            self._jobs.want(REFRESH, ticks.add(self._renewed_ms, 500 * held.held_s))
        self._want_change(now_ms)

    def _renew(self, step):
        """Let the steps from this one on, and then the setting, be written again."""
        self._device.control.set_reversion(self._p.reversion_s)
        self._step = min(self._step, step)

    def _write_all(self, now_ms):
        self._sent = self._lost = False
        self._renew(0)
        self._jobs.want(SET, now_ms)

    def _want_change(self, now_ms):
        """Ask for a write where the requested power is not what the inverter took."""
        jobs = self._jobs
        change_w = abs(self._requested_w - self._sent_w)
        if not self._sent or self._requested_w == 0 and change_w or change_w >= self._p.command_step_w:
            jobs.want(SET, now_ms)
        elif change_w == 0:
            jobs.drop(SET)
        elif not jobs.wants(SET):
            jobs.want(SET, ticks.add(now_ms, _SMALL_CHANGE_MS))
