"""Mains samples from an external converter on I2S: the bus paces it and DMA carries it, whatever the program does.

For chips whose own ADC cannot be paced by hardware from MicroPython. The converter sends the mains on the left channel
(I2S.STEREO, 16 bits), DC-coupled or with a high pass well under 1 Hz, at OVERSAMPLED times sample_hz.
"""

import asyncio
import time
from array import array

from machine import I2S, Pin

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.boards.flash import bytes_of
from gridkeel.boards.sample_ring import OVERSAMPLED, blocks_held

if TYPE_CHECKING:
    from types import ModuleType

try:
    from gridkeel.boards.kernels import mix_frames
except (ImportError, SyntaxError, AttributeError):  # a port without the viper emitter
    from gridkeel.boards.twins import mix_frames

_FRAME_BYTES = 4  # left and right


class I2sMains:
    """Blocks of samples; the driver holds some, and what it loses beyond is told by the clock."""

    count = 0

    def __init__(self, table: "ModuleType") -> None:
        self._table = table
        self._i2s: I2S = None
        self._frames: array | None = None
        self._bytes: bytearray | None = None
        self._block_us = 0
        self._held_us = 0
        self._due_us = -1  # when the next block is whole

    def begin(self, sample_hz: int, block_ms: int) -> None:
        """Start the bus at the rate of the parameters."""
        table = self._table
        rate = sample_hz * OVERSAMPLED
        frames = rate * block_ms // 1000
        self._block_us = block_ms * 1000
        self._held_us = blocks_held(block_ms) * self._block_us
        self._frames = array("h", [0] * (2 * frames))
        self._bytes = bytes_of(self._frames)
        self._i2s = I2S(
            table.I2S_ID,
            sck=Pin(table.I2S_SCK),
            ws=Pin(table.I2S_WS),
            sd=Pin(table.I2S_SD),
            mode=I2S.RX,
            bits=16,
            format=I2S.STEREO,
            rate=rate,
            ibuf=blocks_held(block_ms) * frames * _FRAME_BYTES,
        )
        self._reader = asyncio.StreamReader(self._i2s)

    async def next_block(self, block: "array[int]") -> int:
        """Wait until block holds the next samples; return how many blocks were lost before it."""
        view = memoryview(self._bytes)
        got = 0
        while got < len(view):
            got += await self._reader.readinto(view[got:] if got else view) or 0
        mix_frames(self._frames, len(block), block)
        return self._lost(time.ticks_us() & ticks.MASK)

    def _lost(self, now_us):
        late_us = ticks.diff(now_us, self._due_us) if self._due_us >= 0 else 0
        lost = (late_us - self._held_us) // self._block_us + 1 if late_us > self._held_us else 0
        # Nothing waits: the clock follows the samples. Else it goes on from the block before.
        near = lost or self._due_us < 0 or late_us < self._block_us
        self._due_us = ticks.add(now_us if near else self._due_us, self._block_us)
        return lost
