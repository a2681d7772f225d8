"""Registers held in an inverter: what was written to them, when they are written again, what a reading may say."""

from array import array

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Stretches
    from gridkeel.inverter.modbus.rtu import Master

MATCH = 0
DIFFERS = 1  # the setting, to a value that is no nearer to zero
OVERRIDDEN = 2
UNSETTLED = 3  # nothing differs, but the setting is too young to be judged
LOST = 4  # mode, reversion or timer
CLAMPED = 5  # all is held but the setting, in whose place is one of its sign and nearer to zero

_PAUSE_MS = 500
_PAUSE_MAX_MS = 32000
_QUIET_MS = 5000  # a difference that comes so long after its pause is a new one


class Control:
    """Held registers, common part; a kind fills `words`, and says in `check` what reading them back means.

    setting: the stretch of `words` that is written for a power.  steps: those written once before driving; the last of
    them restarts the reversion timer (`renewing`, the step a refresh begins with; the number of steps where writing the
    setting alone does it).
    life_s: how long a setting lives without a refresh, as was written.  held_s: the longest time seen in the timer
    since it was written, as some show the time left.  pause_ms: the time to the next attempt where a reading differs, 0
    while none did.  confirmed: a reading has shown the setting; who writes another one takes that back.
    """

    def __init__(self, count: int, setting: tuple[int, ...], steps: "Stretches") -> None:
        self.address = -1
        self.count = count
        self.words = array("H", [0] * count)
        self.steps = len(steps)
        self.renewing = self.steps - 1
        self.life_s = 0
        self.held_s = 0
        self.pause_ms = 0
        self.commanded_w = 0
        self._setting = setting
        self._steps = steps
        self.confirmed = False
        self._last_ms = 0

    def forget(self) -> None:
        """Another setting is about to be written: no reading has shown it."""
        self.confirmed = False

    def renew(self) -> None:
        """The timer was written: what it shows counts from now on."""
        self.held_s = 0

    def write_setting(self, master: "Master", out: bytearray, now_ms: int) -> int:
        return self._write(master, out, self._setting, now_ms)

    def write_step(self, master: "Master", out: bytearray, step: int, now_ms: int) -> int:
        return self._write(master, out, self._steps[step], now_ms)

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

    def _write(self, master: "Master", out: bytearray, stretch: tuple[int, ...], now_ms: int) -> int:
        first = stretch[0]
        return master.write(out, self.address + first, self.words, first, stretch[1], now_ms)


def within(held: int, ours: int) -> bool:
    """Say whether what is held is of our sign and no larger."""
    return 0 <= held <= ours or ours <= held <= 0
