"""What befalls grid and fleet, as data, and the run of one case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from hil.fleet.fleet import STEP_MS, Fleet
from hil.plants.grid import GridConfig, SwingGrid

Floats = NDArray[np.float64]

SETTLE_S = 5.0  # chargers start and reach their baseline before anything happens
STEP_S = STEP_MS / 1000


@dataclass(frozen=True)
class Case:
    """One event.

    loss_pu: generation lost at SETTLE_S, of the grid's rating; below zero it is load that is lost.
    swing_pu, swing_hz, swing_s: a load that swings as a sine from SETTLE_S on, for that long.
    dip_s: how long the voltage is away at SETTLE_S.  parameters: of every charger.
    """

    name: str
    title: str
    loss_pu: float = 0.0
    swing_pu: float = 0.0
    swing_hz: float = 0.0
    swing_s: float = 0.0
    dip_s: float = 0.0
    parameters: dict[str, int] = field(default_factory=dict)


@dataclass
class Outcome:
    """What a case did: frequency, the fleet's power and how many were running, every STEP_MS."""

    case: Case
    chargers: int
    simulated: int
    t_s: Floats
    freq_hz: Floats
    power_w: Floats
    running: Floats
    event_s: float = SETTLE_S
    figures: dict[str, float] = field(default_factory=dict)


def play(
    case: Case,
    grid: GridConfig,
    chargers: int,
    duration_s: float,
    simulated: int | None = None,
    watch: Callable[[float], None] = lambda _t_s: None,
) -> Outcome:
    """Run one case for duration_s after its event.

    simulated: how many controllers are computed; each then stands for chargers / simulated of them.
    watch: called with the time reached.
    """
    simulated = chargers if simulated is None else min(simulated, chargers)
    fleet = _fleet(case, simulated) if simulated else None
    weight = chargers / simulated if simulated else 0.0
    machine = _machine(case, grid)
    steps = round((SETTLE_S + duration_s) / STEP_S)
    freq_hz, power_w, running = np.empty(steps), np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        t_s = k * STEP_S
        machine.run_to(t_s)
        freq_hz[k] = machine.freq_hz
        if fleet is not None:
            away = 0.0 <= t_s - SETTLE_S < case.dip_s
            power_w[k] = fleet.step(machine.freq_hz, 0.0 if away else 1.0) * weight
            running[k] = fleet.running() * weight
        machine.set_charger_power_w(float(power_w[k]) + _swing_w(case, grid, t_s))
        if not k % 100:
            watch(t_s)
    return Outcome(case, chargers, simulated, STEP_S * np.arange(steps, dtype=np.float64), freq_hz, power_w, running)


def _fleet(case: Case, n: int) -> Fleet:
    return Fleet(n, Parameters({"start_delay_ms": 100, "stagger": 0, **case.parameters}))


def _machine(case: Case, grid: GridConfig) -> SwingGrid:
    """One "charger" of the grid's own count is the whole fleet: its power is given in watts altogether."""
    values = {**vars(grid), "chargers": 1, "loss_w": case.loss_pu * grid.rated_w, "loss_at_s": SETTLE_S}
    return SwingGrid(GridConfig(**values))


def _swing_w(case: Case, grid: GridConfig, t_s: float) -> float:
    since_s = t_s - SETTLE_S
    if not 0.0 <= since_s < case.swing_s:
        return 0.0
    return case.swing_pu * grid.rated_w * float(np.sin(2 * np.pi * case.swing_hz * since_s))
