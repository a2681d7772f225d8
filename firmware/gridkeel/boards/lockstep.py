"""Lock step: virtual time, driven by a rig over one TCP connection.

The rig says "these inputs arrive now; run until t"; the board runs its tasks, jumps its clock whenever all of them
sleep, and answers at t, or earlier when it has something to send. hil/drivers/lockstep.py is the other end.

    rig to board    <Q until_us> <I block index> <H samples> <H rs485 bytes> <H host bytes>, the outlet's levels, then
                    samples and bytes
    board to rig    <Q now_us> <Q next_us> <I real us spent> <H rs485 bytes> <H host bytes> <B levels>, the outlet's
                    orders, then the bytes

outlet_pipe.py says how the outlet's levels and orders are laid out.
"""

import asyncio
import select
import socket
import struct
import time
from array import array

from gridkeel import ticks
from gridkeel.boards import outlet_pipe
from gridkeel.boards.flash import FlashConfig, bytes_of

ORDER = "<QIHHH"
ORDER_HEAD_BYTES = 18
ORDER_BYTES = ORDER_HEAD_BYTES + outlet_pipe.LEVELS_BYTES
REPLY = "<QQIHHB"
REPLY_HEAD_BYTES = 25
REPLY_BYTES = REPLY_HEAD_BYTES + outlet_pipe.ORDERS_BYTES
PORT_BYTES = 4096
LEVEL_ENERGISE = 1
SPINS = 200
NEVER = 0xFFFFFFFFFFFFFFFF
# asyncio's C task queue stamps a new task with the real clock; virtual ticks start far beyond it, so that such a
# task is always due at once, and the order of tasks follows virtual time alone.
EPOCH_MS = 1 << 41


class Wake:
    """Lets one task wait until `fire`; awaitable, keyed by virtual time."""

    def __init__(self, clock):
        self._clock = clock
        self._task = None
        self._waiting = False

    def fire(self):
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

    def __init__(self, clock):
        self.rx = bytearray(PORT_BYTES)
        self.tx = bytearray(PORT_BYTES)
        self.rx_n = 0
        self.tx_n = 0
        self.dropped = 0
        self.wake = Wake(clock)

    def write(self, data, n):
        if self.tx_n + n > PORT_BYTES:
            self.dropped += n
            return
        self.tx[self.tx_n : self.tx_n + n] = memoryview(data)[:n]
        self.tx_n += n

    async def readinto(self, data):
        while not self.rx_n:
            await self.wake
        n = min(self.rx_n, len(data))
        data[:n] = memoryview(self.rx)[:n]
        self.rx[: self.rx_n - n] = self.rx[n : self.rx_n]
        self.rx_n -= n
        return n


class LockStepOutlet:
    """Levels as the last order brought them, orders as the next answer takes them."""

    def __init__(self, order, reply):
        self._order = order
        self._reply = reply

    def read(self, levels):
        outlet_pipe.unpack_levels(self._order, ORDER_HEAD_BYTES, levels)

    def write(self, orders):
        outlet_pipe.pack_orders(orders, self._reply, REPLY_HEAD_BYTES)


class LockStepMains:
    """Blocks of samples, as a DMA would fill them."""

    def __init__(self, clock):
        self.bytes = None
        self.wake = Wake(clock)
        self.index = None
        self.lost = 0
        self.ready = False

    async def next_block(self, block):
        """Wait for the next block in `block` (the buffer the board made); return how many were lost before it."""
        self.ready = False
        while not self.ready:
            await self.wake
        lost = self.lost
        self.lost = 0
        return lost

    def arrived(self, index):
        if self.index is not None:
            self.lost += (index - self.index - 1) & 0xFFFFFFFF
        self.index = index
        self.ready = True
        self.wake.fire()


class LockStepBoard(FlashConfig):
    """The board's side of the lock step; see the module."""

    def __init__(self, address):
        super().__init__()
        host, port = address.rsplit(":", 1)
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo(host, int(port))[0][-1])
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._order = bytearray(ORDER_BYTES)
        self._reply = bytearray(REPLY_BYTES + 2 * PORT_BYTES)
        self.now_us = 0
        self._until_us = 0
        self._levels = 0
        self._resumed_us = time.ticks_us()
        self.rs485 = LockStepPort(self._clock)
        self.host = LockStepPort(self._clock)
        self.mains = LockStepMains(self._clock)
        self.has_vehicle_network = False  # no car speaks in virtual time
        self.outlet = LockStepOutlet(self._order, self._reply)
        asyncio.core.ticks = self._clock
        asyncio.core._io_queue.wait_io_event = self._idle
        self.boot_id, self._start_ms = self._first_order()

    def _first_order(self):
        boot = bytearray(8)
        self._receive(boot)
        return struct.unpack("<II", boot)

    def block_buffer(self, n):
        block = array("h", [0] * n)
        self.mains.bytes = bytes_of(block)
        return block

    def ticks_ms(self):
        return (self._start_ms + self.now_us // 1000) & ticks.MASK

    def ticks_us(self):
        return self.now_us & ticks.MASK

    def energise(self, on):
        self._levels = LEVEL_ENERGISE if on else 0

    def feed_watchdog(self):
        """The rig sees a board that hangs by its missing answer."""

    def _clock(self):
        return EPOCH_MS + self.now_us // 1000

    def _idle(self, rest_ms):
        if rest_ms == 0:
            return
        next_us = (self.now_us // 1000 + rest_ms) * 1000 if rest_ms > 0 else NEVER
        while True:
            if not (self.rs485.tx_n or self.host.tx_n):
                if next_us <= self._until_us:
                    self.now_us = next_us
                    return
                self.now_us = max(self.now_us, self._until_us)
            self._answer(next_us)
            if self._take_order():
                return

    def _answer(self, next_us):
        spent_us = time.ticks_diff(time.ticks_us(), self._resumed_us)
        rs485 = self.rs485
        host = self.host
        struct.pack_into(REPLY, self._reply, 0, self.now_us, next_us, spent_us, rs485.tx_n, host.tx_n, self._levels)
        n = REPLY_BYTES
        for port in (rs485, host):
            if port.tx_n:
                self._reply[n : n + port.tx_n] = memoryview(port.tx)[: port.tx_n]
                n += port.tx_n
                port.tx_n = 0
        if self._socket.write(self._reply, n) != n:
            raise OSError("the rig does not take an answer of %d bytes" % n)

    def _take_order(self):
        self._receive(self._order)
        self._resumed_us = time.ticks_us()
        until_us, index, samples, rs485_n, host_n = struct.unpack_from(ORDER, self._order)
        self._until_us = until_us
        if samples:
            self._receive(self.mains.bytes)
            self.mains.arrived(index)
        if rs485_n:
            self._fill(self.rs485, rs485_n)
        if host_n:
            self._fill(self.host, host_n)
        return samples or rs485_n or host_n

    def _fill(self, port, n):
        room = min(n, PORT_BYTES - port.rx_n)
        self._receive(memoryview(port.rx)[port.rx_n : port.rx_n + room])
        port.rx_n += room
        if n > room:
            port.dropped += n - room
            self._receive(bytearray(n - room))
        port.wake.fire()

    def _receive(self, buffer):
        # The rig answers within some hundred microseconds: asking again is quicker than being woken.
        view = memoryview(buffer)
        got = spins = 0
        while got < len(view):
            n = self._socket.readinto(view[got:] if got else view)
            if n is None:
                spins += 1
                if spins > SPINS:
                    self._poll.poll(1000)
            elif n:
                got += n
            else:
                raise SystemExit
