"""RP2040 and RP2350: the ADC runs freely into a ring by DMA, mains and pilot in turn; a PIO drives DE.

Each sample of the mains is four readings of the ADC. The pilot is read in between, at the same rate: the levels of a
block are the plateaus among those readings (twins.py `plateaus`). Beside what the protocol asks for, a table of this
family has MAINS_ADC and PILOT_ADC (pins), ADC_BASE and ADC_DREQ.

rp2.DMA and machine.ADC have no call for a free-running ADC: its registers are written by machine.mem32, as chapter 4.9
of the RP2040's data sheet and 12.4 of the RP2350's describe them.
"""

import asyncio
import time
from array import array

from machine import ADC, Pin, mem32
from rp2 import DMA
from uctypes import addressof

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.boards import chip, rp2_direction
from gridkeel.boards.chip import Chip, refuse
from gridkeel.boards.pilot import PILOT_HZ, PilotConnector
from gridkeel.boards.sample_ring import OVERSAMPLED, RingReader, blocks_held
from gridkeel.boards.tables import NONE

if TYPE_CHECKING:
    from types import ModuleType

    from gridkeel.params import Parameters
    from gridkeel.protocols import Board

try:
    from gridkeel.boards.kernels import mix_down, plateaus
except (ImportError, SyntaxError, AttributeError):  # a port without the viper emitter
    from gridkeel.boards.twins import mix_down, plateaus

ADC_HZ = 48000000
PHASES_LEAST = 48  # readings at so many places of a PWM period: one of 5 % then has two that are no edge

_ADC_PIN = 26  # the pin of the converter's first input
_CS = 0x00
_FCS = 0x08
_FIFO = 0x0C
_DIV = 0x10
_CS_EN = 1
_CS_START_MANY = 1 << 3
_FCS_EN = 1
_FCS_OVER = 1 << 11
_FCS_CLEAR = 3 << 10  # overflow and underflow, by writing ones
_FCS_RUN = 1 | 1 << 3 | 1 << 24  # FIFO on, DMA asked for from one reading on
_DIV_STEPS = 256
_WRITE_TRIGGER = 11  # register of a DMA channel: its write address, and go


class AdcRing:
    """Blocks of mains samples, and the pilot's readings of the same time, from the ADC by DMA."""

    count = 0

    def __init__(self, table: "ModuleType") -> None:
        self._table = table
        self._stride = 1 if table.PILOT_PWM == NONE else 2
        self._pins = [ADC(Pin(table.MAINS_ADC))]  # kept: the call sets up pad and converter
        if self._stride == 2:
            self._pins.append(ADC(Pin(table.PILOT_ADC)))
        # Integers over 2**30 are objects: made once, so that no poll makes one.
        self._control = table.ADC_BASE + _CS
        self._fifo_control = table.ADC_BASE + _FCS
        self._fifo = table.ADC_BASE + _FIFO
        self._divider = table.ADC_BASE + _DIV
        self._fill = DMA()
        self._again = DMA()
        self._rate = 0
        self._readings = 0  # of a block
        self._blocks = 0
        self._ring: array | None = None
        self._start = array("I", [0])  # the ring's address, where the second channel reads it
        self._reader: RingReader | None = None
        self._read_from = 0
        self._levels = array("i", [0, 0])

    def begin(self, sample_hz: int, block_ms: int) -> None:
        """Make the ring for blocks of that length; the ADC starts with the first block that is asked for."""
        self._rate = sample_hz * OVERSAMPLED * self._stride
        self._readings = self._rate * block_ms // 1000
        self._blocks = blocks_held(block_ms)
        self._ring = array("H", [0] * (self._readings * self._blocks))
        self._block_us = block_ms * 1000

    async def next_block(self, block: "array[int]") -> int:
        """Wait until block holds the next samples; return how many blocks were lost before it."""
        if self._reader is None:
            self._run()
        reader = self._reader
        if self._filling() != reader.at:
            await asyncio.sleep_ms(0)  # a block waits already: between two of these, others have their turn
        while True:
            left = self._fill.count
            lost = reader.lost(self._filling(), _now_us())
            if lost >= 0:
                break
            if mem32[self._fifo_control] & _FCS_OVER:  # a reading was dropped, so mains and pilot have changed places
                self._run()
                reader = self._reader
            await asyncio.sleep_ms((left - 1) % self._readings * 1000 // self._rate + 1)
        self._read_from = reader.at * self._readings
        mix_down(self._ring, self._read_from, len(block), self._stride, block)
        reader.done(_now_us())
        return lost

    def pilot_counts(self) -> "array[int]":
        """Return counts of the high and the low plateau in the block that was handed out last."""
        if self._reader is not None:
            plateaus(self._ring, self._read_from + 1, self._readings // 2, 2, self._levels)
        return self._levels

    def _filling(self):
        """Return the block that is being filled."""
        return (len(self._ring) - self._fill.count) // self._readings % self._blocks

    def _run(self):
        """Start the converter with the first reading of the mains at the ring's begin."""
        table = self._table
        mains = table.MAINS_ADC - _ADC_PIN
        mem32[self._control] = _CS_EN
        self._fill.active(False)
        self._again.active(False)
        mem32[self._fifo_control] = _FCS_EN | _FCS_CLEAR
        while mem32[self._fifo_control] >> 16 & 15:
            mem32[self._fifo]
        mem32[self._divider] = ADC_HZ * _DIV_STEPS // self._rate - _DIV_STEPS
        self._start[0] = addressof(self._ring)
        # At the ring's end the first channel starts the second, which writes the ring's begin into the first and so
        # starts it again: it runs on however long the program is kept away.
        again = self._again
        again.config(
            read=self._start,
            write=self._fill.registers[_WRITE_TRIGGER:],
            count=1,
            ctrl=again.pack_ctrl(inc_read=False, inc_write=False),
        )
        self._fill.config(
            read=self._fifo,
            write=self._ring,
            count=len(self._ring),
            ctrl=self._fill.pack_ctrl(
                size=1, inc_read=False, chain_to=again.channel, treq_sel=table.ADC_DREQ, high_pri=True
            ),
            trigger=True,
        )
        both = 1 << mains
        if self._stride == 2:
            both |= 1 << table.PILOT_ADC - _ADC_PIN
        mem32[self._fifo_control] = _FCS_RUN
        mem32[self._control] = both << 16 | mains << 12 | _CS_EN
        mem32[self._control] = both << 16 | mains << 12 | _CS_START_MANY | _CS_EN
        self._reader = RingReader(self._block_us, self._blocks, _now_us())


def _now_us():
    return time.ticks_us() & ticks.MASK


class Rp2Board(Chip):
    """A board with an RP2040 or an RP2350; see the module."""

    def __init__(self, table: "ModuleType") -> None:
        super().__init__(table)
        self._direction = rp2_direction.Direction(table.RS485_TX, table.RS485_DE)
        self.mains = AdcRing(table)
        self.connector = None if table.PILOT_PWM == NONE else PilotConnector(table, self.mains)

    def check(self, parameters: "Parameters") -> None:
        """Refuse what this board cannot do.  Errors: ParameterError."""
        super().check(parameters)
        if self.connector is not None:
            rate = parameters.sample_hz * OVERSAMPLED
            places = rate // _common(rate, PILOT_HZ)
            if places < PHASES_LEAST:
                refuse("sample_hz", "= %d reads the pilot at %d places of its period alone" % (rate // 4, places))

    def begin(self, parameters: "Parameters") -> None:
        """Take rates and times from the parameters."""
        super().begin(parameters)
        self._direction.begin(parameters.modbus_baud)
        self.mains.begin(parameters.sample_hz, parameters.block_ms)


def _common(a, b):
    while b:
        a, b = b, a % b
    return a


def make(table: "ModuleType") -> "Board":
    """Return the board of a table.  Whatever fails, the contactor's pin is low."""
    return chip.safely(Rp2Board, table)
