"""One RS-485 line to one inverter: one request at a time, which job is next, silence, refusals.

Which job's request goes out is decided in one place (`_pick`, by the order of the jobs).
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.inverter import SEARCHING, SILENT, states
from gridkeel.inverter.faults import DAMAGED, Faults
from gridkeel.inverter.jobs import (
    DIRECT,
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

if TYPE_CHECKING:
    from gridkeel.inverter.active import ActiveSide
    from gridkeel.inverter.interface import Answers, Buffer, RegisterDevice
    from gridkeel.inverter.reactive import ReactiveSide
    from gridkeel.inverter.search import Search
    from gridkeel.params import Parameters

_REFUSED_MS = 500  # pause after a Modbus exception
_BUSY_MS = 50
_WRITES_IN_A_ROW = 4  # then another job that is due has its turn, but never before a zero
_SLOW_WRITES_IN_A_ROW = 2  # a refresh is two


class Line:
    """The Modbus master, the jobs, the faults and the driver's state of one line.  Allocates: nothing.

    device: what is at the end of it (sunspec.device.Device ...).
    """

    def __init__(self, parameters: "Parameters", device: "RegisterDevice") -> None:
        self.master = rtu.Master()
        self.jobs = Jobs()
        self.faults = Faults()
        self.state = SEARCHING
        self.active: ActiveSide = None
        self.reactive: ReactiveSide = None
        self.search: Search = None
        self.answers: Answers = ()
        self._p = parameters
        self._device = device
        self.begun = False
        self._job = NONE
        self._row = 0
        self._asked = False
        self._asked_ms = 0

    def join(self, active: "ActiveSide", reactive: "ReactiveSide", search: "Search", answers: "Answers") -> None:
        """Take, before all other calls, what works over this line.

        active, reactive: the two sides that write.  search: finds the map.  answers: what takes the answer to each
        job, called with now_ms.
        """
        self.active = active
        self.reactive = reactive
        self.search = search
        self.answers = answers

    def enter(self, event: int) -> None:
        self.state = states.NEXT[self.state][event]

    def begin(self, now_ms: int) -> None:
        """Start the search, with the first call of all."""
        if not self.begun:
            self.begun = True
            self.search.start(now_ms)

    def receive(self, data: "Buffer", n: int, now_ms: int) -> None:
        """Take in data[0:n] from the line."""
        self.begin(now_ms)
        master = self.master
        faults = self.faults
        good = master.bad_frames - master.echoes
        verdict = master.receive(data, n, now_ms)
        damaged = master.bad_frames - master.echoes != good
        if damaged or verdict != rtu.NOTHING:
            faults.set(DAMAGED, damaged)
        if verdict == rtu.NOTHING:
            return
        job = self._job
        self._asked = False
        self.enter(states.HEARD)
        if job == NONE:
            master.forget()
            return
        if verdict == rtu.EXCEPTION:
            self._refused(job, now_ms)
            return
        faults.answer(job)
        self.jobs.release(job)
        if job == DISCOVER:
            self.search.go_on(self._device.found.take(master), now_ms)
            return
        self.answers[job](now_ms)

    def data_to_send(self, out: bytearray, now_ms: int) -> int:
        """Put the next request, 25 bytes at most, into out and return its size; 0 where none may or need be sent."""
        if not self.begun:
            self.begin(now_ms)
        if self.master.open or not self.master.ready(now_ms):
            return 0
        job = self._pick(now_ms)
        if job == NONE:
            return 0
        self.jobs.take(job)
        self._job = job
        if not self._asked:
            self._asked = True
            self._asked_ms = now_ms
        return self._request(job, out, now_ms)

    def deadline(self, now_ms: int) -> int:
        """Return the ms until on_deadline and data_to_send want to be called; 0 is now, -1 never."""
        if not self.begun:
            return 0
        master = self.master
        if master.open:
            wait = master.timeout_left(now_ms, self._stopping(now_ms))
        else:
            wait = self.jobs.wait_ms(now_ms)
            if wait >= 0:
                wait = max(wait, master.quiet_left(now_ms))
        left = self._silence_ms(now_ms)
        return left if wait < 0 or 0 <= left < wait else wait

    def on_deadline(self, now_ms: int) -> None:
        """Close what ran out of time."""
        if self._silence_ms(now_ms) == 0:
            self._lost(now_ms)
        if self.master.expire(now_ms, self._stopping(now_ms)):
            self._missed(now_ms)

    # --- what did not come, and what was refused

    def _silence_ms(self, now_ms):
        """Return the ms until the inverter counts as silent, -1 where nothing was asked of it or it does already."""
        if not self._asked or self.state == SILENT:
            return -1
        return max(self._p.inverter_silent_ms - ticks.diff(now_ms, self._asked_ms), 0)

    def _lost(self, now_ms):
        if self._job == DISCOVER:
            self._device.found.miss()
        # The open request may yet be answered; nobody asks for it any more.
        self._job = NONE
        self.enter(states.SILENCE)
        self.search.lost(now_ms)

    def _missed(self, now_ms):
        """An answer did not come."""
        if self._job == DISCOVER:
            self.search.go_on(self._device.found.miss(), now_ms)
        elif self._job != NONE:
            if self._job == SET:
                self.active.missed()
            elif self._job == VAR_SET:
                self.reactive.missed()
            self.jobs.want(self._job, now_ms)

    def _stopping(self, now_ms):
        """Say whether a zero is what goes out next."""
        return self.active.to_set_w() == 0 and self.jobs.next(SET, now_ms) == SET

    def _refused(self, job, now_ms):
        """The answer was a Modbus exception."""
        exception = self.master.exception
        if job == DISCOVER:
            if self.master.patient and exception > pdu.ILLEGAL_VALUE:
                self.faults.refuse(job)
            self.search.go_on(self._device.found.refuse(exception), now_ms)
            return
        busy = exception == pdu.BUSY or exception == pdu.ACKNOWLEDGE
        if busy and self.faults.busy(job):
            self.jobs.hold(job, ticks.add(now_ms, _BUSY_MS))
            self.jobs.want(job, now_ms)
            return
        if job == SCALE and not self._device.scales.retry():
            self.search.renew(now_ms)  # it refuses this read: what discovery found is kept
            return
        self.faults.refuse(job)
        self.jobs.hold(job, ticks.add(now_ms, _REFUSED_MS))
        self.jobs.want(job, now_ms)

    # --- choosing and building requests

    def _pick(self, now_ms):
        """Return the job whose request goes out now, or NONE."""
        jobs = self.jobs
        job = jobs.next(SET, now_ms)
        if job == NONE:
            self._row = 0
            return job
        most = _SLOW_WRITES_IN_A_ROW if self.master.slow else _WRITES_IN_A_ROW
        if job < READBACK and self._row >= most and (job != SET or self.active.to_set_w()):
            other = jobs.next(STEP if job == SET and self._job == SET else READBACK, now_ms)
            job = job if other == NONE else other
        if job >= READBACK:
            self._row = 0
            return job
        self._row += 1
        if job == REFRESH:
            jobs.drop(REFRESH)
            return self.active.renew()
        if job == VAR_REFRESH:
            jobs.drop(VAR_REFRESH)
            self.reactive.renew()
            return VAR_STEP
        return job

    def _request(self, job, out, now_ms):
        master = self.master
        if job == SET:
            return self.active.write_setting(master, out, now_ms)
        if job == STEP:
            return self.active.write_step(master, out, now_ms)
        if job == VAR_SET:
            return self.reactive.write_setting(master, out, now_ms)
        if job == VAR_STEP:
            return self.reactive.write_step(master, out, now_ms)
        if job == SCALE:
            return self._device.scales.ask(master, out, now_ms)
        source = self._source(job)
        lead = source.lead if job == DISCOVER else 0
        lead += master.lead(source.address - lead, source.count + lead, now_ms)
        return master.read(out, source.address, source.count, now_ms, lead)

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
        if job == DIRECT:
            return device.direct
        return device.storage if job == STORAGE else device.found
