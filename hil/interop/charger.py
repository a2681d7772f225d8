"""The controller on the virtual board as a charger: its plants, its link and a car's plug, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import serial

from gridkeel.params import Parameters
from hil.interop.desk import Desk
from hil.interop.mains import SteeredGrid
from hil.interop.uplink_desk import UplinkDesk
from hil.plants.inverter import Inverter, InverterConfig
from hil.plants.inverter.server import LiveInverter, SerialServer
from hil.plants.outlet import OutletPlant
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.flash import FIRMWARE
from hil.virtual_board.mains_feed import MainsFeed
from hil.virtual_board.outlet_feed import OutletFeed
from hil.virtual_board.shared_host import on_shared_host
from host_tools.errors import ToolError
from host_tools.micropython.interpreter import HEAP_BYTES

BITS_A_BYTE = 11  # start, 8, parity, stop
WRITE_MULTIPLE = 16
TICK_S = 0.01
READ_BYTES = 4096
UP_S = 20.0


class WatchedInverter(LiveInverter):
    """Notes each write that it took: (monotonic time of its last byte on a real line, power in W)."""

    def __init__(self, inverter: Inverter, voltage_v: float, baud: int) -> None:
        super().__init__(inverter, voltage_v, clock=time.monotonic)
        self.commands: list[tuple[float, float]] = []
        self._byte_s = BITS_A_BYTE / baud

    def answer_frame(self, frame: bytes) -> bytes:
        """Answer, and note what was asked for."""
        heard_s = time.monotonic()
        answer = super().answer_frame(frame)
        if frame[1] == WRITE_MULTIPLE:
            self.commands.append((heard_s + len(frame) * self._byte_s, self.inverter.target_w))
        return answer


class Charger:
    """A context manager; enter it inside the namespace whose `interface` ("fe80::1%evse0") it serves.

    parameters: what is not the default.  pki: the board's /pki folder, None for none.  desk: its host; `outlet` and
    `grid` are the plants a caller moves, `live` the inverter with its writes.  console: what the board printed.
    """

    def __init__(
        self,
        interface: str,
        parameters: Mapping[str, int],
        outlet: OutletPlant,
        pki: Path | None = None,
        desk: Desk | UplinkDesk | None = None,
        *,
        heap_bytes: int = HEAP_BYTES,
        probe_heap: bool = False,
        firmware: Path = FIRMWARE,
    ) -> None:
        self.parameters = Parameters(on_shared_host(parameters))
        self.desk = desk or Desk()
        self.outlet = outlet
        self.grid = SteeredGrid()
        self._interface = interface
        self._pki = pki
        self._heap_bytes = heap_bytes
        self._probe_heap = probe_heap
        self._firmware = firmware
        self._inverter = Inverter(InverterConfig(unit=self.parameters.modbus_unit))
        self._stack = contextlib.ExitStack()
        self._stop = threading.Event()
        self.console = ""
        self._error: BaseException | None = None

    def __enter__(self) -> Charger:
        with contextlib.ExitStack() as stack:
            self.feed = stack.enter_context(self._mains())
            self.live = WatchedInverter(self._inverter, float(self.parameters.nominal_v), self.parameters.modbus_baud)
            self._outlet_feed = stack.enter_context(
                OutletFeed(self.outlet, lambda: float(self.parameters.nominal_v), lambda: self._inverter.power_w)
            )
            self.board = stack.enter_context(self._board())
            self._outlet_feed.watch(lambda: self.board.energised)
            stack.enter_context(self.desk.serving(self.board.host))
            thread = threading.Thread(target=self._run, name="charger", daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(self._stop.set)
            self._stack = stack.pop_all()
        try:
            self._wait_until_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    @property
    def moves(self) -> list[tuple[float, bool]]:
        """The plant's contactor so far: (monotonic time, closed) of each move of its main contacts."""
        return self._outlet_feed.moves

    def check(self) -> None:
        """Errors: RuntimeError where a plant's thread failed: it can only tell when asked."""
        if self._error:
            raise RuntimeError("the charger's plants failed") from self._error
        self._outlet_feed.check()
        _ = self.board.status, self.feed.counts

    def do(self, *words: str) -> None:
        """Let something happen at the outlet: plug, unplug, communicate, ... (hil.plants.outlet)."""
        for word in words:
            self.outlet.do(word)

    def _mains(self) -> MainsFeed:
        parameters = self.parameters
        wave = WaveformConfig(
            sample_hz=parameters.sample_hz, nominal_v=float(parameters.nominal_v), adc_uv=parameters.adc_uv
        )
        return MainsFeed(PointOnWave(wave, self.grid).block, parameters.sample_hz, parameters.block_ms)

    def _board(self) -> VirtualBoard:
        environment = {"GRIDKEEL_V2G_INTERFACE": self._interface, "GRIDKEEL_CONNECTOR": self._outlet_feed.address}
        if self._probe_heap:
            environment["GRIDKEEL_HEAP_PROBE"] = "1"
        return VirtualBoard(
            None,
            self.parameters.values(),
            mains=self.feed.address,
            heap_bytes=self._heap_bytes,
            environment=environment,
            pki=self._pki,
            firmware=self._firmware,
            rom=True,
        )

    def _wait_until_up(self) -> None:
        try:
            self.desk.wait_for("telemetry", 0, UP_S, lambda record: record["state"] == "run")
        except ToolError as error:
            self.check()
            raise ToolError(f"{error}; the board said: {self.console[-9000:].strip()}") from None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # told by `check`: a thread has nobody else to tell
            self._error = error

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        with serial.Serial(self.board.rs485, self.parameters.modbus_baud, timeout=0) as bus:
            server = SerialServer(self.live, bus.fileno(), self.parameters.modbus_baud)
            server.start()
            console = os.open(self.board.console, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            loop.add_reader(console, self._hear, console)
            try:
                while not self._stop.is_set():
                    self.live.sync()
                    self._inverter.let(self.outlet.range_w)
                    self.live.voltage_v = float(self.parameters.nominal_v) if self.outlet.contactor.closed else 0.0
                    self.live.freq_hz = self.grid.freq_hz
                    await asyncio.sleep(TICK_S)
            finally:
                loop.remove_reader(console)
                os.close(console)
                server.stop()

    def _hear(self, console: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self.console += os.read(console, READ_BYTES).decode(errors="replace")
