"""SunSpec discovery: find the map, walk its models to the end, keep the words that do not change.

It asks for one stretch of registers at a time (`address`, `count`, with `lead` registers before them, after
`wait_ms`) and is given what came back: `take`, `refuse` or `miss`. It allocates nothing, so a rediscovery may run
beside the control loop.

The mark is read twice, and so are the headers of the models that are written to, each time with another length.
Consecutive questions differ in length as well, so that no answer that comes late, or twice, fits the open question.
"""

from array import array

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import sunspec
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.search import COMPLETE, FAILED, INCOMPLETE, NOT_FOUND, SETTLED, WORKING

if TYPE_CHECKING:
    from gridkeel.inverter.modbus.rtu import Master

# model, first and number of the registers kept, last register used: a shorter model counts as absent.  Numbers of
# registers that no other read of the walk has: nothing late is taken for them.
_MODELS = (
    (sunspec.COMMON, 2, 64, 65),
    (101, 0, 0, 38),
    (102, 0, 0, 38),
    (103, 0, 0, 38),
    (111, 0, 0, 43),
    (112, 0, 0, 43),
    (113, 0, 0, 43),
    (sunspec.NAMEPLATE, 2, 25, 26),
    (sunspec.BASIC, 2, 26, 27),
    (sunspec.IMMEDIATE, 13, 13, 25),  # more than needed: no other read is as long
    (sunspec.STORAGE, 2, 24, 25),
    (sunspec.DER_MEASURE, 116, 7, 122),
    (sunspec.DER_CAPACITY, 2, 47, 48),
    (sunspec.DER_CONTROL, 50, 8, 57),
    (sunspec.DER_STORAGE, 0, 0, 8),
    (sunspec.DER_DIRECT, 4, 14, 44),
)
_ROWS = {_MODELS[i][0]: i for i in range(len(_MODELS))}  # looked up hundreds of times for one answer
_MODELS_MAX = 64  # a map names about 20 models; a walk longer than this is a map without an end
_MISSES = 3  # of one question, before silence is its answer; more where more hangs on it
_ROUNDS = 4  # refusals of one question, before that is its answer; more where more hangs on it
_PAUSE_MS = 50  # doubled by each refusal
_PAUSE_MAX_MS = 3200
_DOUBT_MS = 10000  # to the next time a driven device is asked for what it refused in the walk
_DOUBT_MAX_MS = 320000
_ADDRESSES = 0x10000
_ABSENT = -1  # a model that was there but refused to be read is kept as this less one more than its address
_STORAGE_MOVES = b"\x02\x12\x16\x19"  # WChaMax, its scale factor, ChaState_SF, InOutWRte_SF
_IMMEDIATE_MOVES = b"\x19"  # VArPct_SF

_PROBE = 0  # the mark at one of the bases
_MARK = 1  # the mark again: to confirm it, or to see whether a device that left a question unanswered is there
_HEADER = 2  # ID and length of the next model
_CONFIRM = 3  # the header again, of a model that is written to
_DETAIL = 4
_DOUBT = 5  # what was refused, again, while the device is driven

_LENGTHS = 3  # 2, 3 and 4 registers in turn for mark and header: the mark is read on, the header from further back
_CONFIRM_COUNT = 6  # no 32-bit point of these models is cut by it


class Discovery:
    """One walk after another over one inverter's map.

    heard: something was answered.
    """

    def __init__(self) -> None:
        self._stage = _PROBE
        self._next = _HEADER  # the stage after _MARK
        self._base = 0
        self._at = 0  # header of the model the walk has come to
        self._size = 0  # of that model, header and all
        self._detail = 0  # row of _MODELS that is confirmed or read
        self._probes = 0
        self._walked = 0
        self._turn = 0
        self._repeated = 0  # refusals of this question
        self._missed = 0  # silences of the question at this address
        self._last = -1
        self._marks = 0  # silences of the mark
        self._confirmed = False  # an end, or the ID of 704 without its length, was seen once
        self._known = False  # the last complete walk found 704
        self._open = False  # the walk ended at a refusal or at silence, not at an end model
        self._backoff_ms = _DOUBT_MS
        self._addresses = array("i", [_ABSENT] * len(_MODELS))
        self._row = 0  # of the stretch that is read again
        self._moves = 0  # readings of it in a row that differ from the one before
        self._kept = tuple([array("H", [0] * row[2]) for row in _MODELS])
        self.address = 0
        self.count = 0
        self.lead = 0
        self.wait_ms = 0
        self.heard = False
        self._named = False
        self.start()

    def start(self) -> None:
        """Begin a walk; the base of the last good one is tried first."""
        for i in range(len(_MODELS)):
            self._addresses[i] = _ABSENT
        self._probes = 0
        self._walked = 0
        self._begin()
        self.heard = False
        self._open = False
        self._row = self._moves = 0
        self._ask(_PROBE)

    def address_of(self, model: int) -> int:
        """Return the address of a model's ID register, a negative number where it is absent."""
        row = _ROWS.get(model, -1)
        return self._addresses[row] if row >= 0 else _ABSENT

    def has_704(self) -> bool:
        return self.address_of(sunspec.DER_CONTROL) >= 0

    sure = has_704  # no stray answer can have hidden what matters

    def word(self, model: int, offset: int) -> int:
        """Return a kept register of a model that was found, 0..65535."""
        row = _ROWS.get(model, -1)
        return self._kept[row][offset - _MODELS[row][1]] if row >= 0 else 0

    def unsigned(self, model: int, point: int, scale: int) -> int:
        """Return a kept unsigned point, scaled by the point `scale`; UNKNOWN where the device has none."""
        if self.address_of(model) < 0:
            return sunspec.UNKNOWN
        return sunspec.scaled_u16(self.word(model, point), pdu.signed(self.word(model, scale)))

    def signed(self, model: int, point: int, scale: int) -> int:
        """Return a kept signed point alike."""
        if self.address_of(model) < 0:
            return sunspec.UNKNOWN
        return sunspec.scaled_s16(pdu.signed(self.word(model, point)), pdu.signed(self.word(model, scale)))

    def renew(self, again: bool) -> bool:
        """Go on to the next kept stretch with scale factors, to the first where `again`; return whether there is one.

        Some devices move them, and the rating that percentages refer to: they are read once more while it is driven.
        What moved is read again at once, and stays the stretch until then.
        """
        if self._moves:
            return True
        for i in range(0 if again else self._row + 1, len(_MODELS)):
            model = _MODELS[i][0]
            moves = sunspec.IMMEDIATE <= model <= sunspec.STORAGE or model == sunspec.DER_MEASURE
            if self._addresses[i] >= 0 and (moves or model == sunspec.DER_CONTROL):
                self._row = i
                return True
        return False

    def ask(self, master: "Master", out: bytearray, now_ms: int) -> int:
        """Put the read of that stretch into out; return its size."""
        row = _MODELS[self._row]
        address = self._addresses[self._row] + row[1]
        lead = self._moves & 1  # another length than before
        lead += master.lead(address - lead, row[2] + lead, now_ms)
        return master.read(out, address, row[2], now_ms, lead)

    def retry(self) -> bool:
        """It was refused; return whether it must be read all the same, as what moved is not confirmed yet."""
        self._moves += self._moves & 1
        return self._moves > 0

    def update(self, master: "Master") -> bool:
        """Take the answer to it; return whether one of them moved, and two readings of two lengths say so."""
        row = _MODELS[self._row]
        kept = self._kept[self._row]
        moves = _STORAGE_MOVES if row[0] == sunspec.STORAGE else _IMMEDIATE_MOVES
        moved = False
        for i in range(len(kept)):
            word = master.register(i)
            if word != kept[i] and (row[0] > sunspec.STORAGE or row[1] + i in moves):
                kept[i] = word
                moved = True
        confirmed = self._moves > 0 and not moved
        self._moves = (self._moves & 1) + 1 if moved else 0
        return confirmed

    def text(self, offset: int, registers: int) -> str:
        """Return a string of the common model, "" before it was read.  Allocates."""
        if not self._named:
            return ""
        raw = bytearray()
        for i in range(offset, offset + registers):
            word = self.word(sunspec.COMMON, i)
            raw.append(word >> 8)
            raw.append(word & 0xFF)
        return "".join([chr(byte) for byte in raw if 32 <= byte < 127]).strip()

    def take(self, master: "Master") -> int:
        """Take the answer to the request; return how the walk goes on."""
        self.heard = True
        stage = self._stage
        if stage == _DOUBT:
            if not self._open or master.register(0) != 0 and master.register(0) != sunspec.END:
                return INCOMPLETE
            self._open = False
            return self.doubt()
        if stage <= _MARK:
            return self._take_mark(master)
        if self.address == self._last:
            self._missed = 0
        if stage == _HEADER:
            return self._take_header(master)
        self._begin()
        if stage == _CONFIRM:
            if master.register(0) != _MODELS[self._detail][0] or master.register(1) + sunspec.HEADER != self._size:
                return FAILED
            return self._pass(self._detail)
        master.copy(self._kept[self._detail], self.count)
        self._named = self._named or self._detail == 0
        return self._next_detail(self._detail + 1)

    def refuse(self, exception: int) -> int:
        """Take a Modbus exception for the answer; return how the walk goes on."""
        self.heard = True
        if self._stage == _DOUBT:
            return self.doubt()
        passing = exception > pdu.ILLEGAL_VALUE
        if self._stage == _PROBE and not passing:
            return self._next_base()
        if self._stage == _HEADER and self.count > 1:
            # Some devices refuse what cuts a point in two, and some maps end with a single register.
            if not self.lead:
                self.count = 1
            self.lead = self._turn = 0
            self.wait_ms = _PAUSE_MS if passing else 0
            return WORKING
        return self._refused(passing)

    def miss(self) -> int:
        """Take a timeout for the answer; return how the walk goes on."""
        if self._stage == _DOUBT:
            return self.doubt()
        if self._stage == _PROBE:
            return self._next_base()
        if self._stage == _MARK:
            self._marks += 1
            if self._marks < _MISSES:
                return self._ask(_MARK)
            self.start()
            return WORKING
        if self.address != self._last:
            self._last = self.address
            self._missed = 0
        self._missed += 1
        if self._missed == (_MISSES if self.has_704() else _MISSES + 2):
            self._missed = 0
            return self._give_up()
        self._next = self._stage
        return self._ask(_MARK)

    def doubt(self) -> int:
        """After a complete walk, ask in a while for what was refused in it; return SETTLED where nothing was.

        Whatever else of the map is read meanwhile does not change what is asked.
        """
        self._stage = _DOUBT
        self.wait_ms = self._backoff_ms
        self._backoff_ms = min(2 * self._backoff_ms, _DOUBT_MAX_MS)
        row = self._lost()
        if self._open or row >= 0:
            self.lead = 0
            self.address = self._at if self._open else _ABSENT - 1 - self._addresses[row] + _MODELS[row][1]
            self.count = sunspec.HEADER if self._open else _MODELS[row][2]
            return WORKING
        self._backoff_ms = _DOUBT_MS
        return SETTLED

    def _lost(self):
        """Return the row of a model that is there and refused to be read, -1 where there is none."""
        for i in range(len(_MODELS)):
            if self._addresses[i] < _ABSENT:
                return i
        return -1

    def _ask(self, stage):
        """Put the question of a stage."""
        self._stage = stage
        self.wait_ms = 0
        self.lead = 0
        if stage == _CONFIRM:
            self.address = self._at
            self.count = _CONFIRM_COUNT
        elif stage == _DETAIL:
            row = _MODELS[self._detail]
            self.address = self._addresses[self._detail] + row[1]
            self.count = row[2]
        else:
            self._turn = (self._turn + 1) % _LENGTHS
            self.count = sunspec.HEADER
            if stage == _HEADER:
                self.address = self._at
                self.lead = self._turn
            else:
                self.address = sunspec.BASES[self._base]
                self.count += self._turn
        return WORKING

    def _begin(self):
        """Count the refusals of the next question from none."""
        self._repeated = 0
        self._confirmed = False

    def _next_base(self):
        self._base = (self._base + 1) % len(sunspec.BASES)
        self._probes += 1
        self._begin()
        self._ask(_PROBE)
        return WORKING if self._probes < len(sunspec.BASES) else NOT_FOUND

    def _take_mark(self, master):
        self._marks = 0
        probe = self._stage == _PROBE
        if master.register(0) != sunspec.MARK_HIGH or master.register(1) != sunspec.MARK_LOW:
            return self._next_base() if probe else FAILED
        if not probe:
            return self._ask(self._next)
        self._begin()
        self._at = self.address + sunspec.HEADER
        self._next = _HEADER
        return self._ask(_MARK)

    def _take_header(self, master):
        model = master.register(0)
        row = _ROWS.get(model, -1)
        end = model == 0 or model == sunspec.END
        if self.count == 1 and not end:
            self._confirmed = self._confirmed or model == sunspec.DER_CONTROL and not self.has_704()
            return self._refused(False)
        self._size = sunspec.HEADER if end else sunspec.HEADER + master.register(1)
        if end or self._at + self._size > _ADDRESSES:
            if self.has_704() or self._confirmed:
                return self._finish()
            # Nobody is driven by 124 because of an end that was read once.
            self._confirmed = True
            return self._ask(_HEADER)
        self._begin()
        # The first of several is the device itself; the others are its parts.
        if row < 0 or self._addresses[row] >= 0 or self._size <= _MODELS[row][3]:
            return self._pass(-1)
        if model == sunspec.IMMEDIATE or model == sunspec.STORAGE or model == sunspec.DER_CONTROL:
            self._detail = row
            return self._ask(_CONFIRM)
        return self._pass(row)

    def _pass(self, row):
        """Go on behind a model, which is kept where its row is given."""
        if row >= 0:
            self._addresses[row] = self._at
        self._walked += 1
        self._at += self._size
        if self._at > _ADDRESSES - sunspec.HEADER or self._walked == _MODELS_MAX:
            return self._finish()
        return self._ask(_HEADER)

    def _finish(self):
        self._begin()
        self._known = self.has_704()
        return self._next_detail(0)

    def _refused(self, passing):
        """Ask again after a pause, or take the refusal for the answer."""
        rounds = _ROUNDS + 1 if passing else _ROUNDS
        if not self.has_704():
            # Whoever is driven by 124 must have no 704, so nothing is called absent in a hurry.
            rounds += 4 if self._known else 2
        self._repeated += 1
        if self._repeated >= rounds:
            return self._give_up()
        self._ask(self._stage)
        self.wait_ms = min(_PAUSE_MS << self._repeated, _PAUSE_MAX_MS)
        return WORKING

    def _give_up(self):
        """Go on without an answer to the question."""
        absent = not self._confirmed
        self._begin()
        if self._stage == _PROBE:
            return self._next_base()
        if self._stage == _HEADER and self._walked and absent:
            self._open = True
            return self._finish()
        # Without one of the others the device is used as far as it goes, or unsuited; without 704 it would be driven by
        # 124 while 704 may be in force.
        if self._stage < _CONFIRM or _MODELS[self._detail][0] == sunspec.DER_CONTROL:
            return FAILED
        if self._stage == _CONFIRM:
            self._addresses[self._detail] = _ABSENT - 1 - self._at
            return self._pass(-1)
        self._addresses[self._detail] = _ABSENT - 1 - self._addresses[self._detail]
        return self._next_detail(self._detail + 1)

    def _next_detail(self, i):
        while i < len(_MODELS) and (self._addresses[i] < 0 or not _MODELS[i][2]):
            i += 1
        if i == len(_MODELS):
            return COMPLETE
        self._detail = i
        return self._ask(_DETAIL)
