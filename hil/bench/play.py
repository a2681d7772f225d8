"""Plays scenarios on a rig, through the uplink's queue and a broker, from files to records."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gridkeel import VERSION
from gridkeel.params import Parameters
from hil.bench.judge import Played, judge
from hil.bench.vehicle_session import session_of
from hil.plants.trace import load_iberia
from hil.report import RunRecord
from hil.rigs.board_setup import BoardSetup
from hil.rigs.bus import SEED
from hil.rigs.lockstep_run import Progress
from hil.rigs.plants import Plants
from hil.rigs.recorder import Recorder
from hil.rigs.rig import Rig
from hil.rigs.run import run_on
from hil.rigs.run_host import START_UNIX_S, RunHost
from hil.scenarios.scenario import RECORD, Scenario
from host_tools.errors import ToolError
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.counter import CountingSubscriber
from host_tools.uplink.publisher_thread import PublisherThread
from host_tools.uplink.queue import Queue

DRAIN_S = 60.0


@dataclass
class Delivery:
    """The way from the queue to a subscriber, shared by the scenarios of one bench command."""

    queue_path: Path
    publisher: PublisherThread
    counter: CountingSubscriber
    boots: int = 0

    def next_boot(self) -> int:
        """Return the boot id of the next board in lock step: new for each scenario, the same in every run."""
        self.boots += 1
        return self.boots

    def settle(self, already: int, stored: int) -> int:
        """Wait until all that went into the queue came through, beyond `already`; return how many did."""
        self.publisher.drain(DRAIN_S)
        self.counter.wait_for(already + stored, DRAIN_S)
        return self.counter.delivered - already


@contextlib.contextmanager
def delivery(folder: Path) -> Iterator[Delivery]:
    """Start the embedded broker, a counting subscriber and the uplink's publisher."""
    queue_path = folder / "queue.sqlite"
    with EmbeddedBroker() as embedded:
        broker = broker_at(embedded.url)
        with CountingSubscriber(broker) as counter, PublisherThread(queue_path, broker, say=_silent) as publisher:
            yield Delivery(queue_path, publisher, counter)


def _silent(_line: str) -> None:
    """The publisher's lines have no place inside a live table; trouble shows as undelivered records."""


def play(
    scenario: Scenario,
    rig: Rig,
    overrides: dict[str, int],
    way: Delivery,
    watch: Callable[[Progress], None] = lambda _progress: None,
) -> RunRecord:
    """Play one scenario on a rig and judge it.  Errors: ToolError where the rig cannot play it."""
    if scenario.session is not None and rig.kind != "lockstep":
        raise ToolError(f"scenario {scenario.name}: its vehicle speaks in virtual time; play it on a lock-step rig")
    parameters = rig.parameters_with({**scenario.parameters, **overrides})
    recorder = Recorder()
    plants = Plants.of(scenario, parameters)
    if rig.kind == "serial":
        _check_steerable(scenario, rig, plants)
    already, already_doubled = way.counter.delivered, way.counter.doubled
    with Queue(way.queue_path) as queue, session_of(scenario, START_UNIX_S) as session:
        host = RunHost(queue, rig.host_baud, scenario.faults, recorder, way.publisher.attach, SEED)
        setup = BoardSetup(
            parameters.values(),
            boot_id=way.next_boot(),
            pki=session.pki if session else None,
            vehicle=session.vehicle if session else None,
        )
        with rig.open(plants, setup) as opened:
            run = run_on(opened, scenario, host, watch)
            run.play()
    dropped = host.intake.counts.missing
    delivered = way.settle(already, host.intake.counts.stored)
    played = Played(
        scenario=scenario,
        rig=rig,
        parameters=parameters,
        mains=plants.mains,
        recorder=recorder,
        commands=plants.bus.commands,
        cease_us=run.cease_us,
        reversions=plants.inverter.reversions,
        produced=host.produced,
        dropped=dropped,
        delivered=delivered,
        short=host.short,
        doubled=way.counter.doubled - already_doubled,
        virtual_s=run.pace.virtual_s,
        real_s=run.pace.real_s,
        board_s=run.pace.board_s,
        meta=_meta(rig, parameters),
        session=session,
    )
    return judge(played)


def _check_steerable(scenario: Scenario, rig: Rig, plants: Plants) -> None:
    if not plants.mains.steady:
        raise ToolError(
            f"scenario {scenario.name} moves the mains, and rig {rig.name} has no source that this host"
            " can steer; play a scenario with steady mains, or use --rig realtime"
        )
    if plants.connector is not None:
        raise ToolError(f"scenario {scenario.name} has a vehicle, and rig {rig.name} none that this host steers")


def _meta(rig: Rig, parameters: Parameters) -> dict[str, str]:
    return {
        "gridkeel": VERSION,
        "rig": f"{rig.name} ({rig.kind})",
        "heap": f"{rig.heap_bytes // 1024} kB on the 64-bit port, about half of that on a 32-bit board",
        "firmware": "compiled, run in place from ROM" if rig.rom else "source, compiled on the board",
        "samples": f"{parameters.sample_hz} Hz, blocks of {parameters.block_ms} ms",
        "RS-485": f"{parameters.modbus_baud} Bd, 8E1",
        "host": f"Python {platform.python_version()} on {platform.machine()}",
    }


def cut_to(scenario: Scenario, start: str | None, end: str | None, whole: bool) -> Scenario:
    """Return a recorded scenario with another stretch of its record."""
    mains = dict(scenario.mains)
    if whole:
        mains.update({"from": "11:00", "to": "12:59:58"})
    if start:
        mains["from"] = start
    if end:
        mains["to"] = end
    if mains == scenario.mains:
        return scenario
    trace = load_iberia(RECORD, mains["from"], mains["to"])
    return replace(scenario, mains=mains, duration_s=trace.duration_s)
