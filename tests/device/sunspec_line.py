"""An RS-485 line in virtual ms on which every answer takes its own time, and a driver at its end."""

from array import array

from sunspec_slave import Slave, crc, der_models, heap_lock, heap_unlock, legacy_models

from gridkeel import ticks
from gridkeel.inverter import DRIVING, SILENT, make
from gridkeel.params import Parameters

AT_ONCE = 0  # every request is worked on as it comes: answers may overtake one another
QUEUED = 1  # one after the other
DEAF = 2  # a request that comes while another is worked on is lost


class Line:
    """Carries requests to a slave and its answers back, delay(i) ms after request i.

    asked: (ms, function, address, count) of every request; answered: the same of those whose answer came in.
    answer(i, frame): what comes in for request i, one frame or a list of them, in place of the slave's.
    """

    def __init__(self, slave, delay, device=AT_ONCE, changes=None, start=0, family=make):
        self.slave = slave
        self.inverter = family(Parameters(changes))
        self.now = start
        self.asked = []
        self.answered = []
        self.faults = set()
        self.answer = None
        self.echoing = False
        self.delay = delay
        self._device = device
        self._free_ms = start
        self._arriving = []
        self._out = bytearray(32)

    def run(self, ms, wanted, until=None):
        """Let so many ms pass at most, fewer where until() comes true; return whether it did."""
        end = ticks.add(self.now, ms)
        inverter = self.inverter
        while ticks.diff(end, self.now) > 0:
            while self._arriving and ticks.diff(self.now, self._arriving[0][0]) >= 0:
                self._arrive()
            heap_lock()
            try:
                inverter.command(wanted, self.now)
                inverter.on_deadline(self.now)
                n = inverter.data_to_send(self._out, self.now)
                wait = inverter.deadline(self.now)
            finally:
                heap_unlock()
            self.faults.add(inverter.fault)
            if until is not None and until():
                return True
            if n:
                self._transmit(n)
                continue
            if self._arriving:
                arrives = ticks.diff(self._arriving[0][0], self.now)
                wait = arrives if wait < 0 else min(wait, arrives)
            wait = 50 if wait < 0 else min(max(wait, 1), 50)
            self.now = ticks.add(self.now, wait)
        return False

    def _arrive(self):
        data, request = self._arriving.pop(0)[1:]
        heap_lock()
        try:
            self.inverter.receive(data, len(data), self.now)
        finally:
            heap_unlock()
        if request:
            self.answered.append(request)

    def _transmit(self, n):
        frame = bytes(self._out[:n])
        number = len(self.asked)
        request = (self.now, frame[1], frame[2] << 8 | frame[3], frame[4] << 8 | frame[5])
        self.asked.append(request)
        if self.echoing:
            self.put(self.now, frame, None)
        begins = self.now
        if self._device != AT_ONCE and ticks.diff(self._free_ms, begins) > 0:
            if self._device == DEAF:
                return
            begins = self._free_ms
        self._free_ms = ticks.add(begins, self.delay(number))
        answer = self.slave.handle(frame, self.now)
        if self.answer is not None:
            answer = self.answer(number, answer)
        at = self._free_ms
        for data in answer if isinstance(answer, list) else [answer]:
            if data:
                self.put(at, data, request)
                at = ticks.add(at, 1)

    def put(self, at, data, request):
        """Let bytes come in at a time."""
        place = len(self._arriving)
        while place and ticks.diff(self._arriving[place - 1][0], at) > 0:
            place -= 1
        self._arriving.insert(place, (at, data, request))


def framed(data):
    return bytes(data) + crc(bytes(data))


def both_models():
    """A device that can be driven by 124 and by 704, in the order of their numbers."""
    return legacy_models() + der_models()[1:]


class Ends(Slave):
    """A map with odd registers at its end; what lies past the last is refused, or silent where the code is 0."""

    def __init__(self, models, tail, code):
        super().__init__(models, end=False)
        self.words.extend(array("H", tail))
        self._code = code

    def handle(self, frame, now):
        if (frame[2] << 8 | frame[3]) + (frame[4] << 8 | frame[5]) <= self.base + len(self.words):
            return super().handle(frame, now)
        return framed((1, frame[1] | 0x80, self._code)) if self._code else b""


def refusing(line, number, code, times=1 << 20, until=0):
    """Refuse reads that touch a model, or any where it is 0, so many times or until a time."""
    slave = line.slave
    first, end = 0, 0x10000
    if number:
        first, end = slave.address(number, 0), slave.address(number, slave.get(number, 1) + 2)
    left = [times]

    def answer(i, frame):
        _ms, function, address, count = line.asked[i]
        passed = until and line.now >= until or not left[0]
        if passed or function != 3 or address >= end or address + count <= first:
            return frame
        left[0] -= 1
        return framed((1, 0x83, code))

    line.answer = answer


def astray(slave, numbers):
    """Return the writes that touch a register outside the points these control models are driven by."""
    points = {704: (22, 33), 124: (5, 16), 123: (15, 23)}
    ours = set()
    for number in numbers:
        first, end = points[number]
        ours.update(range(slave.address(number, first), slave.address(number, end)))
    return [write for write in slave.writes if not set(range(write[1], write[1] + len(write[2]))) <= ours]


def confirmed(line, number):
    """Say whether the model's ID and length came in twice, in reads of two lengths, before the first write there."""
    slave = line.slave
    at, end = slave.address(number, 0), slave.address(number, slave.get(number, 1) + 2)
    first = [ms for ms, function, address, _count in line.asked if function == 16 and at <= address < end]
    if not first:
        return True
    lengths = set()
    for ms, function, address, count in line.answered:
        if function == 3 and address <= at and address + count >= at + 2 and ticks.diff(first[0], ms) > 0:
            lengths.add(count)
    return len(lengths) > 1


def dice(seed):
    """Return a function that gives seeded whole numbers below its argument, alike on every interpreter."""
    state = [seed * 2 + 1]

    def below(n):
        state[0] = state[0] * 48271 % 0x7FFFFFFF
        return state[0] // 7 % n

    return below


def drive(line, power_w=2000, ms=60000):
    """Request a power for so long; return whether the inverter took it."""
    return line.run(ms, power_w, lambda: line.inverter.active.commanded_w == power_w)


def always(ms):
    return lambda i: ms


def falls_silent(line):
    return line.run(10000, 2000, lambda: line.inverter.state == SILENT)


def driven(models, delay, **options):
    """Return a line whose inverter was found and took 2,000 W."""
    line = Line(Slave(models), delay, **options)
    assert drive(line), (line.inverter.state, line.inverter.fault)
    assert line.inverter.state == DRIVING
    return line
