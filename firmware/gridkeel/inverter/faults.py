"""Active faults of the inverter and its line; the gravest is one code of errors.py."""

from gridkeel import errors
from gridkeel.inverter import SILENT, UNSUITED, control, jobs

# Conditions that are reported as they are found (Faults.set), a bit each.
NO_MAP = 1  # something answers, and it is none of the family
BROKEN = 2  # there is a map, and what is needed of it could not be read
NO_REACTIVE = 4
DAMAGED = 8  # frames

_COUNTER_MAX = 0xFFFF
POWER = 1
REACTIVE = 2
# Where the others begin among the bits of `active`: a bit for each side that is read back, and one for each job.
_DIFFERS = 4
_FOREIGN = 6
_REFUSED = 8
_CONDITIONS = 15
_CALM_MAX = 64  # readings, half a second each
_BUSY_MAX = 10  # answers "busy" to one job in a row before they count as a refusal


class Faults:
    """`active`: a bit for all that holds now; `overridden` counts how often another master's value was found."""

    def __init__(self) -> None:
        self.overridden = 0
        self.active = 0
        # Two a side: readings that matched in a row, and how many of them end the fault.
        self._calm = bytearray(2 * (REACTIVE + 1))
        self._busy = bytearray(jobs.COUNT)

    def set(self, condition: int, holds: bool) -> None:
        """Take whether a condition, or several at once, holds now."""
        if holds:
            self.active |= condition
        else:
            self.active &= ~condition

    def code(self, state: int, slow: bool) -> int:
        """Return the gravest fault that holds, or NO_FAULT.  slow: the inverter takes longer than its timeout."""
        if state == SILENT:
            return errors.INVERTER_SILENT
        if state == UNSUITED:
            return errors.INVERTER_UNSUITED
        active = self.active
        if not active:
            return errors.INVERTER_SLOW if slow else errors.NO_FAULT
        if active & NO_MAP:
            return errors.INVERTER_NOT_FOUND
        if active & BROKEN:
            return errors.INVERTER_MAP
        if active >> _FOREIGN & (POWER | REACTIVE):
            return errors.INVERTER_OVERRIDDEN
        if active >> _DIFFERS & (POWER | REACTIVE):
            return errors.INVERTER_READBACK
        if active >> _REFUSED:
            return errors.INVERTER_EXCEPTION
        if active & NO_REACTIVE:
            return errors.INVERTER_NO_REACTIVE
        return errors.INVERTER_SLOW if slow else errors.INVERTER_FRAME  # frames are damaged: nothing else is left

    def read_back(self, side: int, result: int) -> None:
        """Take what a reading of one side (POWER, REACTIVE) said: control.MATCH, DIFFERS ..."""
        if result == control.UNSETTLED:
            return
        calm = self._calm
        ends = REACTIVE + 1 + side
        if result == control.MATCH:
            calm[side] = min(calm[side] + 1, _CALM_MAX)
            if calm[side] >= calm[ends]:
                self.active &= ~(side << _FOREIGN | side << _DIFFERS)
            if calm[side] == _CALM_MAX:
                calm[ends] = 0
            return
        if not self.active & (side << _FOREIGN | side << _DIFFERS):
            # One that comes back has to stay away for longer: 1, 4, 16 ... readings.
            calm[ends] = min(4 * calm[ends], _CALM_MAX) or 1
        calm[side] = 0
        if result == control.OVERRIDDEN:
            self.active |= side << _FOREIGN
            self.overridden = min(self.overridden + 1, _COUNTER_MAX)
        else:
            self.active |= side << _DIFFERS

    def busy(self, job: int) -> bool:
        """Take a "busy"; return True while it is no more than that."""
        if self._busy[job] == _BUSY_MAX:
            return False
        self._busy[job] += 1
        return True

    def refuse(self, job: int) -> None:
        self.active |= 1 << _REFUSED + job

    def answer(self, job: int) -> None:
        self.active &= ~(1 << _REFUSED + job)
        self._busy[job] = 0

    def clear(self) -> None:
        """Forget what belonged to a map that is being discovered again."""
        self.active &= _CONDITIONS
