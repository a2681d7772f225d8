"""The controller on the virtual board as a charger: its plants, its link and an EV's plug, in real time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from hil.interop.direct_host import DirectHost
from hil.interop.uplink_host import UplinkHost
from hil.plants.connector import ConnectorPlant
from hil.plants.inverter import Inverter
from hil.plants.inverter.server import LiveInverter
from hil.rigs.board_setup import BoardSetup
from hil.rigs.mains import SteeredMains
from hil.rigs.openings import RealTimeRig
from hil.rigs.plant_server import PlantServer
from hil.rigs.plants import Plants
from hil.rigs.rig import Rig
from hil.virtual_board.flash import FIRMWARE
from host_tools.errors import ToolError
from host_tools.micropython.interpreter import HEAP_BYTES

BITS_A_BYTE = 11  # start, 8, parity, stop
WRITE_MULTIPLE = 16
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

    parameters: what is not the default.  pki: the board's /pki folder, None for none.  host: its host; `connector` and
    `grid` are the plants a caller moves, `live` the inverter with its writes, `rig` the board with all of them.
    """

    def __init__(
        self,
        interface: str,
        parameters: Mapping[str, int],
        connector: ConnectorPlant,
        pki: Path | None = None,
        host: DirectHost | UplinkHost | None = None,
        *,
        heap_bytes: int = HEAP_BYTES,
        probe_heap: bool = False,
        firmware: Path = FIRMWARE,
    ) -> None:
        self._rig = Rig("interop", "realtime", device_id="", heap_bytes=heap_bytes, rom=True, firmware=str(firmware))
        self.parameters = self._rig.parameters_with(parameters)
        self.host = host or DirectHost()
        self.connector = connector
        self._mains = SteeredMains(self.parameters)
        self.grid = self._mains.grid
        self._plants = Plants(self.parameters, self._mains, connector=connector)
        self._setup = BoardSetup(self.parameters.values(), pki=pki, v2g_interface=interface, probe_heap=probe_heap)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Charger:
        with contextlib.ExitStack() as stack:
            rig = stack.enter_context(self._rig.open(self._plants, self._setup))
            assert isinstance(rig, RealTimeRig)
            self.rig = rig
            self.live = WatchedInverter(self._plants.inverter, self._mains.volts, self.parameters.modbus_baud)
            self._server = stack.enter_context(PlantServer(rig, self.live, keep_console=True))
            stack.enter_context(self.host.serving(rig.host))
            self._wait_until_up()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    @property
    def moves(self) -> list[tuple[float, bool]]:
        """The plant's contactor so far: (monotonic time, closed) of each move of its main contacts."""
        return self._server.moves

    @property
    def console(self) -> str:
        """What the board printed."""
        return self._server.console

    def check(self) -> None:
        """Errors: RuntimeError where a thread of board or plants failed: it is noticed only when asked."""
        self._server.check()

    def do(self, *words: str) -> None:
        """Let something happen at the connector: plug, unplug, communicate, ... (hil.plants.connector)."""
        for word in words:
            self.connector.do(word)

    def _wait_until_up(self) -> None:
        try:
            self.host.wait_for("telemetry", 0, UP_S, lambda record: record["state"] == "run")
        except ToolError as error:
            self.check()
            raise ToolError(f"{error}; the board said: {self.console[-9000:].strip()}") from None
