"""The inverter as the controller sees it: a power goes in, measurements come out, Modbus bytes flow on the other side.

What is sent next is decided in one place (`_pick`, by the order of the jobs), what state the driver is in by the table
in states.py; what is written, and when, by its two sides (active.py, reactive.py). Nothing here allocates after
construction.
"""

from gridkeel import errors, ticks
from gridkeel.inverter import DRIVING, READY, SEARCHING, SILENT, control, states, sunspec
from gridkeel.inverter.active import ActiveSide
from gridkeel.inverter.faults import POWER, REACTIVE, Faults
from gridkeel.inverter.following import Following
from gridkeel.inverter.jobs import (
    DISCOVER,
    MEASURE,
    NONE,
    READBACK,
    REFRESH,
    SCALE,
    SET,
    STEP,
    STORAGE,
    TEMPERATURE,
    VAR_READBACK,
    VAR_REFRESH,
    VAR_SET,
    VAR_STEP,
    Jobs,
)
from gridkeel.inverter.modbus import pdu, rtu
from gridkeel.inverter.reactive import ReactiveSide
from gridkeel.inverter.reading import Reading
from gridkeel.inverter.sunspec import discovery
from gridkeel.inverter.sunspec.device import Device

_STORAGE_POLLS = 5  # measurements to one state of charge
_REFUSED_MS = 500  # pause after a Modbus exception
_BUSY_MS = 50
_POWER_MAX_W = 1000000  # no charger has more: a reading past it is none; times 1,000 ms it is a small integer
_BACKOFF_MS = 250
_BACKOFF_MAX_MS = 4000
HEAT_SINK = 2  # temperature_sensor
_WRITES_IN_A_ROW = 4  # then another job that is due has its turn, but never before a zero
_SLOW_WRITES_IN_A_ROW = 2  # a refresh is two


class Inverter:
    """One inverter on one RS-485 line, powers in W into the vehicle, times in ms of a wrapping tick.

    parameters: gridkeel.params.Parameters; unit, timeout and rate of the line are taken up at the next discovery.
    """

    def __init__(self, parameters):
        self.state = SEARCHING
        self.operating_state = -1
        self._parameters = parameters
        self._master = rtu.Master()
        self._jobs = Jobs()
        self._device = Device()
        self._faults = Faults()
        self._power = Reading(sunspec.UNKNOWN)
        self._soc = Reading(-1)
        self._var = Reading(sunspec.UNKNOWN)
        self._temperature = Reading(sunspec.UNKNOWN)
        self._active = ActiveSide(parameters, self._jobs, self._device)
        self.reactive = ReactiveSide(parameters, self._jobs)
        self.following = Following(parameters)
        self._answered = (
            self._active.set_done,
            self._active.step_done,
            None,  # a refresh is sent as a step
            self.reactive.set_done,
            self.reactive.step_done,
            None,
            self._readback_done,
            self._measure_done,
            self._var_readback_done,
            self._storage_done,
            self._temperature_done,
            self._scale_done,
            self._discover_done,
        )
        self._begun = False
        self._job = NONE
        self._row = 0
        self._asked = False
        self._asked_ms = 0
        self._backoff_ms = _BACKOFF_MS

    # --- what the controller asks and tells

    @property
    def fault(self):
        """The fault that holds now, the gravest first, or NO_FAULT; one of the bus stands before one of the power."""
        code = self._faults.code(self.state)
        light = code == errors.NO_FAULT or code == errors.INVERTER_SLOW or code == errors.INVERTER_FRAME
        if light and self.following.deviation_w:
            return errors.INVERTER_NOT_FOLLOWING
        return code

    @property
    def commanded_w(self):
        """The last power setting that was acknowledged, as rounded by the inverter's scale or held nearer to zero."""
        return self._active.commanded_w

    @property
    def bus_errors(self):
        """Timeouts, damaged frames (but not our own, echoed) and exceptions so far."""
        master = self._master
        return master.timeouts + master.bad_frames - master.echoes + master.exceptions

    @property
    def overridden(self):
        """How often another master's setting was found."""
        return self._faults.overridden

    @property
    def identity(self):
        """(manufacturer, model, version, serial number), each "" until it was read.  Allocates."""
        text = self._device.found.text
        return (text(2, 16), text(18, 16), text(42, 8), text(50, 16))

    @property
    def charge_rating_w(self):
        """Largest power into the vehicle by the inverter's own word, 0 where unknown."""
        return self._device.charge_rating_w

    @property
    def discharge_rating_w(self):
        """Largest power out of the vehicle by the inverter's own word, 0 where unknown."""
        return self._device.discharge_rating_w

    @property
    def power_w(self):
        """Power into the vehicle as the inverter last measured it, 0 where unknown: ask power_age."""
        return 0 if self._power.value == sunspec.UNKNOWN else self._power.value

    @property
    def soc_pct_x100(self):
        """State of charge as last read, -1 where unknown."""
        return self._soc.value

    @property
    def var(self):
        """Reactive power absorbed as the inverter last measured it, 0 where unknown."""
        return 0 if self._var.value == sunspec.UNKNOWN else self._var.value

    @property
    def apparent_va(self):
        """Apparent power the inverter allows, sunspec.LIMIT where it tells none."""
        return self._device.apparent_va

    @property
    def inject_max_var(self):
        """Reactive power it may inject, sunspec.LIMIT where it tells none."""
        return self._device.inject_max_var

    @property
    def absorb_max_var(self):
        """Reactive power it may absorb, sunspec.LIMIT where it tells none."""
        return self._device.absorb_max_var

    @property
    def temperature_c(self):
        """Temperature last read where temperature_sensor points; ask temperature_age."""
        return self._temperature.value

    def measured_w(self, now_ms):
        """Return power_w, sunspec.UNKNOWN where the inverter told none lately."""
        p = self._parameters
        stale_ms = p.inverter_silent_ms + 2 * p.inverter_poll_ms
        if self._faults.slow:  # it is asked as often as it answers
            stale_ms += p.inverter_silent_ms
        known = self._power.age(now_ms) <= stale_ms
        return self._power.value if known else sunspec.UNKNOWN

    def temperature_age(self, now_ms):
        """Return the ms since temperature_c was read, reading.AGE_UNKNOWN where unknown or long past."""
        return self._temperature.age(now_ms)

    def power_age(self, now_ms):
        """Return the ms since power_w was measured, reading.AGE_UNKNOWN where unknown or long past."""
        return self._power.age(now_ms)

    def soc_age(self, now_ms):
        """Return the ms since soc_pct_x100 was read, reading.AGE_UNKNOWN where unknown or long past."""
        return self._soc.age(now_ms)

    def command(self, power_w, now_ms):
        """Take the newest wanted power, W into the vehicle."""
        self._begin(now_ms)
        self._active.want(power_w, now_ms)

    def react(self, wanted, var, now_ms):
        """Take the newest wish for reactive power, positive absorbed; wanted: False where it is none of ours."""
        self.reactive.want(wanted, var, now_ms)
        self._faults.no_reactive = self.reactive.missing

    # --- sans-IO

    def receive(self, data, n, now_ms):
        """Take in data[0:n] from the line."""
        self._begin(now_ms)
        master = self._master
        good = master.bad_frames - master.echoes
        verdict = master.receive(data, n, now_ms)
        damaged = master.bad_frames - master.echoes != good
        self._faults.damaged = damaged or self._faults.damaged and verdict == rtu.NOTHING
        if verdict == rtu.NOTHING:
            return
        self._faults.slow = master.slow
        job = self._job
        self._asked = False
        self._enter(states.HEARD)
        if job == NONE:
            master.forget()
            return
        if verdict == rtu.EXCEPTION:
            self._exception(job, now_ms)
            return
        self._faults.answer(job)
        self._jobs.release(job)
        self._answered[job](now_ms)

    def data_to_send(self, out, now_ms):
        """Put the next request, 25 bytes at most, into out and return its size; 0 where none may or need be sent."""
        self._begin(now_ms)
        if not self._master.ready(now_ms):
            return 0
        job = self._pick(now_ms)
        if job == NONE:
            return 0
        self._jobs.drop(job)
        self._job = job
        if not self._asked:
            self._asked = True
            self._asked_ms = now_ms
        return self._request(job, out, now_ms)

    def deadline(self, now_ms):
        """Return the ms until on_deadline and data_to_send want to be called; 0 is now, -1 never."""
        if not self._begun:
            return 0
        master = self._master
        if master.open:
            wait = master.timeout_left(now_ms, self._stopping(now_ms))
        else:
            wait = self._jobs.wait_ms(now_ms)
            if wait >= 0:
                wait = max(wait, master.quiet_left(now_ms))
        left = self._silence_ms(now_ms)
        return left if wait < 0 or 0 <= left < wait else wait

    def on_deadline(self, now_ms):
        """Close what ran out of time."""
        self._begin(now_ms)
        self._power.expire(now_ms)
        self._soc.expire(now_ms)
        self._var.expire(now_ms)
        self._temperature.expire(now_ms)
        if self._silence_ms(now_ms) == 0:
            self._lost(now_ms)
        if self._master.expire(now_ms, self._stopping(now_ms)):
            self._missed(now_ms)

    def _silence_ms(self, now_ms):
        """Return the ms until the inverter counts as silent, -1 where nothing was asked of it or it does already."""
        if not self._asked or self.state == SILENT:
            return -1
        return max(self._parameters.inverter_silent_ms - ticks.diff(now_ms, self._asked_ms), 0)

    def _lost(self, now_ms):
        if self._job == DISCOVER:
            self._device.found.miss()
        # The open request may yet be answered; nobody asks for it any more.
        self._job = NONE
        self._master.careful = False
        self._enter(states.SILENCE)
        self._backoff_ms = _BACKOFF_MS
        self._search_again(now_ms)

    def _missed(self, now_ms):
        """An answer did not come."""
        if self._job == DISCOVER:
            self._discovered(self._device.found.miss(), now_ms)
        elif self._job != NONE:
            if self._job == SET:
                self._active.missed()
            elif self._job == VAR_SET:
                self.reactive.missed()
            self._jobs.want(self._job, now_ms)

    def _stopping(self, now_ms):
        """Say whether a zero is what goes out next."""
        return self._active.to_set_w == 0 and self._jobs.next(SET, now_ms) == SET

    # --- choosing and building requests

    def _pick(self, now_ms):
        """Return the job whose request goes out now, or NONE."""
        job = self._jobs.next(SET, now_ms)
        if job == NONE:
            self._row = 0
            return job
        most = _SLOW_WRITES_IN_A_ROW if self._faults.slow else _WRITES_IN_A_ROW
        if job < READBACK and self._row >= most and (job != SET or self._active.to_set_w):
            other = self._jobs.next(STEP if job == SET and self._job == SET else READBACK, now_ms)
            job = job if other == NONE else other
        if job >= READBACK:
            self._row = 0
            self._jobs.measured = job == MEASURE
            return job
        self._row += 1
        if job == REFRESH:
            self._jobs.drop(REFRESH)
            self._active.renew()
            return STEP
        if job == VAR_REFRESH:
            self._jobs.drop(VAR_REFRESH)
            self.reactive.renew()
            return VAR_STEP
        return job

    def _request(self, job, out, now_ms):
        if job == SET:
            return self._active.write_setting(self._master, out, now_ms)
        if job == STEP:
            return self._active.write_step(self._master, out, now_ms)
        if job == VAR_SET:
            return self.reactive.write_setting(self._master, out, now_ms)
        if job == VAR_STEP:
            return self.reactive.write_step(self._master, out, now_ms)
        if job == SCALE:
            return self._device.found.ask(self._master, out, now_ms)
        source = self._source(job)
        if job == DISCOVER and not self._master.patient:
            return source.request(self._master, out, now_ms)
        lead = source.lead if job == DISCOVER else 0
        lead += self._master.lead(source.address - lead, source.count + lead, now_ms)
        return self._master.read(out, source.address, source.count, now_ms, lead)

    def _source(self, job):
        """Return what a reading job reads."""
        device = self._device
        if job == READBACK:
            return device.control
        if job == MEASURE:
            return device.measure
        if job == VAR_READBACK:
            return device.var_control
        if job == TEMPERATURE:
            return device.temperature
        return device.storage if job == STORAGE else device.found

    # --- what answers do

    def _readback_done(self, now_ms):
        result = self._active.read_back(self._master, now_ms)
        self._faults.read_back(POWER, result)
        if result == control.MATCH and self.state == READY:
            self._enter(states.HOLDS)
            self.reactive.drive(now_ms)
        if result == control.MATCH or result == control.CLAMPED:
            self._active.drive(now_ms)
        elif result == control.LOST and self.state == DRIVING:
            # Written again and still not held: from here on nothing but zero, until it is.
            self._enter(states.LOSES)
            self._jobs.want(SET, now_ms)

    def _var_readback_done(self, now_ms):
        self._faults.read_back(REACTIVE, self.reactive.read_back(self._master, now_ms))

    def _measure_done(self, now_ms):
        measure = self._device.measure
        power_w = measure.power_w(self._master)
        if not -_POWER_MAX_W <= power_w <= _POWER_MAX_W:
            power_w = sunspec.UNKNOWN
        self._power.take(power_w, now_ms)
        if power_w != sunspec.UNKNOWN and self._active.wished:
            rating_w = max(self._device.charge_rating_w, self._device.discharge_rating_w)
            self.following.update(self._active.commanded_w, power_w, rating_w, now_ms)
            if self.following.off:
                self._jobs.want(SCALE, now_ms)
        self._var.take(measure.var(self._master), now_ms)
        self.operating_state = measure.operating_state(self._master)
        self._jobs.want(MEASURE, ticks.add(self._master.sent_ms, self._parameters.inverter_poll_ms))
        if self._parameters.temperature_sensor and self._device.temperature is not None:
            age_ms = self._temperature.age(now_ms)
            if age_ms >= (_STORAGE_POLLS - 1) * self._parameters.inverter_poll_ms:
                self._jobs.want(TEMPERATURE, now_ms)

    def _renew(self, now_ms):
        """Ask for the next scale factors, or for the first again after a while."""
        found = self._device.found
        if found.renew(False):
            self._jobs.want(SCALE, now_ms)
        elif found.renew(True):
            self._jobs.want(SCALE, ticks.add(now_ms, _STORAGE_POLLS * self._parameters.inverter_poll_ms))

    def _scale_done(self, now_ms):
        if not self._device.found.update(self._master):
            self._renew(now_ms)
            return
        # What the inverter holds may mean another power by now, and so may the last measurement.
        self.reactive.missed()
        self._active.missed()
        self._fit(now_ms)
        if self._active.wished and self._device.control is not None:
            self._jobs.want(SET, now_ms)

    def _storage_done(self, now_ms):
        self._soc.take(self._device.storage.soc_pct_x100(self._master), now_ms)
        self._jobs.want(STORAGE, ticks.add(self._master.sent_ms, _STORAGE_POLLS * self._parameters.inverter_poll_ms))

    def _temperature_done(self, now_ms):
        source = self._device.temperature
        at_sink = self._parameters.temperature_sensor == HEAT_SINK
        found_c = source.sink_c(self._master) if at_sink else source.cabinet_c(self._master)
        self._temperature.take(found_c, now_ms)

    def _discover_done(self, now_ms):
        self._discovered(self._device.found.take(self._master), now_ms)

    def _exception(self, job, now_ms):
        if job == DISCOVER:
            if self._master.patient and self._master.exception > pdu.ILLEGAL_VALUE:
                self._faults.refuse(job)
            self._discovered(self._device.found.refuse(self._master.exception), now_ms)
            return
        busy = self._master.exception == pdu.BUSY or self._master.exception == pdu.ACKNOWLEDGE
        if busy and self._faults.busy(job):
            self._jobs.hold(job, ticks.add(now_ms, _BUSY_MS))
            self._jobs.want(job, now_ms)
            return
        if job == SCALE and not self._device.found.retry():
            self._renew(now_ms)  # it refuses this read: what discovery found stands
            return
        self._faults.refuse(job)
        self._jobs.hold(job, ticks.add(now_ms, _REFUSED_MS))
        self._jobs.want(job, now_ms)

    # --- discovery and what follows from it

    def _enter(self, event):
        self.state = self._active.state = states.NEXT[self.state][event]

    def _begin(self, now_ms):
        if not self._begun:
            self._begun = True
            self._search(now_ms)

    def _search(self, at_ms):
        parameters = self._parameters
        self._master.configure(parameters.modbus_unit, parameters.modbus_timeout_ms, parameters.modbus_baud)
        self._master.forget()
        self._jobs.clear()
        self._device.forget()
        self.reactive.forget()
        self._faults.clear()
        self._active.missed()
        self._jobs.want(DISCOVER, at_ms)

    def _search_again(self, now_ms):
        heard = self._device.found.heard
        self._search(ticks.add(now_ms, self._backoff_ms))
        if heard:  # where nothing answers, each request has waited long enough
            self._backoff_ms = min(2 * self._backoff_ms, _BACKOFF_MAX_MS)

    def _discovered(self, result, now_ms):
        if result == discovery.WORKING:
            self._jobs.want(DISCOVER, ticks.add(now_ms, self._device.found.wait_ms))
            self._stop_early(now_ms)
        elif result == discovery.INCOMPLETE:
            self._enter(states.INCOMPLETE)
            self._search(now_ms)
        elif result != discovery.SETTLED:
            master = self._master
            sure = result == discovery.COMPLETE and self._device.has_704()
            # A stray answer may have been taken for a header's, and 704 been missed: again, carefully.
            master.careful = master.stray > 0 and not master.careful and not sure
            if master.careful:
                self._search(now_ms)
            elif result == discovery.COMPLETE:
                self._fit(now_ms)
            else:
                self._faults.not_found = result == discovery.NOT_FOUND and self._device.found.heard
                self._faults.broken = result == discovery.FAILED
                self._search_again(now_ms)

    def _stop_early(self, now_ms):
        """Write zero as soon as the walk has passed 704: whatever the inverter was left at ends here."""
        if self._active.wished and self._device.control is None and self._device.has_704():
            self._device.place_704()
            self._jobs.want(SET, now_ms)

    def _fit(self, now_ms):
        self._faults.not_found = self._faults.broken = False
        parameters = self._parameters
        most_w = max(parameters.charge_max_w, parameters.discharge_max_w)
        fits = self._device.bind(most_w, parameters.reactive_max_var)
        if not fits or self.reactive.control is not None and self._device.var_control is None:
            self._enter(states.LACKING)
            self._backoff_ms = _BACKOFF_MAX_MS
            self._search_again(now_ms)
            return
        self._enter(states.FOUND)
        self._master.patient = False
        self._backoff_ms = _BACKOFF_MS
        if self._device.measure is not None:
            self._jobs.want(MEASURE, now_ms)
        if self._device.storage is not None:
            self._jobs.want(STORAGE, now_ms)
        self._renew(now_ms)
        self.reactive.control = self._device.var_control
        self._active.take_hold(now_ms)
        self._discovered(self._device.found.doubt(), now_ms)
