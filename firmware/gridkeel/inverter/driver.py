"""The driver of an inverter that is read and set by Modbus registers: a power goes in, measurements come out.

The line to it is line.py, the search for its registers search.py, what is written and when active.py and reactive.py,
its state the table in states.py. What its registers are is the family's device: sunspec/device.py, register_map/ ...
Nothing here allocates after construction.
"""

from gridkeel import TYPE_CHECKING, errors, limits, ticks
from gridkeel.inverter import DRIVING, READY, control, states
from gridkeel.inverter.active import ActiveSide
from gridkeel.inverter.faults import NO_REACTIVE, POWER, REACTIVE
from gridkeel.inverter.following import Following
from gridkeel.inverter.jobs import DIRECT, MEASURE, SCALE, SET, STORAGE, TEMPERATURE
from gridkeel.inverter.line import Line
from gridkeel.inverter.reactive import ReactiveSide
from gridkeel.inverter.reading import Reading
from gridkeel.inverter.search import SLOW_POLLS, Search

if TYPE_CHECKING:
    from gridkeel.inverter.interface import RegisterDevice
    from gridkeel.params import Parameters

_POWER_MAX_W = 1000000  # no charger has more: a reading past it is none; times 1,000 ms it is a small integer
HEAT_SINK = 2  # temperature_sensor


class RegisterDriver:
    """An interface.InverterDriver: one inverter on one RS-485 line, powers in W into the vehicle.

    parameters: gridkeel.params.Parameters; unit, timeout and rate of the line are taken up at the next discovery.
    device: the family's, see interface.RegisterDevice.  active, reactive: the two sides that write; their commanded_w
    and commanded_var are what the inverter acknowledged last.  faults: what is wrong; following: whether the power
    delivered is the one commanded.
    """

    def __init__(self, parameters: "Parameters", device: "RegisterDevice") -> None:
        # What the inverter says of itself, written by the device: 0 W where unknown, NO_BOUND.
        self.charge_rating_w = 0
        self.discharge_rating_w = 0
        self.apparent_va = limits.NO_BOUND
        self.inject_max_var = limits.NO_BOUND
        self.absorb_max_var = limits.NO_BOUND
        self.operating_state = -1
        self.power_w = 0
        self.var = 0
        self.soc_pct_x100 = -1
        self.temperature_c = limits.UNKNOWN
        self.dc_mv = 0
        self.dc_ma = 0
        self._parameters = parameters
        self.device = device
        self._power = Reading(limits.UNKNOWN)
        self._soc = Reading(-1)
        self._temperature = Reading(limits.UNKNOWN)
        self._direct = Reading(limits.UNKNOWN)
        self._line = line = Line(parameters, device)
        self.faults = line.faults
        self.active = ActiveSide(parameters, line, device)
        self.reactive = ReactiveSide(parameters, line.jobs, device)
        search = Search(parameters, line, device, self)
        answers = (
            self.active.set_done,
            self.active.step_done,
            None,  # a refresh is sent as a step or a setting
            self.reactive.set_done,
            self.reactive.step_done,
            None,
            self._readback_done,
            self._measure_done,
            self._var_readback_done,
            self._storage_done,
            self._temperature_done,
            self._direct_done,
            search.rescaled,
        )
        line.join(self.active, self.reactive, search, answers)
        self.following = Following(parameters)
        self.power_age = self._power.age
        self.soc_age = self._soc.age
        self.temperature_age = self._temperature.age
        self.direct_age = self._direct.age
        self.receive = line.receive
        self.data_to_send = line.data_to_send
        self.deadline = line.deadline

    @property
    def state(self) -> int:
        return self._line.state

    @property
    def fault(self) -> int:
        """The fault that holds now, the gravest first, or NO_FAULT; one of the bus goes before one of the power."""
        line = self._line
        code = errors.NO_FAULT
        if self.faults.active or line.state != DRIVING or line.master.slow:
            code = self.faults.code(line.state, line.master.slow)
        light = code == errors.NO_FAULT or code == errors.INVERTER_SLOW or code == errors.INVERTER_FRAME
        if light and self.following.deviation_w:
            return errors.INVERTER_NOT_FOLLOWING
        return code

    @property
    def bus_errors(self) -> int:
        """Timeouts, damaged frames (but not our own, echoed) and exceptions so far."""
        master = self._line.master
        return master.timeouts + master.bad_frames - master.echoes + master.exceptions

    def measured_w(self, now_ms: int) -> int:
        """Return power_w, limits.UNKNOWN where it did not report it lately."""
        p = self._parameters
        stale_ms = p.inverter_silent_ms + 2 * p.inverter_poll_ms
        if self._line.master.slow:  # it is asked as often as it answers
            stale_ms += p.inverter_silent_ms
        reading = self._power
        return reading.value if reading.age(now_ms) <= stale_ms else limits.UNKNOWN

    def command(self, power_w: int, now_ms: int) -> None:
        if not self._line.begun:
            self._line.begin(now_ms)
        self.active.request(power_w, now_ms)

    def react(self, wanted: bool, var: int, now_ms: int) -> None:
        self.faults.set(NO_REACTIVE, self.reactive.request(wanted, var, now_ms))

    def on_deadline(self, now_ms: int) -> None:
        self._line.begin(now_ms)
        self._power.expire(now_ms)
        self._soc.expire(now_ms)
        self._temperature.expire(now_ms)
        self._direct.expire(now_ms)
        self._line.on_deadline(now_ms)

    # --- what answers do

    def _readback_done(self, now_ms):
        line = self._line
        result = self.active.read_back(line.master, now_ms)
        self.faults.read_back(POWER, result)
        if result == control.MATCH and line.state == READY:
            line.enter(states.HOLDS)
            self.reactive.drive(now_ms)
        if result == control.MATCH or result == control.CLAMPED:
            self.active.drive(now_ms)
        elif result == control.LOST and line.state == DRIVING:
            # Written again and still not held: from here on nothing but zero, until it is.
            line.enter(states.LOSES)
            line.jobs.want(SET, now_ms)

    def _var_readback_done(self, now_ms):
        self.faults.read_back(REACTIVE, self.reactive.read_back(self._line.master, now_ms))

    def _measure_done(self, now_ms):
        p = self._parameters
        master = self._line.master
        jobs = self._line.jobs
        device = self.device
        power_w = device.measure.take(master, self)
        if not -_POWER_MAX_W <= power_w <= _POWER_MAX_W:
            power_w = limits.UNKNOWN
        self._power.take(power_w, now_ms)
        self.power_w = 0 if power_w == limits.UNKNOWN else power_w
        if power_w != limits.UNKNOWN and self.active.requested:
            rating_w = max(self.charge_rating_w, self.discharge_rating_w)
            self.following.update(self.active.commanded_w, power_w, rating_w, now_ms)
            if self.following.off and jobs.wants(SCALE):
                jobs.want(SCALE, now_ms)
        jobs.want(MEASURE, ticks.add(master.sent_ms, p.inverter_poll_ms))
        sensed = p.temperature_sensor and device.temperature is not None
        if sensed and self._temperature.age(now_ms) >= (SLOW_POLLS - 1) * p.inverter_poll_ms:
            jobs.want(TEMPERATURE, now_ms)

    def _storage_done(self, now_ms):
        master = self._line.master
        self.device.storage.take(master, self._soc, now_ms)
        self.soc_pct_x100 = self._soc.value
        self._line.jobs.want(STORAGE, ticks.add(master.sent_ms, SLOW_POLLS * self._parameters.inverter_poll_ms))

    def _temperature_done(self, now_ms):
        master = self._line.master
        at_sink = self._parameters.temperature_sensor == HEAT_SINK
        self.temperature_c = self.device.temperature.read_c(master, at_sink)
        self._temperature.take(self.temperature_c, now_ms)

    def _direct_done(self, now_ms):
        direct = self.device.direct
        master = self._line.master
        known = direct.take(master, self.power_w)
        if known:
            self.dc_mv = direct.mv
            self.dc_ma = direct.ma
        self._direct.take(self.dc_ma if known else limits.UNKNOWN, now_ms)
        self._line.jobs.want(DIRECT, ticks.add(master.sent_ms, SLOW_POLLS * self._parameters.inverter_poll_ms))
