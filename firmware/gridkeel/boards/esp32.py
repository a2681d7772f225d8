"""ESP32-S3: an I2S converter for the mains, peak detectors for the pilot, transceivers that find their direction.

MicroPython's ADC here is read by the program alone, each time when the program comes round to it: samples taken so
would jitter by more than a millisecond, and no estimate of a frequency stands that. So there is no way to the mains
through it; MAINS of a table says "i2s" (i2s_mains.py), and anything else is refused at start. The UART has no DE that
follows a frame: RS485_DE is NONE, and the transceiver one with automatic direction. Beside what the protocol asks for,
a table of this family has MAINS, I2S_* (bus and pins), PILOT_HIGH_ADC and PILOT_LOW_ADC.
"""

from machine import ADC, Pin

from gridkeel import TYPE_CHECKING
from gridkeel.boards import chip
from gridkeel.boards.chip import Chip
from gridkeel.boards.i2s_mains import I2sMains
from gridkeel.boards.pilot import PeakInputs, PilotConnector
from gridkeel.boards.tables import NONE

if TYPE_CHECKING:
    from types import ModuleType

    from gridkeel.params import Parameters
    from gridkeel.protocols import Board


class Esp32Board(Chip):
    """A board with an ESP32-S3; see the module."""

    def __init__(self, table: "ModuleType") -> None:
        super().__init__(table)
        if table.MAINS != "i2s":
            raise RuntimeError(
                "MAINS = %r: this chip's ADC cannot be paced by hardware from MicroPython; a converter on I2S can, see "
                "docs/porting.md" % table.MAINS
            )
        if table.RS485_DE != NONE:
            raise RuntimeError(
                "RS485_DE = %d: no UART of this port drives it with a frame; use a transceiver with automatic "
                "direction and RS485_DE = NONE, see docs/porting.md" % table.RS485_DE
            )
        self.mains = I2sMains(table)
        self.connector = None
        if table.PILOT_PWM != NONE:
            high = ADC(Pin(table.PILOT_HIGH_ADC), atten=ADC.ATTN_11DB)
            low = ADC(Pin(table.PILOT_LOW_ADC), atten=ADC.ATTN_11DB)
            self.connector = PilotConnector(table, PeakInputs(high, low))

    def begin(self, parameters: "Parameters") -> None:
        """Take rates and times from the parameters."""
        super().begin(parameters)
        self.mains.begin(parameters.sample_hz, parameters.block_ms)


def make(table: "ModuleType") -> "Board":
    """Return the board of a table.  Whatever fails, the contactor's pin is low."""
    return chip.safely(Esp32Board, table)
