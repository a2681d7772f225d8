"""Disturbances of the grid and orders to the fleet as data, and the run of one case."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from gridkeel.services.regulation import FULL
from hil.plants.grid import GridConfig, SwingGrid
from studies.fleet.fleet import STEP_MS, Fleet

Floats = NDArray[np.float64]

SETTLE_S = 5.0  # chargers start and reach their baseline before anything happens
STEP_S = STEP_MS / 1000
SLOT_S = 60  # of a plan
LEAD_S = 5  # from a plan's arrival to the end of its first slot


@dataclass(frozen=True)
class Order:
    """Order that is sent to every charger at SETTLE_S: an event (kind, start, duration, depth, recovery) or a plan.

    plan: prices by slot of SLOT_S, the first of which began SLOT_S before; cheap up to limits[0], dear from limits[1].
    """

    event: tuple[int, int, int, int, int] | None = None
    plan: tuple[int, ...] = ()
    limits: tuple[int, int] = (0, 1)


@dataclass(frozen=True)
class Agc:
    """A centre that integrates the deviation and sends every charger its share every period_s, until it falls silent.

    gain_per_hz_s: share of the regulation's power for 1 Hz over 1 s.
    """

    period_s: float = 2.0
    gain_per_hz_s: float = 0.1
    silent_after_s: float = math.inf


@dataclass(frozen=True)
class Case:
    """One event.

    loss_pu: generation lost at SETTLE_S, of the grid's rating; below zero it is load that is lost.
    swing_pu, swing_hz, swing_s: a load that swings as a sine from SETTLE_S on, for that long.
    dip_s: how long the voltage is away at SETTLE_S.  parameters: of every charger; mixed: dealt out in turn.
    """

    name: str
    title: str
    loss_pu: float = 0.0
    swing_pu: float = 0.0
    swing_hz: float = 0.0
    swing_s: float = 0.0
    dip_s: float = 0.0
    parameters: dict[str, int] = field(default_factory=dict)
    mixed: dict[str, tuple[int, ...]] = field(default_factory=dict)
    order: Order | None = None
    agc: Agc | None = None


@dataclass
class Outcome:
    """Outcome of a case: frequency, the fleet's power and how many were running, every STEP_MS."""

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

    simulated: how many controllers are computed; each then represents chargers / simulated of them.
    watch: called with the time reached.
    """
    simulated = chargers if simulated is None else min(simulated, chargers)
    fleet = _fleet(case, simulated) if simulated else None
    weight = chargers / simulated if simulated else 0.0
    machine = _machine(case, grid)
    centre = Centre(case, grid.nominal_hz)
    steps = round((SETTLE_S + duration_s) / STEP_S)
    freq_hz, power_w, running = np.empty(steps), np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        t_s = k * STEP_S
        machine.run_to(t_s)
        freq_hz[k] = machine.freq_hz
        if fleet is not None:
            centre.speak(fleet, k, machine.freq_hz)
            away = 0.0 <= t_s - SETTLE_S < case.dip_s
            power_w[k] = fleet.step(machine.freq_hz, 0.0 if away else 1.0) * weight
            running[k] = fleet.running() * weight
        machine.set_charger_power_w(float(power_w[k]) + _swing_w(case, grid, t_s))
        if not k % 100:
            watch(t_s)
    return Outcome(case, chargers, simulated, STEP_S * np.arange(steps, dtype=np.float64), freq_hz, power_w, running)


class Centre:
    """Orders that chargers get from outside, each at its time."""

    def __init__(self, case: Case, nominal_hz: float) -> None:
        self._case = case
        self._nominal_hz = nominal_hz
        self._share = 0.0

    def speak(self, fleet: Fleet, step: int, freq_hz: float) -> None:
        """Send what is due at a step."""
        since = step - round(SETTLE_S / STEP_S)
        order, agc = self._case.order, self._case.agc
        if order is not None and not since:
            if order.event is not None:
                fleet.demand(*order.event)
            if order.plan:
                fleet.plan(list(order.plan), SLOT_S, LEAD_S - SLOT_S, order.limits)
        if agc is not None and 0 <= since * STEP_S < agc.silent_after_s:
            # Too low a frequency calls for power out of the vehicles, which counts negative.
            self._share += agc.gain_per_hz_s * (freq_hz - self._nominal_hz) * STEP_S
            self._share = min(1.0, max(-1.0, self._share))
            if not since % round(agc.period_s / STEP_S):
                fleet.regulate(round(self._share * FULL))


def _fleet(case: Case, n: int) -> Fleet:
    common = Parameters({"start_delay_ms": 100, "stagger": 0, **case.parameters})
    each = {name: np.resize(np.array(values, dtype=np.int64), n) for name, values in case.mixed.items()}
    return Fleet(n, common, each)


def _machine(case: Case, grid: GridConfig) -> SwingGrid:
    """One "charger" of the grid's own count is the whole fleet: its power is given in watts altogether."""
    values = {**vars(grid), "chargers": 1, "loss_w": case.loss_pu * grid.rated_w, "loss_at_s": SETTLE_S}
    return SwingGrid(GridConfig(**values))


def _swing_w(case: Case, grid: GridConfig, t_s: float) -> float:
    since_s = t_s - SETTLE_S
    if not 0.0 <= since_s < case.swing_s:
        return 0.0
    return case.swing_pu * grid.rated_w * float(np.sin(2 * np.pi * case.swing_hz * since_s))
