"""STM32H7: the mains by the input capture of a timer, peak detectors for the pilot, the host link on USB.

pyb.ADC.read_timed is paced by a timer and keeps the processor for the whole block, and no call starts the ADC's DMA, so
the mains are not sampled here: their zero crossings are stamped (capture_mains.py). The UARTs have no buffer to send
from and no DE: a frame on RS-485 holds the program up for its own length, so rates under BAUD_LEAST are refused, and
RS485_DE is NONE, with a transceiver of automatic direction. Beside what the protocol asks for, a table of this family
has MAINS_CAPTURE, CAPTURE_TIMER, CAPTURE_CHANNEL, PILOT_HIGH_ADC and PILOT_LOW_ADC.
"""

from array import array

import machine
import pyb
from machine import ADC, UART, Pin

from gridkeel import TYPE_CHECKING
from gridkeel.boards import chip
from gridkeel.boards.capture_mains import STAMPS, CaptureMains
from gridkeel.boards.chip import Chip, UartPort, readable, refuse
from gridkeel.boards.pilot import PeakInputs, PilotConnector
from gridkeel.boards.tables import NONE

if TYPE_CHECKING:
    from types import ModuleType

    from gridkeel.params import Parameters
    from gridkeel.protocols import Board, Buffer, WritableBuffer

BAUD_LEAST = 57600  # 16 octets in 3 ms


class UnbufferedPort(UartPort):
    """A UART of this port: its pins are fixed, and what is written has gone when `write` returns."""

    def open(self, baud: int, parity: int = NONE, stop: int = 1) -> None:
        """Open the line, or open it again at another rate; parity: NONE, 0 even, 1 odd."""
        self._uart = UART(
            self._number,
            baudrate=baud,
            bits=8,
            parity=None if parity == NONE else parity,
            stop=stop,
            rxbuf=self._size,
            timeout=0,
            timeout_char=0,
        )


class UsbPort:
    """The USB connector of the chip itself; Ctrl-C is an octet of a frame there, and no interrupt."""

    def __init__(self) -> None:
        self._usb = pyb.USB_VCP()
        self._usb.setinterrupt(-1)
        self.dropped = 0

    def write(self, data: "Buffer", n: int) -> None:
        self.dropped += n - (self._usb.write(data, n) or 0)

    async def readinto(self, data: "WritableBuffer") -> int:
        while True:
            n = self._usb.recv(data, timeout=0)
            if n:
                return n
            await readable(self._usb)


class Stm32Board(Chip):
    """A board with an STM32H7; see the module."""

    def __init__(self, table: "ModuleType") -> None:
        super().__init__(table)
        if table.RS485_DE != NONE:
            raise RuntimeError(
                "RS485_DE = %s: no UART of this port drives it with a frame; use a transceiver with automatic "
                "direction and RS485_DE = NONE, see docs/boards.md" % table.RS485_DE
            )
        self.mains = CaptureMains(table)
        self.edges_hz = self.mains.tick_hz
        self.connector = None
        if table.PILOT_PWM != NONE:
            peaks = PeakInputs(ADC(Pin(table.PILOT_HIGH_ADC)), ADC(Pin(table.PILOT_LOW_ADC)))
            self.connector = PilotConnector(table, peaks)

    def _set_clock(self, clock_hz):
        found = machine.freq()[0]  # type: ignore[index]  # a tuple on this port
        if found != clock_hz:
            raise RuntimeError("the processor runs at %d Hz, the table says %d: set CLOCK_HZ" % (found, clock_hz))

    def _rs485_port(self, table):
        return UnbufferedPort(table.RS485_UART, NONE, NONE, chip.RS485_BUFFER)

    def _console_port(self):
        return UsbPort()

    def check(self, parameters: "Parameters") -> None:
        """Refuse what this board cannot do.  Errors: ParameterError."""
        super().check(parameters)
        if parameters.modbus_baud < BAUD_LEAST:
            refuse("modbus_baud", "= %d: a frame under %d Bd holds the loop up" % (parameters.modbus_baud, BAUD_LEAST))

    def begin(self, parameters: "Parameters") -> None:
        """Take rates and times from the parameters."""
        super().begin(parameters)
        self.mains.begin(parameters.block_ms)

    def block_buffer(self, n: int) -> "array[int]":
        return array("i", [0] * STAMPS)


def make(table: "ModuleType") -> "Board":
    """Return the board of a table.  Whatever fails, the contactor's pin is low."""
    return chip.safely(Stm32Board, table)
