"""The rig's end of the lock step: one virtual board, run from instant to instant.

gridkeel/boards/lockstep.py is the other end and names the layout of both messages.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from hil.drivers.connector_frames import NO_CONNECTOR, ORDERS, Orders
from host_tools.errors import ToolError
from host_tools.image.rom import rom_image
from host_tools.micropython.interpreter import argv

ORDER = struct.Struct("<QIHHHH")
REPLY = struct.Struct(f"<QQIHHHB{ORDERS.size}s")
FIRST = struct.Struct("<II")
LEVEL_ENERGISE = 1
# The board's tick starts here, so that every lock-step run crosses the wrap of 2**30 ms after 10 s.
START_TICK_MS = (1 << 30) - 10_000
ANSWER_S = 60.0
READ_BYTES = 65536


@dataclass(frozen=True)
class Reply:
    """The board's answer: its time, when it wants to run next, real time spent, bytes, levels, orders."""

    now_us: int
    next_us: int
    spent_us: int
    rs485: bytes
    host: bytes
    vehicles: bytes
    levels: int
    orders: Orders


class LockStepBoard:
    """A MicroPython process in virtual time; `started` holds what it had to say at time 0.

    rom: run the flash's package compiled, from an execute-in-place flash.  vehicles: it has a network for them.
    Errors: ToolError where it ends or does not answer.
    """

    def __init__(
        self, flash: Path, device_id: str, boot_id: int, heap_bytes: int, *, rom: bool = False, vehicles: bool = False
    ) -> None:
        self._flash = flash
        self._device_id = device_id
        self._boot_id = boot_id
        self._heap_bytes = heap_bytes
        self._vehicles = {"GRIDKEEL_LOCKSTEP_VEHICLES": "1"} if vehicles else {}
        self._rom = rom_image(flash) if rom else None
        self.now_us = 0

    def __enter__(self) -> LockStepBoard:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(ANSWER_S)
            port = server.getsockname()[1]
            environment = dict(
                os.environ, GRIDKEEL_LOCKSTEP=f"127.0.0.1:{port}", GRIDKEEL_DEVICE_ID=self._device_id, **self._vehicles
            )
            self._console = open(self._flash.parent / "console.log", "wb")  # noqa: SIM115 - closed in __exit__
            self._process = subprocess.Popen(
                argv(self._flash / "main.py", heap_bytes=self._heap_bytes, rom=self._rom),
                cwd=self._flash,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._console,
                stderr=subprocess.STDOUT,
            )
            try:
                self._socket, _ = server.accept()
            except TimeoutError as error:
                raise ToolError(f"the virtual board did not start: {self.console_tail()}") from error
        self._socket.settimeout(ANSWER_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._socket.sendall(FIRST.pack(self._boot_id, START_TICK_MS))
        self.started = self._read_reply()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._console.close()

    def run(
        self,
        until_us: int,
        samples: bytes = b"",
        index: int = 0,
        rs485: bytes = b"",
        host: bytes = b"",
        levels: bytes = NO_CONNECTOR,
        vehicles: bytes = b"",
    ) -> Reply:
        """Hand over inputs that arrive now and run until `until_us`, or until the board has something to send.

        samples: one block, little-endian int16; index: its running number, a jump means lost blocks.
        levels: what the connector measures now, from connector_frames.
        vehicles: records of gridkeel/boards/lockstep_vehicles.py.
        """
        order = ORDER.pack(until_us, index & 0xFFFFFFFF, len(samples) // 2, len(rs485), len(host), len(vehicles))
        self._socket.sendall(order + levels + samples + rs485 + host + vehicles)
        return self._read_reply()

    def _read_reply(self) -> Reply:
        try:
            now_us, next_us, spent_us, rs485_n, host_n, vehicles_n, levels, orders = REPLY.unpack(
                self._read(REPLY.size)
            )
        except (TimeoutError, ConnectionError) as error:
            raise ToolError(f"the virtual board stopped answering: {self.console_tail()}") from error
        self.now_us = now_us
        ports = self._read(rs485_n), self._read(host_n), self._read(vehicles_n)
        return Reply(now_us, next_us, spent_us, *ports, levels, Orders.unpack(orders))

    def _read(self, n: int) -> bytes:
        while len(self._buffer) < n:
            self._buffer += self._receive()
        data = bytes(self._buffer[:n])
        del self._buffer[:n]
        return data

    def _receive(self) -> bytes:
        # Asking again and again instead is no quicker on a machine that idles, and half as fast on a busy one: either
        # end would hold a processor that the other one wants.
        data = self._socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the board closed the connection")
        return data

    def console_tail(self, n: int = 600) -> str:
        """Return the last lines of the board's console."""
        try:
            return (self._flash.parent / "console.log").read_text(errors="replace")[-n:].strip() or "no output"
        except OSError as error:
            return str(error)
