"""Vehicles in virtual time: connections as records on a port of the lock step.

A record is <B kind> <H bytes> and the bytes, both ways. Whether a connection counts as secured is the rig's word: TLS
is not computed in virtual time, but its time is charged, as the one piece of work that cannot be cut into slices;
SECURED brings how long it is, <I us>, and AGREED says that it is over. Nobody asks for the address.
"""

import asyncio
import struct

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridkeel.boards.lockstep_ports import LockStepPort, Wake
    from gridkeel.protocols import Buffer, Connection, WritableBuffer

DATA = 0
PLAIN = 1
SECURED = 2
CLOSED = 3
AGREED = 4
HEAD = "<BH"
HANDSHAKE = "<I"
HEAD_BYTES = 3
PORT_BYTES = 8192  # the longest frame of V2GTP, and room
PIECE_BYTES = 512  # what is taken from the port at once


class LockStepVehicles:
    """The network of a board in lock step; port: LockStepPort.  wake(): makes an awaitable with `fire`.

    compute(us): passes that much time with the processor busy.
    """

    address = bytes(16)

    def __init__(
        self,
        port: "LockStepPort",
        wake: "Callable[[], Wake]",
        compute: "Callable[[int], None]",
        plain: bool,
        secured: bool,
    ) -> None:
        self._port = port
        self._wake = wake
        self._compute = compute
        self.tcp_port = 1 if plain else 0
        self.tls_port = 2 if secured else 0
        self._asked = wake()
        self._accepting = {False: wake(), True: wake()}
        self._arrived: dict = {False: None, True: None}
        self._current: LockStepConnection | None = None
        self._pump_task: asyncio.Task | None = None

    async def sdp_request(self, _buffer: "WritableBuffer") -> int:
        """Wait for ever."""
        await self._asked
        return 0

    def sdp_answer(self, _buffer: "Buffer", _n: int) -> int:
        """Do nothing: nobody asks."""
        return 0

    async def accept(self, secured: bool) -> "Connection":
        """Wait for a connection of this kind and return it."""
        if self._pump_task is None:
            self._pump_task = asyncio.create_task(self._pump())
        while self._arrived[secured] is None:
            await self._accepting[secured]
        connection = self._arrived[secured]
        self._arrived[secured] = None
        return connection

    async def _pump(self):
        head = bytearray(HEAD_BYTES)
        data = bytearray(PIECE_BYTES)
        while True:
            await self._fill(head, HEAD_BYTES)
            kind, left = struct.unpack(HEAD, head)
            n = min(left, PIECE_BYTES)
            await self._fill(data, n)
            if kind in (PLAIN, SECURED):
                busy_us = struct.unpack_from(HANDSHAKE, data)[0] if kind == SECURED else 0
                self._current = LockStepConnection(self._port, self._wake(), self._compute, kind == SECURED, busy_us)
                self._arrived[kind == SECURED] = self._current
                self._accepting[kind == SECURED].fire()
                continue
            while True:
                if self._current is not None:
                    self._current.arrived(bytes(memoryview(data)[:n]), kind == CLOSED)
                left -= n
                if not left:
                    break
                n = min(left, PIECE_BYTES)
                await self._fill(data, n)

    async def _fill(self, buffer, n):
        view = memoryview(buffer)
        done = 0
        while done < n:
            done += await self._port.readinto(view[done:n])


class LockStepConnection:
    """One connection, as boards/plain_connection.py has them."""

    def __init__(
        self, port: "LockStepPort", wake: "Wake", compute: "Callable[[int], None]", secured: bool, busy_us: int
    ) -> None:
        self._port = port
        self._wake = wake
        self._compute = compute
        self._busy_us = busy_us
        self._data = b""
        self._over = False
        self.secured = secured
        self.bytes_in = 0
        self.bytes_out = 0

    def arrived(self, data: bytes, over: bool) -> None:
        """Take what the rig says."""
        self._data += data
        self._over = self._over or over
        self._wake.fire()

    async def handshake(self) -> bool:
        """Take the time of one and return True: the rig has said so."""
        self._compute(self._busy_us)
        self._say(AGREED, 0)
        return True

    async def readinto(self, buffer: "WritableBuffer") -> int:
        """Wait for bytes and return how many came, 0 where the connection is over."""
        while not (self._data or self._over):
            await self._wake
        n = min(len(self._data), len(buffer))
        buffer[:n] = self._data[:n]
        self._data = self._data[n:]
        self.bytes_in += n
        return n

    async def write(self, buffer: "Buffer", n: int) -> bool:
        """Hand over n bytes."""
        self._say(DATA, n)
        self._port.write(buffer, n)
        self.bytes_out += n
        return not self._over

    def close(self) -> None:
        """End the connection."""
        if not self._over:
            self._over = True
            self._say(CLOSED, 0)

    def _say(self, kind, n):
        self._port.write(struct.pack(HEAD, kind, n), HEAD_BYTES)
