"""The plants of a board in real time, served while a program does something else: connector and inverter in threads."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict

import serial

from hil.plants.inverter.server import LiveInverter, SerialServer
from hil.rigs.connector_feed import ConnectorFeed
from hil.rigs.openings import OpenRig, RealTimeRig
from host_tools.errors import ToolError

TICK_S = 0.01
READ_BYTES = 4096


class PlantServer:
    """A context manager around an open rig in real time, its board a virtual one.

    board: the virtual board.  inverter: None to leave its RS-485 port to another program.
    keep_console: collect in `console` what the board prints.
    """

    def __init__(self, rig: OpenRig, inverter: LiveInverter | None, *, keep_console: bool = False) -> None:
        if not isinstance(rig, RealTimeRig) or rig.board is None:
            raise ToolError("plants are served to a virtual board in real time alone")
        self._rig = rig
        self.board = rig.board
        self._plants = rig.plants
        self._inverter = inverter
        self._keeps_console = keep_console
        self.console = ""
        self._connector = (
            ConnectorFeed(rig.plants, rig.connector, lambda: self.board.energised) if rig.connector else None
        )
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="plants", daemon=True)

    def __enter__(self) -> PlantServer:
        if self._connector:
            self._connector.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._connector:
            self._connector.__exit__()

    @property
    def counts(self) -> dict[str, int | bool]:
        """Counts of the board and of its mains feed by name.  Errors: RuntimeError where one of them failed."""
        feed = asdict(self._rig.feed.counts) if self._rig.feed else {}
        return asdict(self.board.status) | feed

    @property
    def moves(self) -> list[tuple[float, bool]]:
        """Moves of the contactor so far: (monotonic time, closed) of each of its main contacts."""
        return self._connector.moves if self._connector else []

    def check(self) -> None:
        """Raise RuntimeError where a thread of the rig or of its plants has failed: it is noticed only when asked."""
        if self._error:
            raise RuntimeError("the plants failed") from self._error
        if self._connector:
            self._connector.check()
        self._rig.check()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # raised by `check`: a thread has no caller
            self._error = error

    async def _serve(self) -> None:
        with contextlib.ExitStack() as stack:
            if self._inverter:
                stack.enter_context(self._on_bus(self._inverter))
            if self._keeps_console:
                stack.enter_context(self._listening())
            while not self._stop.is_set():
                if self._inverter:
                    self._advance(self._inverter)
                await asyncio.sleep(TICK_S)

    def _advance(self, inverter: LiveInverter) -> None:
        connector, mains = self._plants.connector, self._plants.mains
        inverter.sync()
        inverter.voltage_v = mains.volts if connector is None or connector.contactor.closed else 0.0
        inverter.freq_hz = mains.freq_hz

    @contextlib.contextmanager
    def _on_bus(self, inverter: LiveInverter) -> Iterator[None]:
        baud = self._plants.parameters.modbus_baud
        with serial.Serial(self._rig.rs485, baud, timeout=0) as bus:
            server = SerialServer(inverter, bus.fileno(), baud)
            server.start()
            try:
                yield
            finally:
                server.stop()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        console = os.open(self.board.console, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        loop.add_reader(console, self._hear, console)
        try:
            yield
        finally:
            loop.remove_reader(console)
            os.close(console)

    def _hear(self, console: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self.console += os.read(console, READ_BYTES).decode(errors="replace")
