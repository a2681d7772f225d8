"""One stretch of a SunSpec control model, held and read back as a whole."""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import control
from gridkeel.inverter.control import CLAMPED, DIFFERS, LOST, MATCH, OVERRIDDEN, UNSETTLED
from gridkeel.inverter.modbus import pdu

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Stretches
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.inverter.sunspec.discovery import Discovery


class ModelControl(control.Control):
    """Registers of a control model from its point `first` on.

    setting, steps: (first word, count).  value: (first word, count, whether they are one 32-bit number) of the
    setting's number, which another master would change.
    held: the words that a reading must show as they were written; the last of them is the reversion timer, which may be
    shorter.
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
        control.Control.__init__(self, count, setting, steps)
        self._model = model
        self._first = first
        self._value = value
        self._held = held

    def place(self, found: "Discovery") -> bool:
        """Take the model's address from a discovery; return False where the device has no such model."""
        at = found.address_of(self._model)
        self.address = at + self._first if at >= 0 else -1
        self.confirmed = False
        self.pause_ms = 0
        return at >= 0

    def check(self, master: "Master", settled: bool) -> int:
        """Compare an answer to a read of the whole stretch with what was written: MATCH, DIFFERS ...

        settled: whether the setting has lasted long enough to be judged; the rest is judged always.
        """
        differs = settled and self._value_differs(master)
        if differs and self.confirmed:
            # What never matched was not taken; what matched and is now neither ours nor zero is somebody's.
            self.confirmed = False
            return OVERRIDDEN if self._value_set(master) else DIFFERS
        for i in range(len(self._held) - 1):
            word = self._held[i]
            if master.register(word) != self.words[word]:
                return LOST
        # A longer timer would keep a power that nobody renews any more.
        timer = self._held[-1]
        time_s = master.register(timer)
        self.held_s = max(self.held_s, time_s)
        if time_s != self.words[timer] and not 0 < time_s < self.words[timer]:
            return LOST
        if not settled:
            return UNSETTLED
        if differs:
            return CLAMPED if self._nearer(master) else DIFFERS
        self.confirmed = True
        return MATCH

    def put_s32(self, word: int, value: int) -> None:
        self.words[word] = (value >> 16) & 0xFFFF
        self.words[word + 1] = value & 0xFFFF

    def _nearer(self, master):
        """Return whether what is in place of our setting is of its sign and no larger."""
        at = self._value[0]
        if self._value[2]:
            ours = pdu.signed32(pdu.signed(self.words[at]), self.words[at + 1])
            return control.within(pdu.signed32(master.signed(at), master.register(at + 1)), ours)
        nearer = True
        for i in range(at, at + self._value[1]):
            nearer = nearer and control.within(master.signed(i), pdu.signed(self.words[i]))
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
