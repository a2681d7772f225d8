"""The registers of an inverter that we hold: what was written to them, and what a reading says about it."""

from array import array

MATCH = 0
DIFFERS = 1
OVERRIDDEN = 2
UNSETTLED = 3  # nothing differs, but the setting is too young to say so of it


class Control:
    """A stretch of a control model's registers; a family fills `words` and says which of them are written together.

    steps: (first word, count) of what is written once before driving; the last of them renews the reversion timer.
    setting: the same for the power setting.  value: the same for its number, which another master would change.
    held: the words compared with a reading.
    """

    def __init__(self, model, first, count, setting, value, steps, held):
        self.model = model
        self.address = -1
        self.count = count
        self.words = array("H", [0] * count)
        self.steps = len(steps)
        self.commanded_w = 0
        self._first = first
        self._setting = setting
        self._value = value
        self._steps = steps
        self._held = held
        self._confirmed = False

    def place(self, found):
        """Take the model's address from a discovery; return False where the device has no such model."""
        at = found.address_of(self.model)
        self.address = at + self._first if at >= 0 else -1
        self._confirmed = False
        return at >= 0

    def forget(self):
        """Another value is about to be written: no reading has shown it yet."""
        self._confirmed = False

    def write_setting(self, master, out, now_ms):
        return self._write(master, out, self._setting, now_ms)

    def write_step(self, master, out, step, now_ms):
        return self._write(master, out, self._steps[step], now_ms)

    def check(self, master, settled):
        """Compare an answer to a read of the whole stretch with what was written: MATCH, DIFFERS ...

        settled: whether the setting has stood long enough to be judged; the rest is judged always.
        """
        if settled and self._value_differs(master):
            # What never matched was not taken; what matched and is now neither ours nor zero is somebody's.
            return OVERRIDDEN if self._confirmed and self._value_set(master) else DIFFERS
        for i in range(len(self._held)):
            word = self._held[i]
            if not self._is_value(word) and master.register(word) != self.words[word]:
                return DIFFERS
        if settled:
            self._confirmed = True
        return MATCH if settled else UNSETTLED

    def put_s16(self, word, value):
        self.words[word] = value & 0xFFFF

    def put_s32(self, word, value):
        self.words[word] = (value >> 16) & 0xFFFF
        self.words[word + 1] = value & 0xFFFF

    def _write(self, master, out, stretch, now_ms):
        first = stretch[0]
        return master.write(out, self.address + first, self.words, first, stretch[1], now_ms)

    def _is_value(self, word):
        return self._value[0] <= word < self._value[0] + self._value[1]

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
