"""An inverter driver on a pseudo-terminal whose other end is pymodbus's RTU server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import AsyncIterator, Awaitable, Callable

from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import SimData, SimDevice

from gridkeel.ticks import MASK

DEADLINE_MS = 20_000


@contextlib.asynccontextmanager
async def serving(registers: list[SimData]) -> AsyncIterator[tuple[int, ModbusSerialServer]]:
    """Serve registers as unit 1; yield our end of the line, and the server."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    device = SimDevice(1, simdata=registers)
    server = ModbusSerialServer(device, framer=FramerType.RTU, port=os.ttyname(theirs), baudrate=115200)
    try:
        await server.serve_forever(background=True)
        yield ours, server
    finally:
        await server.shutdown()
        os.close(ours)
        os.close(theirs)


class Line:
    """Our end of the line, with a driver on it.

    The driver's millisecond is a turn of the loop that serves both: a machine that is late is late for both of them.

    delay_ms: how much later than the server sent them its bytes arrive.  echoing: our own bytes come back first.
    """

    def __init__(self, fd: int, server: ModbusSerialServer, inverter):
        self.inverter = inverter
        self.delay_ms = 0
        self.echoing = False
        self.faults: set[int] = set()
        self._arriving: list[tuple[int, bytes]] = []
        self._fd, self._server = fd, server
        self._out = bytearray(32)
        self._now = 0

    async def until(self, reached: Callable[[], Awaitable[bool]], wanted: int) -> None:
        """Request a power until `reached` comes true."""
        inverter, ends_ms = self.inverter, self._now + DEADLINE_MS
        while not await reached():
            assert self._now < ends_ms, f"state {inverter.state}, fault {inverter.fault}"
            self._now += 1
            now = self._now & MASK
            with contextlib.suppress(BlockingIOError):
                self._arriving.append((now + self.delay_ms, os.read(self._fd, 512)))
            while self._arriving and self._arriving[0][0] <= now:
                data = self._arriving.pop(0)[1]
                inverter.receive(data, len(data), now)
            inverter.command(wanted, now)
            inverter.on_deadline(now)
            if n := inverter.data_to_send(self._out, now):
                os.write(self._fd, self._out[:n])
                if self.echoing:
                    inverter.receive(bytes(self._out), n, now)
            self.faults.add(inverter.fault)
            await asyncio.sleep(0.001)

    async def registers(self, address: int, count: int) -> list[int]:
        """Return what the server holds."""
        return await self._server.async_getValues(1, 3, address, count)

    async def number(self, address: int, count: int) -> int:
        """Return it as a signed number, the high register first."""
        value = 0
        for word in await self.registers(address, count):
            value = value << 16 | word
        return value - (1 << 16 * count) if value >> (16 * count - 1) else value
