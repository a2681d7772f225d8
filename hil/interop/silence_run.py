"""Plays the silent cars on boards in lock step and makes rows of a refusal table of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from certs import v2g
from gridkeel.params import Parameters
from hil.bench import rig as rigs
from hil.bench.bus import Bus
from hil.bench.hostside import START_UNIX_S, HostSide
from hil.bench.mains import Mains
from hil.bench.meeting import Meeting
from hil.bench.players import Parts, lockstep
from hil.bench.recorder import Recorder
from hil.bench.scenario import Scenario
from hil.bench.station import Station
from hil.interop.modes import choose
from hil.interop.refuse_all import Row
from hil.interop.silence import OUTLETS, WAIT_S, Silence, Silences
from hil.interop.talk import Contract
from hil.interop.virtual_car import VirtualCar
from hil.plants.inverter import Inverter, InverterConfig
from host_tools.uplink.queue import Queue

SEED = 20250428
ROUND_S = 14.0  # beside the wait itself: on to the state, and the next car's session
BLOCK_MS = 20  # nobody looks at the mains here: half as many blocks
CLOSE_MS = 1000  # between the entry of the log and the end of the connection

Say = Callable[[str], None]


def rows(say: Say) -> list[Row]:
    """Play a silent car in every state; return a row for each."""
    with tempfile.TemporaryDirectory(prefix="gridkeel-silence-") as name:
        folder = Path(name)
        pki = v2g.make(folder / "pki", now=datetime.fromtimestamp(START_UNIX_S, UTC))
        v2g.export_device(pki, folder / "board")
        found: list[Row] = []
        for number, (silences_of, changes, is_dc) in enumerate(OUTLETS):
            silences = silences_of(Contract.of(pki))
            say("silence in " + ", ".join(path.state for path in silences.paths))
            recorder = _play(silences, changes, is_dc, folder, number)
            found += [_row(row, recorder) for row in silences.rows]
        return found


def _play(silences: Silences, changes: dict[str, int], is_dc: bool, folder: Path, number: int) -> Recorder:
    (mode,) = choose("dc-pnc" if is_dc else "ac-pnc")
    rig = rigs.load("lockstep")
    parameters = Parameters({**mode.charger_parameters(), **changes, "block_ms": BLOCK_MS})
    scenario = Scenario(
        name="silence",
        title="Cars that fall silent",
        summary="",
        duration_s=len(silences.paths) * (WAIT_S + ROUND_S),
        mains={"points": [[0.0, 50.0, 1.0]]},
        vehicle={"onboard": False} if is_dc else {"phases": 3},
    )
    recorder = Recorder()
    mains = Mains(scenario, parameters, scenario.duration_s + 10.0)
    inverter = Inverter(InverterConfig(unit=parameters.modbus_unit))
    station = Station(scenario, mains, inverter, recorder)
    outlet = station.outlet
    assert outlet is not None
    silences.contactor_closed = lambda: outlet.contactor.closed
    meeting = Meeting(VirtualCar(silences.script, outlet.do), folder / "board")
    with Queue(folder / f"queue-{number}.sqlite") as queue:
        host = HostSide(queue, rig.host_baud, [], recorder, lambda _birth: None, SEED)
        bus = Bus(inverter, parameters.modbus_baud, [], SEED)
        parts = Parts(
            scenario, rig, parameters, mains, inverter, station, bus, host, recorder, _nobody, number + 1, meeting
        )
        with lockstep(parts) as run:
            run.play()
    return recorder


def _nobody(_progress: object) -> None:
    """Nobody watches."""


def _row(row: Silence, recorder: Recorder) -> Row:
    near_ms = row.closed_us / 1000
    entry = next(
        (
            f"{record['kind']} {record['subject']}"
            for record in recorder.v2g
            if record["kind"] == "closed" and abs(record["uptime_ms"] - near_ms) < CLOSE_MS
        ),
        "",
    )
    code = "" if row.after_s is not None else ("an open connection" if row.reached else "an earlier end")
    told = f"{entry}, after {row.after_s:.0f} s" if entry and row.after_s is not None else ""
    return Row(f"silence in state {row.state}", "", code, told, row.contactor, row.next_car)
