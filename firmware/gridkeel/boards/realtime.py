"""Real time: the unix port's own clock, ports on pseudo-terminals, samples from a TCP socket.

GRIDKEEL_RS485 and GRIDKEEL_HOST name the terminals, GRIDKEEL_MAINS is host:port. A block on the socket is its index
(32 bits, little-endian; a jump shows blocks that were lost) and its int16 samples. GRIDKEEL_CONNECTOR is the
host:port of a vehicle's plant (connector_pipe.py); without it the board has no connector.
"""

import asyncio
import os
import select
import socket
import struct
import time
from array import array

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.boards import virtual
from gridkeel.boards.flash import Flash, bytes_of

if TYPE_CHECKING:
    from gridkeel.boards.pki import Pki
    from gridkeel.params import Parameters
    from gridkeel.protocols import Buffer, VehicleNetwork, WritableBuffer

# What a host does in a second, in cycles of a microcontroller: slices come out well under a millisecond.
CLOCK_HZ = 2000000000


class TerminalPort:
    """A serial port on a pseudo-terminal; bytes that the other end does not take are dropped, as on an open line."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")
        self._reader = asyncio.StreamReader(self._file)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLOUT)
        self.dropped = 0

    def write(self, data: "Buffer", n: int) -> None:
        try:
            if self._poll.poll(0):
                self._file.write(data, n)
                return
        except OSError:  # the other end is gone: who waits for an answer from there notices
            pass
        self.dropped += n

    async def readinto(self, data: "WritableBuffer") -> int:
        while True:
            try:
                n = await self._reader.readinto(data)
            except OSError:
                n = 0
            if n:
                return n
            await asyncio.sleep_ms(10)


def connected(address: str) -> socket.socket:
    """Return a socket to host:port."""
    host, port = address.rsplit(":", 1)
    line = socket.socket()
    line.connect(socket.getaddrinfo(host, int(port))[0][-1])
    return line


class SocketMains:
    """Blocks of samples from the feeder, which drops whole blocks where this side is too slow."""

    count = 0

    def __init__(self, address: str) -> None:
        self._socket = connected(address)
        self._reader = asyncio.StreamReader(self._socket)
        self._header = bytearray(4)
        self._index = None
        self._bytes: bytearray | None = None

    async def next_block(self, block: "array[int]") -> int:
        """Fill block with the next samples; return how many blocks were lost before it."""
        await self._fill(memoryview(self._header))
        await self._fill(self._bytes)
        index = struct.unpack("<I", self._header)[0]
        lost = 0 if self._index is None else (index - self._index - 1) & 0xFFFFFFFF
        self._index = index
        return lost

    def use(self, block: "array[int]") -> None:
        """Take the buffer that `next_block` fills."""
        self._bytes = bytes_of(block)

    async def _fill(self, buffer):
        view = memoryview(buffer)
        got = 0
        while got < len(view):
            n = await self._reader.readinto(view[got:] if got else view)
            if not n:
                # The feeder is gone: no more samples, ever. The service task sees them stale and ceases.
                await asyncio.sleep_ms(1000)
            else:
                got += n


class RealTimeBoard(Flash):
    """The virtual board on its own clock; see the module."""

    def __init__(self) -> None:
        super().__init__(virtual.device_id())
        self.model = virtual.MODEL
        self.chip = virtual.CHIP
        self.boot_id = int.from_bytes(os.urandom(4), "little")
        self.rs485 = TerminalPort(os.getenv("GRIDKEEL_RS485"))
        self.host = TerminalPort(os.getenv("GRIDKEEL_HOST"))
        self.mains = SocketMains(os.getenv("GRIDKEEL_MAINS"))
        pins = os.getenv("GRIDKEEL_PINS")
        self._pins = open(pins, "wb") if pins else None
        self._energised = False
        self.clock_hz = CLOCK_HZ
        self.slice_ms = 0  # a slice takes its own time here
        self.edges_hz = 0
        self.probes_heap = bool(os.getenv("GRIDKEEL_HEAP_PROBE"))
        self.has_vehicle_network = bool(os.getenv("GRIDKEEL_V2G_INTERFACE"))
        self.connector = self._find_connector(os.getenv("GRIDKEEL_CONNECTOR"))

    def _find_connector(self, address):
        if not address:
            return None
        from gridkeel.boards.connector_pipe import SocketConnector

        line = connected(address)
        line.setblocking(False)
        return SocketConnector(line)

    def check(self, parameters: "Parameters") -> None:
        """There is nothing that this board cannot do."""

    def begin(self, parameters: "Parameters") -> None:
        """Its ports are open, at whatever rate comes."""

    def block_buffer(self, n: int) -> "array[int]":
        block = array("h", [0] * n)
        self.mains.use(block)
        return block

    def ticks_ms(self) -> int:
        return time.ticks_ms() & ticks.MASK

    def ticks_us(self) -> int:
        return time.ticks_us() & ticks.MASK

    def energise(self, on: bool) -> None:
        """Set the contactor's level; the pipe carries E or e at each change."""
        if on != self._energised:
            self._energised = on
            self._tell(b"E" if on else b"e")

    def feed_watchdog(self) -> None:
        """The pipe carries w; whoever reads it resets a board that stops saying so."""
        self._tell(b"w")

    def vehicle_network(self, pki: "Pki", plain: bool, secured: bool) -> "VehicleNetwork | None":
        """Return the network on which vehicles come, None where there is none."""
        from gridkeel.boards import vehicle_network

        return vehicle_network.from_environment(pki, plain, secured)

    def _tell(self, letter):
        if self._pins:
            self._pins.write(letter)
