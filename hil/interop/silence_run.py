"""Plays the silent vehicles on boards in lock step and makes rows of a refusal table of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from certs import v2g
from hil.interop.modes import choose
from hil.interop.refusal import ENDED
from hil.interop.refusal_row import CHARGED, Contactor, Row
from hil.interop.silence import CLOSED_STATES, CONNECTORS, SETTLE_S, Silence, Silences
from hil.plants.waveform import Floats
from hil.rigs import rig as rigs
from hil.rigs.board_setup import BoardSetup
from hil.rigs.bus import SEED
from hil.rigs.plants import Plants
from hil.rigs.recorder import Recorder
from hil.rigs.run import run_on
from hil.rigs.run_host import START_UNIX_S, RunHost
from hil.scenarios.scenario import Scenario
from hil.scripted_vehicle.messages import Contract
from hil.scripted_vehicle.vehicle import VirtualVehicle
from host_tools.uplink.queue import Queue

ROUND_S = 30.5  # beside the wait itself: on to the state, and the next vehicle's session
# Nobody looks at mains and telemetry here: half as many blocks, a twentieth of the records.
BLOCK_MS = 20
TELEMETRY_MS = 2000
CLOSE_MS = 1000  # between the entry of the log and the end of the connection

Say = Callable[[str], None]


def rows(say: Say, connectors: Sequence[int] = range(len(CONNECTORS))) -> list[Row]:
    """Play a silent vehicle in every state of these connectors (places in CONNECTORS); return a row for each."""
    with tempfile.TemporaryDirectory(prefix="gridkeel-silence-") as name:
        folder = Path(name)
        pki = v2g.make(folder / "pki", now=datetime.fromtimestamp(START_UNIX_S, UTC))
        v2g.export_device(pki, folder / "board")
        found: list[Row] = []
        for number in connectors:
            silences_of, changes, is_dc = CONNECTORS[number]
            silences = silences_of(Contract.of(pki))
            say("silence in " + ", ".join(path.state for path in silences.paths))
            begun_s = monotonic()
            recorder = _play(silences, changes, is_dc, folder, number)
            took_s = (monotonic() - begun_s) / len(silences.rows)
            found += [_row(row, recorder, took_s) for row in silences.rows]
        return found


def _play(silences: Silences, changes: dict[str, int], is_dc: bool, folder: Path, number: int) -> Recorder:
    (mode,) = choose("dc-pnc" if is_dc else "ac-pnc")
    rig = rigs.load("lockstep")
    seldom = {"block_ms": BLOCK_MS, "telemetry_ms": TELEMETRY_MS}
    parameters = rig.parameters_with({**mode.charger_parameters(), **changes, **seldom})
    scenario = Scenario(
        name="silence",
        title="Vehicles that fall silent",
        summary="",
        duration_s=sum(path.wait_s + ROUND_S for path in silences.paths),
        mains={"points": [[0.0, 50.0, 1.0]]},
        vehicle={"onboard": False} if is_dc else {"phases": 3},
    )
    recorder = Recorder()
    plants = Plants.of(scenario, parameters)
    assert plants.connector is not None
    setup = BoardSetup(
        parameters.values(),
        boot_id=number + 1,
        pki=folder / "board",
        vehicle=VirtualVehicle(silences.script, plants.connector.do),
    )
    with Queue(folder / f"queue-{number}.sqlite") as queue, rig.open(plants, setup) as opened:
        host = RunHost(queue, rig.host_baud, [], recorder, lambda _birth: None, SEED)
        run_on(opened, scenario, host).play()
    return recorder


def _row(row: Silence, recorder: Recorder, took_s: float) -> Row:
    near_ms = row.closed_us / 1000
    entry = next(
        (
            f"{record['kind']} {record['subject']}"
            for record in recorder.v2g
            if record["kind"] == "closed" and abs(record["uptime_ms"] - near_ms) < CLOSE_MS
        ),
        "",
    )
    code = ENDED if row.after_s is not None else ("an open connection" if row.reached else "an earlier end")
    logged = f"{entry}, after {row.after_s:.0f} s" if entry and row.after_s is not None else ""
    moves = recorder.connector()
    return Row(
        f"silence in state {row.state}",
        ENDED,
        code,
        row.state in CLOSED_STATES,
        _contactor(row, moves["t_s"] * 1e6, moves["closed"] > 0),
        logged,
        _next_vehicle(row, moves["t_s"] * 1e6, moves["closed"] > 0),
        took_s,
    )


def _contactor(row: Silence, t_us: Floats, closed: NDArray[np.bool_]) -> Contactor:
    """Read the plant's record: before the connection was closed, and from then on until the plug was pulled."""
    before = closed[t_us < row.closed_us]
    behind = (t_us >= row.closed_us) & (t_us < row.until_us)
    was_closed = bool(before.size and before[-1])
    if not behind.any() or closed[behind][-1]:
        return Contactor(was_closed, None)
    last_closed = t_us[behind & closed]
    return Contactor(
        was_closed, (float(last_closed[-1]) - row.closed_us) / 1000 + BLOCK_MS if last_closed.size else 0.0
    )


def _next_vehicle(row: Silence, t_us: Floats, closed: NDArray[np.bool_]) -> str:
    seen = closed[(t_us > row.until_us + SETTLE_S * 1e6) & (t_us < row.next_us)]
    if row.next_vehicle == CHARGED and not seen.any():
        return "its contactor stayed open"
    return row.next_vehicle
