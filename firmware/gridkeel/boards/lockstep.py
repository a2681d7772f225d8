"""Lock step: virtual time, driven by a rig over one TCP connection.

The rig says "these inputs arrive now; run until t"; the board runs its tasks, jumps its clock whenever all of them
sleep, and answers at t, or earlier when it has something to send. hil/drivers/lockstep.py is the other end.

    rig to board    <Q until_us> <I block index> <H samples> <H rs485 bytes> <H host bytes> <H vehicle bytes>, the
                    connector's levels, then samples and bytes
    board to rig    <Q now_us> <Q next_us> <I real us spent> <H rs485 bytes> <H host bytes> <H vehicle bytes>,
                    <B levels>, the connector's orders, then the bytes

connector_pipe.py says how levels and orders are laid out, lockstep_vehicles.py what the vehicles' bytes are; those come
where GRIDKEEL_LOCKSTEP_VEHICLES is set.
"""

import asyncio
import os
import socket
import struct
import time
from array import array

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.boards import connector_pipe, virtual
from gridkeel.boards.flash import Flash, bytes_of
from gridkeel.boards.lockstep_ports import LockStepConnector, LockStepMains, LockStepPort, Wake

if TYPE_CHECKING:
    from gridkeel.boards.pki import Pki
    from gridkeel.params import Parameters
    from gridkeel.protocols import VehicleNetwork

ORDER = "<QIHHHH"
ORDER_HEAD_BYTES = 20
ORDER_BYTES = ORDER_HEAD_BYTES + connector_pipe.LEVELS_BYTES
REPLY = "<QQIHHHB"
REPLY_HEAD_BYTES = 27
REPLY_BYTES = REPLY_HEAD_BYTES + connector_pipe.ORDERS_BYTES
LEVEL_ENERGISE = 1
# Computing takes no virtual time, so a slice of a session's work is charged the most that one may take.
SLICE_MS = 5
CLOCK_HZ = 2000000000  # as on real time's board
NEVER = 0xFFFFFFFFFFFFFFFF
# asyncio's C task queue stamps a new task with the real clock; virtual ticks start far beyond it, so that such a
# task is always due at once, and the order of tasks follows virtual time alone.
EPOCH_MS = 1 << 41
_IPPROTO_TCP = 6
_TCP_NODELAY = 1


class LockStepBoard(Flash):
    """The board's side of the lock step; see the module."""

    def __init__(self, address: str) -> None:
        super().__init__(virtual.device_id())
        self.model = virtual.MODEL
        self.chip = virtual.CHIP
        host, port = address.rsplit(":", 1)
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo(host, int(port))[0][-1])
        self._socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)  # an answer is several writes, and none waits
        self._order = bytearray(ORDER_BYTES)
        self._reply = bytearray(REPLY_BYTES)
        self._ports: list = [None, None, None]  # RS-485, host, vehicles, in the order of their bytes
        self.now_us = 0
        self._until_us = 0
        self._levels = 0
        self._resumed_us = time.ticks_us()
        self.rs485 = LockStepPort(self._clock)
        self.host = LockStepPort(self._clock)
        self._ports[:2] = (self.rs485, self.host)
        self.mains = LockStepMains(self._clock)
        self.has_vehicle_network = bool(os.getenv("GRIDKEEL_LOCKSTEP_VEHICLES"))
        self.clock_hz = CLOCK_HZ
        self.slice_ms = SLICE_MS
        self.edges_hz = 0
        self.probes_heap = False
        self.connector = LockStepConnector(self._order, ORDER_HEAD_BYTES, self._reply, REPLY_HEAD_BYTES)
        asyncio.core.ticks = self._clock
        asyncio.core._io_queue.wait_io_event = self._idle
        self.boot_id, self._start_ms = self._first_order()

    def _first_order(self):
        boot = bytearray(8)
        self._receive(boot)
        return struct.unpack("<II", boot)

    def check(self, parameters: "Parameters") -> None:
        """There is nothing that this board cannot do."""

    def begin(self, parameters: "Parameters") -> None:
        """Its ports are open, at whatever rate comes."""

    def block_buffer(self, n: int) -> "array[int]":
        block = array("h", [0] * n)
        self.mains.hold(bytes_of(block))
        return block

    def ticks_ms(self) -> int:
        return (self._start_ms + self.now_us // 1000) & ticks.MASK

    def ticks_us(self) -> int:
        return self.now_us & ticks.MASK

    def energise(self, on: bool) -> None:
        self._levels = LEVEL_ENERGISE if on else 0

    def vehicle_network(self, pki: "Pki", plain: bool, secured: bool) -> "VehicleNetwork | None":
        """Return the network on which the rig's vehicles come."""
        from gridkeel.boards import lockstep_vehicles

        self._ports[2] = LockStepPort(self._clock, lockstep_vehicles.PORT_BYTES)
        secured = secured and bool(pki.chain)
        return lockstep_vehicles.LockStepVehicles(
            self._ports[2], lambda: Wake(self._clock), self._compute, plain, secured
        )

    def feed_watchdog(self) -> None:
        """The rig sees a board that hangs by its missing answer."""

    def _compute(self, us):
        """Let time pass with the processor busy: no task runs, and what arrives meanwhile waits."""
        end_us = self.now_us + us
        while end_us > self._until_us:
            self.now_us = max(self.now_us, self._until_us)
            self._answer(end_us)
            self._take_order()
        self.now_us = end_us

    def _clock(self):
        return EPOCH_MS + self.now_us // 1000

    def _idle(self, rest_ms):
        if rest_ms == 0:
            return
        next_us = (self.now_us // 1000 + rest_ms) * 1000 if rest_ms > 0 else NEVER
        while True:
            if not self._has_output():
                if next_us <= self._until_us:
                    self.now_us = next_us
                    return
                self.now_us = max(self.now_us, self._until_us)
            self._answer(next_us)
            if self._take_order():
                return

    def _has_output(self):
        vehicles = self._ports[2]
        return self.rs485.tx_n or self.host.tx_n or (vehicles is not None and vehicles.tx_n)

    def _answer(self, next_us):
        spent_us = time.ticks_diff(time.ticks_us(), self._resumed_us)
        sizes = [port.tx_n if port else 0 for port in self._ports]
        struct.pack_into(REPLY, self._reply, 0, self.now_us, next_us, spent_us, *(sizes + [self._levels]))
        self._send(self._reply, REPLY_BYTES)
        for port in self._ports:
            if port and port.tx_n:
                self._send(port.tx, port.tx_n)
                port.sent()

    def _send(self, data, n):
        if self._socket.write(data, n) != n:
            raise OSError("the rig does not take an answer of %d bytes" % n)

    def _take_order(self):
        self._receive(self._order)
        self._resumed_us = time.ticks_us()
        until_us, index, samples, rs485_n, host_n, vehicles_n = struct.unpack_from(ORDER, self._order)
        self._until_us = until_us
        if samples:
            self._receive(self.mains.room())
            self.mains.arrived(index)
        for port, n in zip(self._ports, (rs485_n, host_n, vehicles_n)):
            if n:
                self._fill(port, n)
        return samples or rs485_n or host_n or vehicles_n

    def _fill(self, port, n):
        room = min(n, len(port.rx) - port.rx_n)
        self._receive(memoryview(port.rx)[port.rx_n : port.rx_n + room])
        if n > room:
            self._receive(bytearray(n - room))
        port.arrived(room, n - room)

    def _receive(self, buffer):
        view = memoryview(buffer)
        got = 0
        while got < len(view):
            n = self._socket.readinto(view[got:] if got else view)
            if not n:
                raise SystemExit
            got += n
