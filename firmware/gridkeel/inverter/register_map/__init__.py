"""Families whose registers are data: what a register map consists of, checked when its driver is made.

A map names one stretch of registers by which the device is known, the writes that make it take a power, and the reads
that report what it does. Each write and each read is one stretch; a row is a number in it:

    (HOLD, address, type, value)                                 written as it is and read back: a mode, an enabling
    (LIFETIME, address, type, ms a count, fewest, most counts)   the device's own timeout: takes reversion_s
    (SET_POINT, address, type, numerator, denominator, sign, least W, most W)
    (HEARTBEAT, address, type, ms, first, last)                  counts from first to last, again within so many ms

Numerator by denominator is what one count stands for, in W. A LIFETIME in a step is restarted by each setting, one in
the setting travels with it. A HEARTBEAT is a step of its own. Without either a power would hold for ever: such a map
is rejected, and so is one with two reads of one length, since a late answer is told apart by its length alone.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ProtocolError

if TYPE_CHECKING:
    Row = tuple[int, ...]
    Stretch = tuple[Row, ...]
    Reading = tuple[int, ...] | None

U16 = 0  # an odd type is signed
S16 = 1
U32 = 2  # the high register first
S32 = 3
U32_LOW_FIRST = 4
S32_LOW_FIRST = 5

HOLD = 0
LIFETIME = 1
SET_POINT = 2
HEARTBEAT = 3

INTO = 1  # counts power into the vehicle (charging) as positive
OUT = -1

LEAST_LIFE_MS = 2000  # a line of 9600 Bd has a poll and a refresh in it, twice
_WRITE_MAX = 8  # registers: a request is 25 bytes at most


class RegisterMap:
    """One family's registers.  Errors: ProtocolError where they cannot be driven safely.

    identity: (address, registers, ((place, mask, value), ...)): read twice, the second time with one register more,
    and kept as the serial number's text.
    steps: the writes before the first setting, in their order; setting: the write of a power.
    power, soc, state: (address, registers, type, numerator, denominator, sign) in W and 0.01 %, the state unscaled.
    None where the device has none: power that is not known is taken for the worst case.
    """

    def __init__(
        self,
        maker: str,
        model: str,
        identity: "tuple[int, int, tuple[tuple[int, int, int], ...]]",
        steps: "tuple[Stretch, ...]",
        setting: "Stretch",
        power: "Reading",
        soc: "Reading",
        state: "Reading",
    ) -> None:
        self.maker = maker
        self.model = model
        self.identity = identity
        self.steps = steps
        self.setting = setting
        self.power = power
        self.soc = soc
        self.state = state
        self.heartbeat = bool(steps) and steps[-1][0][0] == HEARTBEAT
        self._check_lifetime()
        self._check_stretches()

    def rows(self, what: int) -> "list[Row]":
        """Return the rows of one kind, in the order they are written in."""
        return [row for stretch in self.steps + (self.setting,) for row in stretch if row[0] == what]

    def _check_lifetime(self) -> None:
        beats = self.rows(HEARTBEAT)
        if not beats and not self.rows(LIFETIME):
            self._refuse("nothing ends a power that is not renewed: neither LIFETIME nor HEARTBEAT")
        if len(beats) > 1 or bool(beats) != self.heartbeat or self.heartbeat and len(self.steps[-1]) > 1:
            self._refuse("a HEARTBEAT is one row, alone in the last step")
        if beats and beats[0][3] < LEAST_LIFE_MS:
            self._refuse("a heartbeat of %d ms is too short for a line like this" % beats[0][3])
        if not self.rows(SET_POINT) or [row for stretch in self.steps for row in stretch if row[0] == SET_POINT]:
            self._refuse("a SET_POINT belongs into the setting")

    def _check_stretches(self) -> None:
        lengths = [self.identity[1], self.identity[1] + 1]
        for stretch in self.steps + (self.setting,):
            at = stretch[0][1]
            for row in stretch:
                if row[1] != at:
                    self._refuse("register 0x%04x does not follow on the one before" % row[1])
                at += registers(row[2])
            if at - stretch[0][1] > _WRITE_MAX:
                self._refuse("a write of %d registers, %d at most" % (at - stretch[0][1], _WRITE_MAX))
            if stretch[0][0] != HEARTBEAT:
                lengths.append(at - stretch[0][1])
        for reading in (self.power, self.soc, self.state):
            if reading is not None:
                lengths.append(reading[1])
        if len(set(lengths)) < len(lengths):
            self._refuse("two reads of one length: %s" % lengths)

    def _refuse(self, why: str) -> None:
        raise ProtocolError("register map of %s %s: %s" % (self.maker, self.model, why))


def registers(kind: int) -> int:
    """Return the registers of a type."""
    return 1 if kind <= S16 else 2
