"""Figures of a run with an EV at the connector: how soon power comes, how soon the contactor opens, the faults."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.plants.trace import Trace
from hil.rigs.recorder import Recorder

C_OR_D_MV = (2000.0, 7000.0)
FLOWS_W = 500.0
SETTLE_S = 0.2
OFFERED = (100.0, 960.0)  # duties in 0.1 % that mean a current

Floats = NDArray[np.float64]


def figures(
    recorder: Recorder, mains: object, commands: list[tuple[int, int]], cease_us: list[int], start_s: float
) -> dict[str, float]:
    """Return the figures of a run's rows; one that nothing happened for is absent.

    start_s: the scenario's time at which the controller's uptime began.
    """
    connector, plant, telemetry = recorder.connector(), recorder.plant(), recorder.telemetry()
    t_s, power_w = connector["t_s"], plant["delivered_w"]
    ready = (connector["high_mv"] >= C_OR_D_MV[0]) & (connector["high_mv"] <= C_OR_D_MV[1])
    found: dict[str, float] = {}
    if ready.any() and (power_w > FLOWS_W).any():
        found["power_at_s"] = float(t_s[np.argmax(power_w > FLOWS_W)])
        found["ready_to_power_s"] = float(t_s[np.argmax(power_w > FLOWS_W)] - t_s[np.argmax(ready)])
    opening = _openings_ms(t_s, ready, connector["closed"] > 0)
    if opening:
        found["leave_to_open_ms"] = max(opening)
    found["power_while_not_ready_w"] = _most_outside(t_s, ready, power_w)
    zeros = [_zero_after_ms(at_us, commands) for at_us in cease_us]
    if zeros:
        found["open_to_zero_ms"] = max(zeros)
    steps = _steps_ms(mains, t_s, connector["duty_permille"])
    if steps:
        found["step_to_offer_ms"] = max(steps)
    moved_wh = float(np.sum(np.maximum(power_w[:-1], 0.0) * np.diff(t_s))) / 3600
    found["energy_error_wh"] = abs(float(telemetry["energy_wh"][-1]) - moved_wh)
    return found | _reported_s(recorder.events, start_s)


def _openings_ms(t_s: Floats, ready: NDArray[np.bool_], closed: NDArray[np.bool_]) -> list[float]:
    """Return how long the contacts stayed closed each time the pilot left C or D under them."""
    left = np.flatnonzero(ready[:-1] & ~ready[1:] & closed[1:]) + 1
    found = []
    for at in left:
        opened = np.flatnonzero(~closed[at:])
        end_s = t_s[at + opened[0]] if opened.size else t_s[-1]
        found.append(float(end_s - t_s[at]) * 1000)
    return found


def _most_outside(t_s: Floats, ready: NDArray[np.bool_], power_w: Floats) -> float:
    """Return the most power that flowed while the pilot had been out of C and D for SETTLE_S."""
    last_ready_s = np.maximum.accumulate(np.where(ready, t_s, -np.inf))
    outside = t_s - last_ready_s > SETTLE_S
    return float(np.abs(power_w[outside]).max()) if outside.any() else 0.0


def _zero_after_ms(cease_us: int, commands: list[tuple[int, int]]) -> float:
    """Return how long after the coil's release the last command on the wire was not yet zero."""
    before = [power for at_us, power in commands if at_us <= cease_us]
    if not before or before[-1] == 0:
        return 0.0
    after = [at_us for at_us, power in commands if at_us > cease_us and power == 0]
    return (after[0] - cease_us) / 1000 if after else float("inf")


def _steps_ms(mains: object, t_s: Floats, duty: Floats) -> list[float]:
    """Return for each jump of the frequency the time to the duty that carries 90 % of the offer's change."""
    source = getattr(mains, "source", None)
    jumps = source.jumps_s() if isinstance(source, Trace) else []
    found = []
    for at_s, until_s in zip(jumps, [*jumps[1:], float(t_s[-1])], strict=False):
        window = np.flatnonzero((t_s >= at_s) & (t_s < min(until_s, at_s + 1.0)))
        if not window.size or window[0] == 0:
            continue
        before, after = duty[window[0] - 1], duty[window[-1]]
        if before == after or not all(OFFERED[0] <= value <= OFFERED[1] for value in (before, after)):
            continue
        share = (duty[window] - before) / (after - before)
        found.append(float(t_s[window[np.argmax(share >= 0.9)]] - at_s) * 1000)
    return found


def _reported_s(events: list[tuple[float, str]], start_s: float) -> dict[str, float]:
    """Return when each fault was first noticed by the controller."""
    found: dict[str, float] = {}
    for at_s, text in events:
        if not text.endswith(" over"):
            found.setdefault(f"reported_{text}_s", at_s + start_s)
    return found
