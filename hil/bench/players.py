"""One player a kind of rig: brings the board up, connects the parts of a run, takes the board down again."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from gridkeel.link import messages
from gridkeel.params import Parameters
from hil.bench.bus import Bus
from hil.bench.hostside import HostSide
from hil.bench.lockstep_run import LockStepRun, Progress
from hil.bench.mains import Mains
from hil.bench.meeting import Meeting
from hil.bench.realtime_run import Ports, RealtimeRun
from hil.bench.recorder import Recorder
from hil.bench.rig import Rig
from hil.bench.scenario import Scenario
from hil.bench.station import Station
from hil.drivers.lockstep import LockStepBoard
from hil.plants.inverter import Inverter
from hil.plants.trace import Trace
from hil.virtual_board import VirtualBoard
from hil.virtual_board.flash import FIRMWARE, make_flash, put_pki
from hil.virtual_board.mains_feed import MainsFeed
from hil.virtual_board.outlet_port import OutletPort
from host_tools.errors import ToolError


@dataclass
class Parts:
    """What every player connects."""

    scenario: Scenario
    rig: Rig
    parameters: Parameters
    mains: Mains
    inverter: Inverter
    station: Station
    bus: Bus
    host: HostSide
    recorder: Recorder
    watch: Callable[[Progress], None]
    boot_id: int
    meeting: Meeting | None = None


@contextlib.contextmanager
def lockstep(parts: Parts) -> Iterator[LockStepRun]:
    """The virtual board in virtual time."""
    rig = parts.rig
    with tempfile.TemporaryDirectory(prefix="gridkeel-") as folder:
        firmware = Path(rig.firmware) if rig.firmware else FIRMWARE
        flash = make_flash(Path(folder) / "flash", parts.parameters.values(), rig.device_id, firmware=firmware)
        meeting = parts.meeting
        if meeting:
            put_pki(flash, meeting.pki)
        cars = meeting is not None
        with LockStepBoard(
            flash, rig.device_id, parts.boot_id, rig.heap_bytes, rom=rig.rom or cars, cars=cars
        ) as board:
            yield LockStepRun(
                parts.scenario,
                rig,
                parts.parameters,
                board,
                parts.mains,
                parts.inverter,
                parts.station,
                parts.bus,
                parts.host,
                parts.watch,
                meeting.car if meeting else None,
            )


@contextlib.contextmanager
def realtime(parts: Parts) -> Iterator[RealtimeRun]:
    """The virtual board on its own clock, samples from a feeder, ports on pseudo-terminals."""
    cuts = [fault for fault in parts.scenario.faults if fault.kind == "samples"]
    start_s = monotonic()

    def block(_n: int) -> NDArray[np.int16] | None:
        samples = parts.mains.next_block(parts.inverter.power_w)
        cut = any(fault.active(monotonic() - start_s) for fault in cuts)
        return None if cut else np.frombuffer(samples, dtype="<i2")

    with (
        MainsFeed(block, parts.parameters.sample_hz, parts.parameters.block_ms) as feed,
        OutletPort() as outlet,
    ):
        start_s = feed.start_s
        car = parts.station.outlet is not None
        with VirtualBoard(
            parameters=parts.parameters.values(),
            device_id=parts.rig.device_id,
            mains=feed.address,
            heap_bytes=parts.rig.heap_bytes,
            rom=parts.rig.rom,
            environment={"GRIDKEEL_OUTLET": outlet.address} if car else None,
        ) as board:
            ports = Ports(board.rs485, board.host, lambda: board.energised, outlet if car else None)
            yield _on_ports(parts, ports, feed.start_s)


@contextlib.contextmanager
def serial(parts: Parts) -> Iterator[RealtimeRun]:
    """A board on a desk: its mains come from the bench's own source, which must stand steady at nominal."""
    source = parts.mains.source
    steady = isinstance(source, Trace) and not np.ptp(source.freq) and not np.ptp(source.voltage)
    if not steady:
        raise ToolError(
            f"scenario {parts.scenario.name} moves the mains, and rig {parts.rig.name} has no source that this host"
            " can steer; play a scenario with steady mains, or use --rig realtime"
        )
    if parts.station.outlet is not None:
        raise ToolError(
            f"scenario {parts.scenario.name} has a car, and rig {parts.rig.name} none that this host steers"
        )
    run = messages.names_of("STATES").index("run")
    ports = Ports(parts.rig.rs485, parts.rig.host, lambda: parts.host.latest.get("state") == run)
    yield _on_ports(parts, ports, monotonic())


def _on_ports(parts: Parts, ports: Ports, start_s: float) -> RealtimeRun:
    return RealtimeRun(
        parts.scenario,
        parts.parameters,
        parts.rig.host_baud,
        ports,
        start_s,
        parts.station,
        parts.bus,
        parts.host,
        parts.watch,
    )


Player = Callable[[Parts], contextlib.AbstractContextManager[LockStepRun | RealtimeRun]]
PLAYERS: dict[str, Player] = {"lockstep": lockstep, "realtime": realtime, "serial": serial}
