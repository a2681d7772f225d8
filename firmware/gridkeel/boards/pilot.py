"""The connector of an AC charger on a chip: pilot by PWM and ADC, contactor feedback, RCD."""

from array import array

from machine import ADC, PWM, Pin

from gridkeel import TYPE_CHECKING
from gridkeel.boards.chip import output
from gridkeel.evse import ports

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Protocol

    class PilotLevels(Protocol):
        """What measures the pilot."""

        def pilot_counts(self) -> "array[int]":
            """Return counts of 12 bits of the high and the low plateau."""


PILOT_HZ = 1000


class PilotConnector:
    """What `Board.connector` is; levels: what measures the pilot."""

    def __init__(self, table: "ModuleType", levels: "PilotLevels") -> None:
        self._measured = levels
        self._low_mv = table.PILOT_LOW_MV
        self._span_mv = table.PILOT_SPAN_MV
        self._enable = output(table.PILOT_ENABLE)
        self._pwm = PWM(output(table.PILOT_PWM), freq=PILOT_HZ, duty_u16=0)
        self._feedback = Pin(table.FEEDBACK, Pin.IN, Pin.PULL_UP)
        self._rcd = Pin(table.RCD, Pin.IN, Pin.PULL_UP)
        self._duty = 0

    def read(self, levels: "array[int]") -> None:
        """Fill levels with the plateaus of the last block and the contacts of this moment."""
        counts = self._measured.pilot_counts()
        levels[ports.HIGH_MV] = self._low_mv + (counts[0] * self._span_mv >> 12)
        levels[ports.LOW_MV] = self._low_mv + (counts[1] * self._span_mv >> 12)
        levels[ports.CLOSED] = 1 - self._feedback.value()
        levels[ports.RCD] = self._rcd.value()

    def write(self, orders: "array[int]") -> None:
        """Drive the pilot; without an enable pin no drive is -12 V."""
        duty = orders[ports.DUTY_PERMILLE]
        if duty == self._duty:
            return
        self._duty = duty
        off = duty == ports.PILOT_OFF
        self._pwm.duty_u16(0 if off else duty * 65535 // 1000)
        if self._enable is not None:
            self._enable.value(not off)


class PeakInputs:
    """The pilot behind two peak detectors, for chips that cannot read an ADC at the PWM's rate.

    high, low: inputs that hold the highest and the lowest level of the last milliseconds, divided as the table says.
    Allocates: nothing after construction.
    """

    def __init__(self, high: ADC, low: ADC) -> None:
        self._high = high
        self._low = low
        self._counts = array("i", [0, 0])

    def pilot_counts(self) -> "array[int]":
        self._counts[0] = self._high.read_u16() >> 4
        self._counts[1] = self._low.read_u16() >> 4
        return self._counts
