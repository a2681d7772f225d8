"""Registers held in an inverter: what was written to them, and what reading them back says about it."""

from array import array

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.inverter.modbus import pdu

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Stretches
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.inverter.sunspec.discovery import Discovery

MATCH = 0
DIFFERS = 1  # the setting, to a value that is no nearer to zero
OVERRIDDEN = 2
UNSETTLED = 3  # nothing differs, but the setting is too young to say so of it
LOST = 4  # mode, reversion or timer
CLAMPED = 5  # all is held but the setting, and in its place stands one of its sign and nearer to zero

_PAUSE_MS = 500
_PAUSE_MAX_MS = 32000
_QUIET_MS = 5000  # a difference that comes so long after its pause is a new one


class Control:
    """A stretch of a control model's registers; a family fills `words` and says which of them are written together.

    steps: (first word, count) of what is written once before driving; the last of them restarts the reversion timer
    (`renewing`, the step a refresh begins with; the number of steps where writing the setting alone does it).
    setting: the same for the power setting.  value: (first word, count, whether they are one 32-bit number) of its
    number, which another master would change.
    held: the words that a reading must show as they were written.  The last of them is the reversion timer, which may
    be shorter: held_s is the longest time seen in it since it was written, as some show the time left.
    life_s: how long a setting lives without a refresh, as was written.  pause_ms: the time to the next attempt where a
    reading differs, 0 while none did.
    """

    def __init__(
        self,
        model: int,
        first: int,
        count: int,
        setting: tuple[int, ...],
        value: tuple[int, int, bool],
        steps: "Stretches",
        held: tuple[int, ...],
    ) -> None:
        self.model = model
        self.address = -1
        self.count = count
        self.words = array("H", [0] * count)
        self.steps = len(steps)
        self.renewing = self.steps - 1
        self.life_s = 0
        self.commanded_w = 0
        self._first = first
        self._setting = setting
        self._value = value
        self._steps = steps
        self._held = held
        self._confirmed = False
        self.held_s = 0
        self.pause_ms = 0
        self._last_ms = 0

    def place(self, found: "Discovery") -> bool:
        """Take the model's address from a discovery; return False where the device has no such model."""
        at = found.address_of(self.model)
        self.address = at + self._first if at >= 0 else -1
        self._confirmed = False
        self.pause_ms = 0
        return at >= 0

    def forget(self) -> None:
        """Another value is about to be written: no reading has shown it yet."""
        self._confirmed = False

    def write_setting(self, master: "Master", out: bytearray, now_ms: int) -> int:
        return self._write(master, out, self._setting, now_ms)

    def write_step(self, master: "Master", out: bytearray, step: int, now_ms: int) -> int:
        return self._write(master, out, self._steps[step], now_ms)

    def check(self, master: "Master", settled: bool) -> int:
        """Compare an answer to a read of the whole stretch with what was written: MATCH, DIFFERS ...

        settled: whether the setting has stood long enough to be judged; the rest is judged always.
        """
        differs = settled and self._value_differs(master)
        if differs and self._confirmed:
            # What never matched was not taken; what matched and is now neither ours nor zero is somebody's.
            self._confirmed = False
            return OVERRIDDEN if self._value_set(master) else DIFFERS
        for i in range(len(self._held) - 1):
            word = self._held[i]
            if master.register(word) != self.words[word]:
                return LOST
        # A longer timer would let a power stand that nobody renews any more.
        timer = self._held[-1]
        time_s = master.register(timer)
        self.held_s = max(self.held_s, time_s)
        if time_s != self.words[timer] and not 0 < time_s < self.words[timer]:
            return LOST
        if not settled:
            return UNSETTLED
        if differs:
            return CLAMPED if self._nearer(master) else DIFFERS
        self._confirmed = True
        return MATCH

    def retry(self, now_ms: int) -> bool:
        """Say whether what differs may be written again now: at once, then after 0.5, 1, 2 ... 32 s.

        Registers wear where a product keeps them in flash, and what was refused ten times is refused the eleventh.
        """
        if self.rests(now_ms):
            return False
        waited_ms = ticks.diff(now_ms, self._last_ms)
        again = self.pause_ms and 0 <= waited_ms < self.pause_ms + _QUIET_MS
        self.pause_ms = min(2 * self.pause_ms, _PAUSE_MAX_MS) if again else _PAUSE_MS
        self._last_ms = now_ms
        return True

    def rests(self, now_ms: int) -> bool:
        """Say whether it is too early for the next attempt."""
        return 0 <= ticks.diff(now_ms, self._last_ms) < self.pause_ms

    def put_s32(self, word: int, value: int) -> None:
        self.words[word] = (value >> 16) & 0xFFFF
        self.words[word + 1] = value & 0xFFFF

    def _write(self, master: "Master", out: bytearray, stretch: tuple[int, ...], now_ms: int) -> int:
        first = stretch[0]
        return master.write(out, self.address + first, self.words, first, stretch[1], now_ms)

    def _nearer(self, master):
        """Return whether what stands in place of our setting is of its sign and no larger."""
        at = self._value[0]
        if self._value[2]:
            ours = pdu.signed32(pdu.signed(self.words[at]), self.words[at + 1])
            return within(pdu.signed32(master.signed(at), master.register(at + 1)), ours)
        nearer = True
        for i in range(at, at + self._value[1]):
            nearer = nearer and within(master.signed(i), pdu.signed(self.words[i]))
        return nearer

    def _value_differs(self, master):
        differs = False
        for i in range(self._value[0], self._value[0] + self._value[1]):
            differs = differs or master.register(i) != self.words[i]
        return differs

    def _value_set(self, master):
        bits = 0
        for i in range(self._value[0], self._value[0] + self._value[1]):
            bits |= master.register(i)
        return bits != 0


def within(held: int, ours: int) -> bool:
    """Say whether what is held is of our sign and no larger."""
    return 0 <= held <= ours or ours <= held <= 0
