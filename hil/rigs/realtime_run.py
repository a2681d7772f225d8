"""One scenario in real time: the same plants and the same host side, on the machine's clock and on serial ports."""

from __future__ import annotations

import heapq
import select
from collections.abc import Callable
from time import monotonic

import serial

from gridkeel.link import messages
from hil.rigs.lockstep_run import DRAIN_S, HOST, LAST_S, RS485, Pace, Progress, progress, unwatched
from hil.rigs.openings import RealTimeRig
from hil.rigs.run_host import RunHost
from hil.scenarios.scenario import Scenario
from host_tools.errors import MissingError

RUN = messages.names_of("STATES").index("run")
WAIT_S = 0.002
READ_BYTES = 4096


def open_port(path: str, baud: int, parity: str) -> serial.Serial:
    """Open a serial port without blocking.  Errors: MissingError naming it."""
    try:
        return serial.Serial(path, baud, parity=parity, timeout=0)
    except (serial.SerialException, OSError) as error:
        raise MissingError(f"serial port {path}: {error}; `gridkeel board ports` lists what there is") from error


class RealtimeRun:
    """Plays a scenario on an open rig whose board keeps its own time."""

    def __init__(
        self, rig: RealTimeRig, scenario: Scenario, host: RunHost, watch: Callable[[Progress], None] = unwatched
    ) -> None:
        self._rig = rig
        self._plants = rig.plants
        self._scenario = scenario
        self._host = host
        self._watch = watch
        self._arrivals: list[tuple[int, int, int, bytes]] = []
        self._order = 0
        self._rows = 0
        self._energise = False
        self.cease_us: list[int] = []
        self.pace = Pace()

    def play(self) -> None:
        """Run to the scenario's end, order the safe state, and let the link hand over what it holds."""
        end_us = round(self._scenario.duration_s * 1e6)
        with (
            open_port(self._rig.rs485, self._plants.parameters.modbus_baud, serial.PARITY_EVEN) as rs485,
            open_port(self._rig.host, self._rig.host_baud, serial.PARITY_NONE) as host,
        ):
            lines = {RS485: rs485, HOST: host}
            while self._now_us() < end_us:
                self._round(lines)
            self._host.make_safe()
            drained_us = end_us + round(DRAIN_S * 1e6)
            while self._now_us() < drained_us:
                self._round(lines)
            last_us = drained_us + round(LAST_S * 1e6)
            while not self._host.complete(drained_us) and self._now_us() < last_us:
                self._round(lines)
        self._host.settle(drained_us)
        self.pace.virtual_s = self.pace.real_s = self.pace.board_s = end_us / 1e6

    def _now_us(self) -> int:
        return round((monotonic() - self._rig.start_s) * 1e6)

    def _round(self, lines: dict[int, serial.Serial]) -> None:
        ready, _, _ = select.select(list(lines.values()), [], [], self._rest_s())
        now_us = self._now_us()
        if lines[RS485] in ready:
            self._advance(now_us)
            for at_us, answer in self._plants.bus.from_board(lines[RS485].read(READ_BYTES), now_us):
                self._arrive(at_us, RS485, answer)
        if lines[HOST] in ready:
            self._host.from_board(lines[HOST].read(READ_BYTES), now_us)
        said = self._host.to_board(now_us)
        if said is not None:
            self._arrive(said[0], HOST, said[1])
        while self._arrivals and self._arrivals[0][0] <= self._now_us():
            _at, _order, port, data = heapq.heappop(self._arrivals)
            lines[port].write(data)
        self._keep_row(now_us)

    def _rest_s(self) -> float:
        if not self._arrivals:
            return WAIT_S
        return min(WAIT_S, max(0.0, (self._arrivals[0][0] - self._now_us()) / 1e6))

    def _keep_row(self, now_us: int) -> None:
        energise = self._energised()
        if self._rig.connector is not None:
            self._plants.orders = self._rig.connector.exchange(self._plants.levels)
            self._advance(now_us)
        if self._energise and not energise:
            self.cease_us.append(now_us)
        self._energise = energise
        if now_us < self._rows * self._plants.parameters.block_ms * 1000:
            return
        self._rows += 1
        self._advance(now_us)
        self._plants.keep_row(self._host.recorder, now_us, energise)
        if self._rows % 20 == 0:
            self._watch(progress(now_us, self._scenario, self._host))

    def _energised(self) -> bool:
        """Whether the contactor is energised: a virtual board's pin, a real board's telemetry."""
        if self._rig.board:
            return self._rig.board.energised
        return self._host.latest.get("state") == RUN

    def _advance(self, now_us: int) -> None:
        self._plants.advance(now_us, self._energise)

    def _arrive(self, at_us: int, port: int, data: bytes) -> None:
        self._order += 1
        heapq.heappush(self._arrivals, (at_us, self._order, port, data))
