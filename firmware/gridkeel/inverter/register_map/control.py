"""The writes of a register map, and what reading them back says: one stretch a reading, the setting in between."""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import control
from gridkeel.inverter.control import CLAMPED, DIFFERS, LOST, MATCH, OVERRIDDEN, UNSETTLED
from gridkeel.inverter.register_map import HEARTBEAT, HOLD, LIFETIME, SET_POINT, numbers, registers

if TYPE_CHECKING:
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.inverter.register_map import RegisterMap, Stretch

_MS = 1000


class MapControl(control.Control):
    """A control.Control whose stretches lie anywhere.

    A reading of the setting is a MATCH where every other stretch was seen to be held since it was written last.
    """

    def __init__(self, register_map: "RegisterMap") -> None:
        stretches = register_map.steps + (register_map.setting,)
        places = []
        count = 0
        for stretch in stretches:
            size = sum([registers(row[2]) for row in stretch])
            places.append((stretch[0][1], count, size))
            count += size
        control.Control.__init__(self, count, places[-1], places[:-1])
        self._stretches = stretches
        self._places = places
        self._heartbeat = register_map.heartbeat
        self._beat = register_map.rows(HEARTBEAT)[0] if self._heartbeat else None
        self._beats = 0
        self._reversion_s = 0
        self._asked_w = 0
        # Writing the setting restarts a LIFETIME.
        self.renewing = self.steps - 1 if self._heartbeat else self.steps
        self._read_back = self.steps - 1 if self._heartbeat else self.steps  # stretches before the setting that are
        self._turn = 0
        self._other = 0  # the stretch whose turn it is when all were seen
        self._seen = 0  # a bit for each stretch before the setting
        self._fill()

    def suits(self, reversion_s: int) -> bool:
        """Say whether the device ends a power within reversion_s."""
        for stretch in self._stretches:
            for row in stretch:
                if row[0] == LIFETIME and reversion_s * _MS // row[3] < row[4]:
                    return False
        return not self._heartbeat or self._beat[3] <= reversion_s * _MS

    def begin(self) -> None:
        """Begin with a device that was just found."""
        self.confirmed = False
        self.pause_ms = self._seen = 0
        self._turn_to(0)

    def set_reversion(self, reversion_s: int) -> None:
        self._reversion_s = reversion_s
        self.life_s = reversion_s
        for i in range(len(self._stretches)):
            at = self._places[i][1]
            for row in self._stretches[i]:
                if row[0] == LIFETIME:
                    raw = min(reversion_s * _MS // row[3], row[5])
                    numbers.put(self.words, at, row[2], raw)
                    self.life_s = min(self.life_s, raw * row[3] // _MS)
                at += registers(row[2])
        if self._heartbeat:
            self.life_s = min(self.life_s, self._beat[3] // _MS)

    def encode(self, power_w: int) -> None:
        """Put a power into the setting, scaled toward zero and within its limits."""
        at = self._setting[1]
        for row in self._stretches[-1]:
            if row[0] == SET_POINT:
                raw = numbers.counts(max(row[6], min(power_w, row[7])), row[3], row[4], row[5])
                numbers.put(self.words, at, row[2], raw)
                asked_w = numbers.scaled(raw, row[3], row[4], row[5])
                if asked_w != self._asked_w:  # else it is what the device was seen to make of it
                    self.commanded_w = self._asked_w = asked_w
            at += registers(row[2])

    def write_step(self, master: "Master", out: bytearray, step: int, now_ms: int) -> int:
        self._seen &= ~(1 << step)
        if self._heartbeat and step == self.steps - 1:
            first, last = self._beat[4], self._beat[5]
            numbers.put(self.words, self._places[step][1], self._beat[2], first + self._beats)
            self._beats = (self._beats + 1) % (last - first + 1)
        return control.Control.write_step(self, master, out, step, now_ms)

    def check(self, master: "Master", settled: bool) -> int:
        turn = self._turn
        stretch = self._stretches[turn]
        held = self._holds(master, stretch)
        if turn < self.steps:
            self._seen = self._seen | 1 << turn if held else self._seen & ~(1 << turn)
            self._turn_to(self._unseen() if held and self._unseen() >= 0 else self.steps)
            return UNSETTLED if held else LOST
        self._turn_to(self._unseen() if self._unseen() >= 0 else self._other)
        differs = settled and self._setting_differs(master, stretch)
        if differs and self.confirmed:
            # What never matched was not taken; what matched and is now neither ours nor zero is somebody's.
            self.confirmed = False
            return OVERRIDDEN if self._held_w(master, stretch) else DIFFERS
        if not held:
            return LOST
        if not settled:
            return UNSETTLED
        if differs:
            return CLAMPED if self._setting_nearer(master, stretch) else DIFFERS
        self.confirmed = True
        self.commanded_w = self._asked_w
        if self._heartbeat and self._beat[3] > self._reversion_s * _MS:
            return LOST
        self.held_s = self.held_s or self.life_s
        return MATCH if self._unseen() < 0 else UNSETTLED

    def accept(self, master: "Master") -> None:
        """Count with what the inverter holds in place of our setting."""
        self.commanded_w = self._held_w(master, self._stretches[-1])

    def _fill(self) -> None:
        for i in range(len(self._stretches)):
            at = self._places[i][1]
            for row in self._stretches[i]:
                if row[0] == HOLD:
                    numbers.put(self.words, at, row[2], row[3])
                at += registers(row[2])

    def _unseen(self) -> int:
        """Return the first stretch that was not seen to be held since it was written, -1 where all were."""
        for i in range(self._read_back):
            if not self._seen >> i & 1:
                return i
        return -1

    def _turn_to(self, turn: int) -> None:
        """Make a stretch the one that is read back next."""
        self._turn = turn if turn < self._read_back else self.steps
        if turn == self._other:
            self._other = (turn + 1) % max(self._read_back, 1)
        self.address = self._places[self._turn][0]
        self.count = self._places[self._turn][2]

    def _write(self, master: "Master", out: bytearray, stretch: tuple[int, ...], now_ms: int) -> int:
        return master.write(out, stretch[0], self.words, stretch[1], stretch[2], now_ms)

    def _holds(self, master: "Master", stretch: "Stretch") -> bool:
        """Return whether what is held in a stretch is ours, and a lifetime no longer than ours."""
        at = 0
        for row in stretch:
            value = numbers.read(master, at, row[2])
            if row[0] == HOLD and value != row[3]:
                return False
            if row[0] == LIFETIME:
                if not 0 < value <= min(self._reversion_s * _MS // row[3], row[5]):
                    return False
                self.held_s = max(self.held_s, value * row[3] // _MS)
            at += registers(row[2])
        return True

    def _setting_differs(self, master: "Master", stretch: "Stretch") -> bool:
        at = 0
        first = self._setting[1]
        differs = False
        for row in stretch:
            if row[0] == SET_POINT:
                for i in range(at, at + registers(row[2])):
                    differs = differs or master.register(i) != self.words[first + i]
            at += registers(row[2])
        return differs

    def _setting_nearer(self, master: "Master", stretch: "Stretch") -> bool:
        """Return whether all that is in place of our setting is of its sign and no larger."""
        at = 0
        nearer = True
        for row in stretch:
            if row[0] == SET_POINT:
                held_w = numbers.scaled(numbers.read(master, at, row[2]), row[3], row[4], row[5])
                nearer = nearer and control.within(held_w, self._asked_w)
            at += registers(row[2])
        return nearer

    def _held_w(self, master: "Master", stretch: "Stretch") -> int:
        """Return the power that is held, the largest where several set-points differ."""
        at = 0
        most_w = 0
        for row in stretch:
            if row[0] == SET_POINT:
                held_w = numbers.scaled(numbers.read(master, at, row[2]), row[3], row[4], row[5])
                most_w = held_w if abs(held_w) > abs(most_w) else most_w
            at += registers(row[2])
        return most_w
