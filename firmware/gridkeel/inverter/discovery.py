"""SunSpec discovery: find the map, walk its models to the end, keep the words that do not change.

It asks for one stretch of registers at a time (`address`, `count`) and is told what came back: `take`, `refuse` or
`miss`. It allocates nothing, so a rediscovery may run beside the control loop.
"""

from array import array

from gridkeel.inverter import sunspec
from gridkeel.inverter.modbus import pdu

WORKING = 0
RETRY = 1  # ask the same again, but only after a pause: the late answer to the first must not be taken for the second
COMPLETE = 2
NOT_FOUND = 3
FAILED = 4

# model, first and number of the registers kept, last register used: a shorter model counts as absent
_MODELS = (
    (sunspec.COMMON, 2, 64, 65),
    (101, 0, 0, 38),
    (102, 0, 0, 38),
    (103, 0, 0, 38),
    (111, 0, 0, 43),
    (112, 0, 0, 43),
    (113, 0, 0, 43),
    (sunspec.NAMEPLATE, 3, 24, 26),
    (sunspec.BASIC, 2, 26, 27),
    (sunspec.IMMEDIATE, 13, 13, 25),  # more than needed: no other read is as long
    (sunspec.STORAGE, 2, 24, 25),
    (sunspec.DER_MEASURE, 116, 7, 122),
    (sunspec.DER_CAPACITY, 2, 47, 48),
    (sunspec.DER_CONTROL, 55, 3, 57),
    (sunspec.DER_STORAGE, 0, 0, 8),
)
_MODELS_MAX = 64  # a map names about 20 models; a walk longer than this is a map without an end
_ATTEMPTS = 3  # of one request
_STORAGE_MOVES = b"\x02\x12\x16\x19"  # WChaMax, its scale factor, ChaState_SF, InOutWRte_SF
_IMMEDIATE_MOVES = b"\x19"  # VArPct_SF

_PROBE = 0
_HEADER = 1
_DETAIL = 2


class Discovery:
    """One walk after another over one inverter's map."""

    def __init__(self):
        self._stage = _PROBE
        self._base = 0
        self._probes = 0
        self._missed = 0
        self._walked = 0
        self._detail = 0
        self._row = 0  # of the stretch that is read again
        self._addresses = array("i", [-1] * len(_MODELS))
        self._kept = tuple([array("H", [0] * row[2]) for row in _MODELS])
        self.address = 0
        self.count = 0
        self.heard = False
        self._named = False
        self.start()

    def start(self):
        """Begin a walk; the base of the last good one is tried first."""
        for i in range(len(_MODELS)):
            self._addresses[i] = -1
        self._probes = 0
        self._missed = 0
        self._walked = 0
        self.heard = False
        self._probe()

    def address_of(self, model):
        """Return the address of a model's ID register, or -1."""
        for i in range(len(_MODELS)):
            if _MODELS[i][0] == model:
                return self._addresses[i]
        return -1

    def word(self, model, offset):
        """Return a kept register of a model that was found, 0..65535."""
        for i in range(len(_MODELS)):
            if _MODELS[i][0] == model:
                return self._kept[i][offset - _MODELS[i][1]]
        return 0

    def renew(self, again):
        """Go on to the next kept stretch with scale factors, to the first where `again`; return whether there is one.

        Some devices move them, and the rating that percentages refer to: they are read once more while it is driven.
        """
        for i in range(0 if again else self._row + 1, len(_MODELS)):
            model = _MODELS[i][0]
            moves = sunspec.IMMEDIATE <= model <= sunspec.STORAGE or model == sunspec.DER_MEASURE
            if self._addresses[i] >= 0 and (moves or model == sunspec.DER_CONTROL):
                self._row = i
                return True
        return False

    def ask(self, master, out, now_ms):
        """Put the read of that stretch into out; return its size."""
        row = _MODELS[self._row]
        return master.read(out, self._addresses[self._row] + row[1], row[2], now_ms)

    def update(self, master):
        """Take the answer to it; return whether one of them moved."""
        row = _MODELS[self._row]
        kept = self._kept[self._row]
        moves = _STORAGE_MOVES if row[0] == sunspec.STORAGE else _IMMEDIATE_MOVES
        moved = False
        for i in range(len(kept)):
            word = master.register(i)
            if word != kept[i] and (row[0] > sunspec.STORAGE or row[1] + i in moves):
                kept[i] = word
                moved = True
        return moved

    def text(self, offset, registers):
        """Return a string of the common model, "" before it was read.  Allocates."""
        if not self._named:
            return ""
        raw = bytearray()
        for i in range(offset, offset + registers):
            word = self.word(sunspec.COMMON, i)
            raw.append(word >> 8)
            raw.append(word & 0xFF)
        return "".join([chr(byte) for byte in raw if 32 <= byte < 127]).strip()

    def take(self, master):
        """Take the answer to the request; return how the walk goes on."""
        self.heard = True
        self._missed = 0
        if self._stage == _PROBE:
            if master.register(0) != sunspec.MARK_HIGH or master.register(1) != sunspec.MARK_LOW:
                return self._next_base()
            return self._header(self.address + 2)
        if self._stage == _HEADER:
            return self._take_header(master.register(0), master.register(1))
        kept = self._kept[self._detail]
        for i in range(self.count):
            kept[i] = master.register(i)
        self._named = self._named or self._detail == 0
        return self._next_detail(self._detail + 1)

    def refuse(self, exception):
        """Take a Modbus exception for the answer; return how the walk goes on."""
        self.heard = True
        self._missed = 0
        if self._stage == _PROBE:
            return self._next_base()
        if self._stage == _DETAIL:
            self._addresses[self._detail] = -1
            return self._next_detail(self._detail + 1)
        # Some maps stop without an end model: no such address behind a whole model is their end.
        return self._next_detail(0) if exception == pdu.ILLEGAL_ADDRESS and self._walked else FAILED

    def miss(self):
        """Take a timeout for the answer; return how the walk goes on."""
        if self._stage == _PROBE:
            return self._next_base()
        self._missed += 1
        return RETRY if self._missed < _ATTEMPTS else FAILED

    def _probe(self):
        self._stage = _PROBE
        self.address = sunspec.BASES[self._base]
        self.count = 2

    def _next_base(self):
        self._base = (self._base + 1) % len(sunspec.BASES)
        self._probes += 1
        self._probe()
        return WORKING if self._probes < len(sunspec.BASES) else NOT_FOUND

    def _header(self, address):
        if address > 0x10000 - sunspec.HEADER or self._walked == _MODELS_MAX:
            return self._next_detail(0)
        self._stage = _HEADER
        self.address = address
        self.count = sunspec.HEADER
        return WORKING

    def _take_header(self, model, length):
        if model == sunspec.END:
            return self._next_detail(0)
        for i in range(len(_MODELS)):
            # The first of several is the device itself; the others are its parts.
            if _MODELS[i][0] == model and self._addresses[i] < 0 and length + sunspec.HEADER > _MODELS[i][3]:
                self._addresses[i] = self.address
        self._walked += 1
        return self._header(self.address + sunspec.HEADER + length)

    def _next_detail(self, i):
        while i < len(_MODELS) and (self._addresses[i] < 0 or not _MODELS[i][2]):
            i += 1
        if i == len(_MODELS):
            return COMPLETE
        self._stage = _DETAIL
        self._detail = i
        self.address = self._addresses[i] + _MODELS[i][1]
        self.count = _MODELS[i][2]
        return WORKING
