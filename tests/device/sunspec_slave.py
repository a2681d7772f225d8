"""A register slave on a Modbus line, with its own CRC, and a setup that runs a driver against it in virtual ms."""

from array import array
from struct import pack

from gridkeel import ticks
from gridkeel.inverter import DRIVING, make
from gridkeel.params import Parameters

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        pass

    heap_unlock = heap_lock


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return bytes((value & 0xFF, value >> 8))


def model(number, length, points):
    """Return a model's words; points by their offset from the ID register, everything else 'not implemented'."""
    words = array("H", [0xFFFF] * (length + 2))
    words[0] = number
    words[1] = length
    for offset in points:
        words[offset] = points[offset] & 0xFFFF
    return words


def text(offset, string):
    padded = string + "\0" * (len(string) % 2)
    return {offset + i // 2: ord(padded[i]) << 8 | ord(padded[i + 1]) for i in range(0, len(padded), 2)}


def zeros(first, end, others):
    points = {offset: 0 for offset in range(first, end)}
    points.update(others)
    return points


def signed16(word):
    return word - 0x10000 if word >> 15 else word


def float32(value):
    """Return the two registers of a float."""
    raw = pack(">f", value)
    return raw[0] << 8 | raw[1], raw[2] << 8 | raw[3]


def common():
    points = text(2, "Maker")
    points.update(text(18, "Box 7"))
    return model(1, 66, points)


def der_models(sf=0, var_sf=0):
    """701, 702, 704, 713 with a vendor's model between them; sf is that of WSet, var_sf that of VarSet."""
    return [
        common(),
        model(701, 153, {4: 3, 10: -1500, 12: 700, 36: 31, 37: 45, 116: 0, 119: 0, 122: 0}),
        model(64900, 4, {}),
        model(702, 50, {2: 80, 7: 80, 8: 44, 9: 40, 10: 74, 11: 60, 45: 2, 47: 2, 48: 2}),
        model(704, 65, zeros(22, 49, {23: 1, 55: sf, 57: var_sf})),
        model(713, 7, {4: 623, 8: -1}),
    ]


def legacy_models():
    return [
        common(),
        model(103, 50, {14: 300, 15: 1, 20: -40, 21: 1, 33: 305, 34: 412, 37: -1}),
        model(120, 26, {3: 50, 4: 2, 23: 70, 24: 2, 25: 0xFFFF, 26: -32768}),
        model(121, 30, {2: 50, 8: 30, 9: 25, 10: -20, 11: -22, 22: 2, 27: 2}),
        model(123, 24, zeros(15, 23, {25: -2})),
        model(124, 24, {2: 800, 5: 0, 8: 5500, 12: 0, 13: 0, 14: 0, 15: 0, 18: 1, 22: -2, 25: -2}),
    ]


class Slave:
    """Registers 0x5375 0x6E53, models, end, from base on; writes are logged as (ms, address, words)."""

    def __init__(self, models, base=40000, unit=1, end=True):
        self.base = base
        self.unit = unit
        self.words = array("H", [0x5375, 0x6E53])
        self.at = {}
        for words in models:
            self.at[words[0]] = len(self.words)
            self.words.extend(words)
        if end:
            self.words.extend(array("H", [0xFFFF, 0]))
        self.writes = []
        self.reads = []
        self.refuse = {}  # first address: exception code
        self.frozen = set()  # addresses that keep their value
        self.mute = False
        self.follows = True  # what it measures is what it was set to

    def address(self, number, offset):
        return self.base + self.at[number] + offset

    def get(self, number, offset):
        return self.words[self.at[number] + offset]

    def set(self, number, offset, value):
        self.words[self.at[number] + offset] = value & 0xFFFF

    def signed32(self, number, offset):
        value = self.get(number, offset) << 16 | self.get(number, offset + 1)
        return value - (1 << 32) if value >> 31 else value

    def deliver(self, out_w):
        """Let this power be measured, by whichever model measures."""
        for number, offset, scale in ((701, 10, 116), (103, 14, 15)):
            if number in self.at:
                sf = self.get(number, scale)
                self.set(number, offset, int(out_w / 10 ** (sf - 0x10000 if sf >> 15 else sf)))
        for number in (111, 112, 113):
            if number in self.at:
                high, low = float32(out_w)
                self.set(number, 22, high)
                self.set(number, 23, low)

    def _follow(self):
        if 704 in self.at:
            sf = self.get(704, 55)
            out_w = self.signed32(704, 24) * 10.0 ** (sf - 0x10000 if sf >> 15 else sf)
            self.deliver(out_w if self.get(704, 22) == 1 else 0)
        elif 124 in self.at:
            self.deliver(self._rates_w() if self.get(124, 5) == 3 else 0)

    def _rates_w(self):
        """What model 124's window leaves, nearest to zero."""
        full_w = self._rating_w(124, 2, 18)
        out_full_w = self._rating_w(120, 25, 26) if 120 in self.at and self.get(120, 25) != 0xFFFF else full_w
        unit = 10.0 ** (self.get(124, 25) - 0x10000) / 100
        most_out_w = signed16(self.get(124, 12)) * unit * out_full_w
        most_in_w = signed16(self.get(124, 13)) * unit * full_w
        return min(most_out_w, max(-most_in_w, 0))

    def _rating_w(self, number, offset, scale):
        sf = self.get(number, scale)
        return self.get(number, offset) * 10.0 ** (sf - 0x10000 if sf >> 15 else sf)

    def handle(self, frame, now):
        assert frame[-2:] == crc(frame[:-2]), "the master's CRC is wrong"
        if self.mute or frame[0] != self.unit:
            return b""
        pdu = self._answer(frame[1:-2], now)
        return bytes((self.unit,)) + pdu + crc(bytes((self.unit,)) + pdu)

    def _answer(self, pdu, now):
        function, address, count = pdu[0], pdu[1] << 8 | pdu[2], pdu[3] << 8 | pdu[4]
        if address in self.refuse:
            return bytes((function | 0x80, self.refuse[address]))
        first = address - self.base
        if first < 0 or first + count > len(self.words):
            return bytes((function | 0x80, 2))
        if function == 3:
            if self.follows:
                self._follow()
            self.reads.append(address)
            raw = bytearray()
            for i in range(first, first + count):
                raw.append(self.words[i] >> 8)
                raw.append(self.words[i] & 0xFF)
            return bytes((3, 2 * count)) + bytes(raw)
        assert function == 16 and pdu[5] == 2 * count and len(pdu) == 6 + 2 * count
        words = [pdu[6 + 2 * i] << 8 | pdu[7 + 2 * i] for i in range(count)]
        self.writes.append((now, address, words))
        for i in range(count):
            if address + i not in self.frozen:
                self.words[first + i] = words[i]
        return pdu[:5]


class DriverSetup:
    """An inverter driver on a line to a slave; every call into the driver is made with the heap locked."""

    def __init__(self, slave, changes=None, start=0):
        self.slave = slave
        self.parameters = Parameters(changes)
        self.inverter = make(self.parameters)
        self.now = start
        self.wanted = None
        self.reactive = None  # (wanted, var) of the reactive side
        self.sent = []
        self.latency_ms = 3
        self.spoil = None  # spoil(answer) -> what arrives
        self._out = bytearray(32)
        self._answer = b""
        self._due = 0

    def run(self, ms, wanted=None):
        """Let so many ms pass while the controller wants this power, in blocks of 10 ms."""
        if wanted is not None:
            self.wanted = wanted
        end = ticks.add(self.now, ms)
        while ticks.diff(end, self.now) > 0:
            self._arrive()
            n, wait = self._turn()
            if n:
                self._transmit(n)
            if self._answer:
                wait = ticks.diff(self._due, self.now)
            self.now = ticks.add(self.now, min(max(wait, 1) if wait >= 0 else 10, 10 - self.now % 10))

    def _turn(self):
        inverter, now, out = self.inverter, self.now, self._out
        heap_lock()
        try:
            if self.wanted is not None:
                inverter.command(self.wanted, now)
            if self.reactive is not None:
                inverter.react(self.reactive[0], self.reactive[1], now)
            inverter.on_deadline(now)
            n = inverter.data_to_send(out, now)
            wait = inverter.deadline(now)
        finally:
            heap_unlock()
        return n, wait

    def _transmit(self, n):
        frame = bytes(self._out[:n])
        self.sent.append((self.now, frame))
        self._answer = self.slave.handle(frame, self.now)
        if self.spoil:
            self._answer = self.spoil(self._answer)
        self._due = ticks.add(self.now, self.latency_ms)

    def _arrive(self):
        answer, now = self._answer, self.now
        if answer and ticks.diff(now, self._due) >= 0:
            self._answer = b""
            heap_lock()
            try:
                self.inverter.receive(answer, len(answer), now)
            finally:
                heap_unlock()


def driving(slave, wanted=0, changes=None, start=0):
    setup = DriverSetup(slave, changes, start)
    setup.run(1000, wanted)
    assert setup.inverter.state == DRIVING, setup.inverter.state
    return setup


def settings(slave):
    """Return [(ms, WSet)] of the writes that began at WSetEna."""
    first = slave.address(704, 22)
    return [(ms, words[2] << 16 | words[3]) for ms, address, words in slave.writes if address == first]
