"""What the boards of every chip family share: contactor, identity, clock, serial lines, watchdog, limits of parameters.

A family file (rp2.py, esp32.py, stm32.py) subclasses `Chip` and adds the source of samples and the connector; a table
(boards/tables) says the pins. Whatever fails while a board is made leaves the contactor's pin low.
"""

import asyncio
import binascii
import os
import time
from array import array

import machine
from machine import UART, WDT, Pin

from gridkeel import TYPE_CHECKING, evse, params, ticks
from gridkeel.boards.flash import Flash
from gridkeel.boards.tables import NONE
from gridkeel.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import ModuleType
    from typing import BinaryIO

    from gridkeel.params import Parameters
    from gridkeel.protocols import Board, Buffer, BytePort, WritableBuffer

ID_FILE = "device_id"  # written by provisioning; without it a board goes by its chip's number
_ID_BYTES = 64
RS485_BUFFER = 512  # two of the longest Modbus frames
HOST_BUFFER = 2048


class UartPort:
    """A UART that nobody waits for; what does not fit its buffers of `size` bytes is dropped, as on an open line."""

    def __init__(self, uart: int, tx: int, rx: int, size: int) -> None:
        self._number = uart
        self._tx = tx
        self._rx = rx
        self._size = size
        self._uart: UART = None
        self.dropped = 0

    def open(self, baud: int, parity: int = NONE, stop: int = 1) -> None:
        """Open the line, or open it again at another rate; parity: NONE, 0 even, 1 odd."""
        self._uart = UART(
            self._number,
            baudrate=baud,
            bits=8,
            parity=None if parity == NONE else parity,
            stop=stop,
            tx=Pin(self._tx),
            rx=Pin(self._rx),
            txbuf=self._size,
            rxbuf=self._size,
            timeout=0,
            timeout_char=0,
        )

    def write(self, data: "Buffer", n: int) -> None:
        self.dropped += n - (self._uart.write(data, n) or 0)

    async def readinto(self, data: "WritableBuffer") -> int:
        while True:
            waiting = self._uart.any()
            if waiting:
                # Asked for more than there is, a UART would wait for it.
                n = self._uart.readinto(data, min(waiting, len(data)))
                if n:
                    return n
            await readable(self._uart)


def readable(port: "UART | BinaryIO") -> "Generator[None, None, None]":
    """Wait until a port has something to read."""
    yield asyncio.core._io_queue.queue_read(port)


class Chip(Flash):
    """A board of some chip, all but its samples and its connector; see the module.

    table: its pin table.  energise(True) alone drives the contactor's pin high.
    """

    def __init__(self, table: "ModuleType") -> None:
        self._contactor = Pin(table.CONTACTOR, Pin.OUT, value=0)  # before anything that can fail
        self.table = table
        self.model = table.NAME.encode()
        self.chip = table.CHIP.lower().replace("-", "").encode()
        if not Pin(table.SERVICE, Pin.IN, Pin.PULL_UP).value():
            raise RuntimeError("pin %s (SERVICE) is held to ground: not started, the console is yours" % table.SERVICE)
        self.clock_hz = table.CLOCK_HZ
        self.edges_hz = 0  # the mains are sampled
        self.has_vehicle_network = False  # no family here has a network on which vehicles come
        self.slice_ms = 0  # work takes its own time
        self.probes_heap = False
        self._set_clock(table.CLOCK_HZ)
        super().__init__(self._identity())
        self.boot_id = int.from_bytes(self.random(4), "little")
        self.rs485: UartPort = self._rs485_port(table)
        if table.HOST_UART == NONE:
            self.host: BytePort = self._console_port()
        else:
            self.host = uart = UartPort(table.HOST_UART, table.HOST_TX, table.HOST_RX, HOST_BUFFER)
            uart.open(table.HOST_BAUD)
        self._watchdog: WDT | None = None
        self._watchdog_ms = table.WATCHDOG_MAX_MS

    def _set_clock(self, clock_hz):
        if machine.freq() != clock_hz:
            machine.freq(clock_hz)

    def _rs485_port(self, table):
        return UartPort(table.RS485_UART, table.RS485_TX, table.RS485_RX, RS485_BUFFER)

    def _console_port(self):
        from gridkeel.boards.console_port import ConsolePort

        return ConsolePort()

    def _identity(self):
        given = self.load(ID_FILE, _ID_BYTES)
        return given.strip() if given else binascii.hexlify(machine.unique_id())

    def check(self, parameters: "Parameters") -> None:
        """Refuse what this board cannot do.  Errors: ParameterError."""
        table = self.table
        if parameters.watchdog_ms > table.WATCHDOG_MAX_MS:
            refuse("watchdog_ms", "= %d is over the chip's %d" % (parameters.watchdog_ms, table.WATCHDOG_MAX_MS))
        if parameters.evse == evse.ISO15118:
            refuse("evse", "= 2 (ISO 15118) needs a network for vehicles, and %s has none" % table.NAME)
        if parameters.evse and parameters.connector:
            refuse("connector", "= 1 (DC) needs a DC side, and %s has none" % table.NAME)

    def begin(self, parameters: "Parameters") -> None:
        """Open the inverter's line and set the sample rate and the watchdog's patience: the parameters are known."""
        table = self.table
        self.rs485.open(parameters.modbus_baud, table.RS485_PARITY, table.RS485_STOP)
        self._watchdog_ms = parameters.watchdog_ms

    def block_buffer(self, n: int) -> "array[int]":
        return array("h", [0] * n)

    def ticks_ms(self) -> int:
        return time.ticks_ms() & ticks.MASK

    def ticks_us(self) -> int:
        return time.ticks_us() & ticks.MASK

    def energise(self, on: bool) -> None:
        """Drive the contactor's pin."""
        self._contactor.value(1 if on else 0)

    def feed_watchdog(self) -> None:
        """Feed the hardware watchdog, which the first call starts: from then on a program that hangs is reset."""
        if self._watchdog is None:
            self._watchdog = WDT(timeout=self._watchdog_ms)
        self._watchdog.feed()

    def vehicle_network(self, pki: object, plain: bool, secured: bool) -> None:
        """There is none."""

    def random(self, n: int) -> bytes:
        """Return n bytes of os.urandom; the table's ENTROPY says what that draws from."""
        return os.urandom(n)


def safely(board: "Callable[[ModuleType], Board]", table: "ModuleType") -> "Board":
    """Return board(table); where that raises, contactor and pilot are low before anybody hears of it."""
    try:
        return board(table)
    except BaseException:
        output(table.CONTACTOR)
        output(table.PILOT_PWM)
        raise


def refuse(name: str, why: str) -> None:
    """Raise ParameterError for a parameter that this board cannot follow."""
    raise ParameterError(name + " " + why, params.AT_ODDS << 8 | params.index(name))


def output(pin: int) -> "Pin | None":
    """Return an output that is low from its first moment on, None for NONE."""
    return None if pin == NONE else Pin(pin, Pin.OUT, value=0)
