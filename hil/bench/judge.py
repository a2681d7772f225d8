"""From what a run recorded to its figures, checks and report record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gridkeel.envelope import TEMPERATURE_UNKNOWN
from gridkeel.link import messages
from gridkeel.params import Parameters
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from hil.bench import connector_figures, figures
from hil.bench.vehicle_session import VehicleSession
from hil.plants.grid import SwingGrid, simulate
from hil.plants.trace import Trace
from hil.report import Check, RunRecord, Series
from hil.rigs.lockstep_run import SLICE_US
from hil.rigs.recorder import Recorder
from hil.rigs.rig import Rig
from hil.scenarios.scenario import Limit, Scenario
from host_tools.errors import ToolError

CLOCK_KNOWN = messages.names_of("CLOCK_STATES").index("known")
GRID_S = 0.001  # fineness at which the truth is searched for crossings


@dataclass
class Played:
    """The data of a run once the board has stopped.  short: why records are not there, "" where all are."""

    scenario: Scenario
    rig: Rig
    parameters: Parameters
    mains: Any
    recorder: Recorder
    commands: list[tuple[int, int]]
    cease_us: list[int]
    reversions: int
    produced: int
    dropped: int
    delivered: int
    doubled: int
    short: str
    virtual_s: float
    real_s: float
    board_s: float
    meta: dict[str, str]
    session: VehicleSession | None = None


def judge(played: Played) -> RunRecord:
    """Return the record of a run with its figures and checks."""
    telemetry = _timed(played)
    plant = played.recorder.plant()
    lag_s = played.rig.compute_us / 1e6
    errors = figures.frequency_errors(played.mains, telemetry, played.parameters, lag_s)
    found = (
        errors.figures()
        | _clock(telemetry)
        | _heat(telemetry)
        | _delays(played)
        | _counts(played, telemetry)
        | _outages(played, plant)
    )
    if played.scenario.vehicle is not None:
        start_s = float(telemetry["at_s"][0] - telemetry["uptime_ms"][0] / 1000)
        found |= connector_figures.figures(played.recorder, played.mains, played.commands, played.cease_us, start_s)
    if played.session is not None:
        found |= played.session.figures(played.mains.source)
    end_s = played.virtual_s
    inside = telemetry["at_s"] <= end_s
    telemetry = {key: column[inside] for key, column in telemetry.items()}
    at_s = telemetry.pop("at_s")
    quality = telemetry["quality"].astype(int)
    for name, bad in (("freq_uhz", UNUSABLE | WARM_UP_LONG), ("freq_short_uhz", UNUSABLE)):
        telemetry[name] = np.where(
            quality & bad, 0.0, telemetry[name]
        )  # drawn as a gap: what was not measured is no line
    plant_t_s = plant.pop("t_s")
    truth_t_s = np.arange(0.0, end_s, 0.02)
    freq_hz, _rocof, voltage_pu, valid = played.mains.truth(truth_t_s)
    record = RunRecord(
        scenario=played.scenario.name,
        title=played.scenario.title,
        started_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        meta=played.meta,
        truth=Series(truth_t_s, {"freq_hz": np.where(valid, freq_hz, np.nan), "voltage_pu": voltage_pu}),
        telemetry=Series(at_s, telemetry),
        plant=Series(plant_t_s, plant),
        error=Series(errors.t_s, {"freq_error_mhz": errors.error_mhz}),
        commands=[(at_us / 1e6, float(power)) for at_us, power in played.commands],
        figures=found,
        breakdown=_breakdown(played, found),
        events=played.recorder.events,
        spans=played.session.spans if played.session else [],
        error_goal_mhz=5.0,
        focus_s=_focus(played, found),
        clock_s=getattr(played.mains.source, "clock_s", None) or None,
    )
    if isinstance(played.mains.source, SwingGrid):
        _add_nadir(record, played)
    record.checks = _checks(played, record)
    return record


def _focus(played: Played, found: dict[str, float]) -> tuple[float, float] | None:
    """Return the stretch worth a closer look: the first jump of the mains, or the collapse."""
    jumps = played.mains.source.jumps_s() if isinstance(played.mains.source, Trace) else []
    if jumps:
        last_s = max(at_s for at_s in jumps if at_s < jumps[0] + 1.0) if played.session else jumps[0]
        return jumps[0] - 0.2, last_s + 0.6
    if "collapse_at_s" in found:
        return max(0.0, found["collapse_at_s"] - 8.0), min(played.virtual_s, found["collapse_at_s"] + 3.0)
    return None


def _timed(played: Played) -> dict[str, np.ndarray]:
    """Return the telemetry with at_s as the scenario's time at which each record was made.

    A board in lock step starts with the scenario; one on its own clock started some time before or after, which the
    quickest record shows to within the link's delay.
    """
    telemetry = played.recorder.telemetry()
    if not telemetry["at_s"].size:
        raise ToolError(f"the controller sent no telemetry; its console said: {played.recorder.console}")
    made_s = telemetry["uptime_ms"] / 1000
    offset_s = 0.0 if played.rig.kind == "lockstep" else float((telemetry["at_s"] - made_s).min())
    telemetry["at_s"] = made_s + offset_s
    return telemetry


def _delays(played: Played) -> dict[str, float]:
    t_s = np.arange(1.0, played.virtual_s, GRID_S)
    found: dict[str, float] = {}
    delays = []
    for crossing in figures.crossings(played.mains, played.parameters, t_s):
        delay = figures.response_delay_ms(crossing, played.commands)
        if delay is not None:
            delays.append((abs(crossing.rocof_hz_s), delay, crossing))
    if delays:
        found["deadband_to_command_ms"] = delays[0][1]
        found["deadband_to_command_worst_ms"] = max(delay for _rocof, delay, _crossing in delays)
        found["deadband_crossings"] = float(len(delays))
    found |= _steps(played)
    collapse = figures.collapse_s(played.mains, played.parameters, t_s)
    if collapse is not None:
        found["collapse_at_s"] = collapse
        delay = figures.cease_delay_ms(collapse, played.cease_us, played.commands)
        if delay is not None:
            found["collapse_to_cease_ms"] = delay
    return found


def _steps(played: Played) -> dict[str, float]:
    """Delays from the true jumps of the mains to the command that carries 90 % of the answer."""
    if not isinstance(played.mains.source, Trace):
        return {}
    jumps = played.mains.source.jumps_s()
    delays = []
    for at_s, until_s in zip(jumps, [*jumps[1:], played.virtual_s], strict=False):
        delay = figures.full_response_ms(at_s, until_s, played.commands)
        if delay is not None:
            delays.append(delay)
    if not delays:
        return {}
    return {
        "step_to_full_command_ms": delays[0],
        "step_median_ms": float(np.median(delays)),
        "step_p99_ms": float(np.percentile(delays, 99)),
        "step_worst_ms": max(delays),
        "steps_answered": float(len(delays)),
    }


def _outages(played: Played, plant: dict[str, np.ndarray]) -> dict[str, float]:
    inside = plant["t_s"] <= played.virtual_s
    found = {"end_power_w": float(plant["delivered_w"][inside][-1]), "reversions": float(played.reversions)}
    found["end_var"] = float(plant["var"][inside][-1])
    found["most_var"] = float(plant["var"][inside].max())
    found["least_var"] = float(plant["var"][inside].min())
    found["cabinet_max_c"] = float(plant["cabinet_c"][inside].max())
    for fault in played.scenario.faults:
        settle_s = {"inverter_link": played.parameters.reversion_s + 1.0, "samples": 0.5}.get(fault.kind)
        if settle_s is None:
            continue
        during = (plant["t_s"] >= fault.at_s + settle_s) & (plant["t_s"] < fault.at_s + fault.for_s)
        found["power_in_outage_w"] = float(np.abs(plant["delivered_w"][during]).max())
        ceased = [at_us / 1e3 - fault.at_s * 1e3 for at_us in played.cease_us if at_us / 1e6 >= fault.at_s]
        if ceased:
            found["fault_to_cease_ms"] = ceased[0]
    return found


def _clock(telemetry: dict[str, np.ndarray]) -> dict[str, float]:
    if telemetry["sample_clock_state"][-1] != CLOCK_KNOWN:
        return {}
    return {"sample_clock_ppm": float(telemetry["sample_clock_ppm"][-1])}


def _heat(telemetry: dict[str, np.ndarray]) -> dict[str, float]:
    reported_c = float(telemetry["temperature_c"][-1])
    return {} if reported_c == TEMPERATURE_UNKNOWN else {"end_temperature_c": reported_c}


def _counts(played: Played, telemetry: dict[str, np.ndarray]) -> dict[str, float]:
    return {
        "speed_ratio": played.virtual_s / played.real_s,
        "board_speed_ratio": played.virtual_s / played.board_s if played.board_s else 1.0,
        "produced": float(played.produced),
        "dropped": float(played.dropped),
        "delivered": float(played.delivered),
        "doubled": float(played.doubled),
        "undelivered": float(played.produced - played.dropped - played.delivered),
        "loop_gap_max_ms": float(telemetry["loop_gap_max_us"].max()) / 1000,
        "step_max_ms": float(telemetry["step_max_us"].max()) / 1000,
        "heap_free_min_kb": float(telemetry["heap_free"].min()) / 1024,
        "bus_errors": float(telemetry["bus_errors"].max()),
        "link_errors": float(telemetry["link_errors"].max()),
        "commands": float(len(played.commands)),
    }


def _breakdown(played: Played, found: dict[str, float]) -> list[tuple[str, float]]:
    """Split the delay to the full command: wire and computing time are known, a block is what it is, the rest is
    the estimator's window."""
    total = found.get("step_to_full_command_ms")
    if total is None:
        return []
    wire = 17 * 11 * 1e3 / played.parameters.modbus_baud
    compute = played.rig.compute_us / 1e3
    block = float(played.parameters.block_ms)
    session = SLICE_US / 1e3 if played.session else 0.0
    window = total - wire - compute - session - block
    parts = [("window", window), ("block", block), ("computation", compute), ("wire", wire)]
    return parts + ([("slice of the session", session)] if session else [])


def _add_nadir(record: RunRecord, played: Played) -> None:
    source: SwingGrid = played.mains.source
    t_s, with_hz = source.history()
    _t, without_hz = simulate(source.config, float(t_s[-1]))
    n = min(len(with_hz), len(without_hz))
    keep = slice(0, n, 10)
    record.extra["nadir"] = Series(
        t_s[:n][keep], {"freq_without_hz": without_hz[:n][keep], "freq_with_hz": with_hz[:n][keep]}
    )
    record.figures["nadir_without_hz"] = float(without_hz.min())
    record.figures["nadir_with_hz"] = float(with_hz.min())
    record.figures["nadir_gain_mhz"] = float(with_hz.min() - without_hz.min()) * 1000


def _checks(played: Played, record: RunRecord) -> list[Check]:
    checks = [_limit(limit, record.figures) for limit in played.scenario.limits]
    state = messages.names_of("STATES")[int(record.telemetry.values["state"][-1])]
    wanted = played.scenario.end_state
    checks.append(Check("end_state", state == wanted, state, wanted, "", "state of the controller at the end"))
    checks.append(_safe(record))
    checks.append(_safe_end(played))
    undelivered = record.figures["undelivered"]
    meaning = "records produced, less those reported as dropped, against distinct records at the broker's far side"
    if played.short:
        meaning += f"; {played.short}"
    checks.append(Check("undelivered", undelivered == 0 and not played.short, undelivered, "0", "", meaning))
    return checks


def _safe_end(played: Played) -> Check:
    """Every scenario ends with the order to be safe: contactor open, zero on the wire, no power."""
    plant = played.recorder.plant()
    safe = not plant["energise"][-1] and not plant["delivered_w"][-1] and not plant["target_w"][-1]
    state = messages.names_of("STATES")[int(played.recorder.telemetry()["state"][-1])]
    measured = f"{state}, {plant['delivered_w'][-1]:.0f} W, contactor {'shut' if plant['energise'][-1] else 'open'}"
    ok = bool(safe) and state == "safe"
    return Check("safe_end", ok, measured, "safe, 0 W, contactor open", "", "after the order at the scenario's end")


def _limit(limit: Limit, found: dict[str, float]) -> Check:
    value = found.get(limit.figure)
    words = [
        f"<= {limit.most:g}" if limit.most is not None else "",
        f">= {limit.least:g}" if limit.least is not None else "",
    ]
    text = " and ".join(word for word in words if word)
    if value is None:
        return Check(limit.figure, False, "not measured", text, limit.unit, limit.meaning)
    ok = (limit.most is None or value <= limit.most) and (limit.least is None or value >= limit.least)
    return Check(limit.figure, ok, round(value, 3), text, limit.unit, limit.meaning)


def _safe(record: RunRecord) -> Check:
    """Wherever the controller was not in `run` for half a second, the inverter delivered nothing."""
    run = messages.names_of("STATES").index("run")
    stopped = (record.telemetry.values["state"] != run).astype(float)
    state = np.interp(record.plant.t_s, record.telemetry.t_s, stopped) == 1.0
    settled = np.convolve(state, np.ones(50), "full")[: state.size] >= 50
    worst = float(np.abs(record.plant.values["delivered_w"][settled]).max()) if settled.any() else 0.0
    return Check(
        "power_while_ceased", worst < 1.0, worst, "< 1", "W", "power delivered half a second after a cease or later"
    )
