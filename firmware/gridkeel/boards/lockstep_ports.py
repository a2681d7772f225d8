"""Ports of a board in lock step: what the rig's orders bring, and what the next answer takes along."""

import asyncio

from gridkeel import TYPE_CHECKING
from gridkeel.boards import connector_pipe

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from gridkeel.protocols import Buffer, WritableBuffer

PORT_BYTES = 4096


class Wake:
    """Lets one task wait until `fire`; awaitable, keyed by virtual time."""

    def __init__(self, clock: "Callable[[], int]") -> None:
        self._clock = clock
        self._task = None
        self._waiting = False

    def fire(self) -> None:
        if self._task is not None:
            asyncio.core._task_queue.push(self._task, self._clock())
            self._task = None

    def __iter__(self):
        return self

    __await__ = __iter__

    def __next__(self):
        self._waiting = not self._waiting
        if not self._waiting:
            raise StopIteration
        self._task = asyncio.core.cur_task


class LockStepPort:
    """A byte port whose other end is the rig; what does not fit is dropped and counted, as a UART would."""

    def __init__(self, clock: "Callable[[], int]", size: int = PORT_BYTES) -> None:
        self.rx = bytearray(size)
        self.tx = bytearray(size)
        self.rx_n = 0
        self.tx_n = 0
        self.dropped = 0
        self.wake = Wake(clock)

    def write(self, data: "Buffer", n: int) -> None:
        if self.tx_n + n > len(self.tx):
            self.dropped += n
            return
        self.tx[self.tx_n : self.tx_n + n] = memoryview(data)[:n]
        self.tx_n += n

    def sent(self) -> None:
        """The rig has what was written."""
        self.tx_n = 0

    def arrived(self, n: int, dropped: int) -> None:
        """Take that n bytes were put into rx behind those there, and how many more had no room."""
        self.rx_n += n
        self.dropped += dropped
        self.wake.fire()

    async def readinto(self, data: "WritableBuffer") -> int:
        while not self.rx_n:
            await self.wake
        n = min(self.rx_n, len(data))
        data[:n] = memoryview(self.rx)[:n]
        self.rx[: self.rx_n - n] = self.rx[n : self.rx_n]
        self.rx_n -= n
        return n


class LockStepConnector:
    """Levels as the last order brought them, orders as the next answer takes them."""

    def __init__(self, order: bytearray, levels_at: int, reply: bytearray, orders_at: int) -> None:
        self._order = order
        self._levels_at = levels_at
        self._reply = reply
        self._orders_at = orders_at

    def read(self, levels: "array[int]") -> None:
        connector_pipe.unpack_levels(self._order, self._levels_at, levels)

    def write(self, orders: "array[int]") -> None:
        connector_pipe.pack_orders(orders, self._reply, self._orders_at)


class LockStepMains:
    """Blocks of samples, as a DMA with two buffers would fill them: one may wait while the other is worked on."""

    count = 0

    def __init__(self, clock: "Callable[[], int]") -> None:
        self._bytes: bytearray | None = None
        self._second: bytearray | None = None
        self._waits = False  # in the second buffer
        self.wake = Wake(clock)
        self.index: int | None = None
        self.lost = 0
        self.ready = False

    def hold(self, view: bytearray) -> None:
        """Take the bytes of the board's own buffer."""
        self._bytes = view
        self._second = bytearray(len(view))

    def room(self) -> bytearray:
        """Return where the next block goes."""
        return self._second if self.ready else self._bytes

    async def next_block(self, block: "array[int]") -> int:
        """Wait for the next block in `block` (the buffer the board made); return how many were lost before it."""
        self.ready = self._waits
        if self._waits:
            self._bytes[:] = self._second
            self._waits = False
        while not self.ready:
            await self.wake
        lost = self.lost
        self.lost = 0
        return lost

    def arrived(self, index: int) -> None:
        if self.index is not None:
            self.lost += (index - self.index - 1) & 0xFFFFFFFF
        if self.ready:
            self.lost += self._waits  # the one that waited was written over
            self._waits = True
        self.index = index
        self.ready = True
        self.wake.fire()
