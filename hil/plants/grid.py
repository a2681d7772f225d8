"""The swing grid, small enough to feel its chargers: one equivalent machine, governor, load, and a lost power station.

The model is the low-order system frequency response (Anderson and Mirheydar, IEEE Trans. Power Systems 5(3), 1990;
swing equation and load damping as in Kundur, Power System Stability and Control, ch. 11), in per unit of `rated_w`,
x being the frequency deviation and g the governor's extra power:

    2 H dx/dt = g - loss - fleet - D x          T dg/dt = clip(-x / R, +-reserve) - g

Power of the chargers is positive into the vehicles, so it loads the grid. Until the loss the dispatch has balanced
whatever the fleet draws; from then on only its change acts on the frequency.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from host_tools.errors import ToolError

Floats = NDArray[np.float64]

STEP_S = 0.001  # of the integration; phase between two steps is the exact integral of a straight line


@dataclass(frozen=True)
class GridConfig:
    """The grid and what befalls it; the defaults are an island of 1 GW that loses a unit of 80 MW.

    inertia_s: H, 2 to 9 s for thermal machines, less with many converters (Kundur, table 3.2).
    load_damping_pu: D, 1 to 2 % of load for 1 % of frequency (Kundur, 11.1).
    droop_pu: R on the system's rating; 0.08 is five eighths of the machines governing at the usual 0.05.
    governor_lag_s: T, servo, steam chest and reheater in one lag; gas turbines about 1 s, reheat units 6 to 12 s.
    reserve_w: what the governors can add or take at most.
    loss_w at loss_at_s: 8 % of the rating, 0.5 Hz/s at the outset.
    chargers: how many alike chargers the one under test represents.
    """

    rated_w: float = 1e9
    nominal_hz: float = 50.0
    inertia_s: float = 4.0
    load_damping_pu: float = 1.0
    droop_pu: float = 0.08
    governor_lag_s: float = 4.0
    reserve_w: float = 100e6
    loss_w: float = 80e6
    loss_at_s: float = 5.0
    chargers: int = 10_000
    voltage_pu: float = 1.0

    def __post_init__(self) -> None:
        for name in ("rated_w", "nominal_hz", "inertia_s", "droop_pu", "governor_lag_s"):
            if not getattr(self, name) > 0:
                raise ToolError(f"grid: {name} = {getattr(self, name)} is not above zero")
        if self.chargers < 0 or self.reserve_w < 0:
            raise ToolError("grid: chargers and reserve_w cannot be below zero")


class SwingGrid:
    """Frequency of the grid from its balance of power; a source for PointOnWave that reacts to the chargers."""

    def __init__(self, config: GridConfig | None = None) -> None:
        self.config = config or GridConfig()
        self._x_pu = 0.0
        self._governor_pu = 0.0
        self._charger_w = 0.0
        self._charger_before_w = 0.0
        self._loss_step = round(self.config.loss_at_s / STEP_S)
        # At the end of each step so far: frequency and phase. Entry k is time k * STEP_S.
        self._freq_hz = array("d", [self.config.nominal_hz])
        self._turns = array("d", [0.0])

    @property
    def t_s(self) -> float:
        """Time up to which the grid has been integrated."""
        return (len(self._freq_hz) - 1) * STEP_S

    @property
    def freq_hz(self) -> float:
        """Frequency at t_s."""
        return self._freq_hz[-1]

    def set_charger_power_w(self, power_w: float) -> None:
        """Power of one charger, positive into the vehicle, from t_s on; the fleet does the same times its count."""
        self._charger_w = power_w

    def advance(self, t0_s: float, n: int, dt_s: float) -> tuple[Floats, Floats]:
        """Integrate up to the n-th sample; return phase in turns and voltage in per unit at every sample."""
        t_s: Floats = t0_s + dt_s * np.arange(n, dtype=np.float64)
        if n:
            self.run_to(float(t_s[-1]))
        return self._phase_turns(t_s), np.full(n, self.config.voltage_pu)

    def run_to(self, t_s: float) -> None:
        """Integrate in whole steps until t_s is covered."""
        last = int(np.ceil(t_s / STEP_S - 1e-9)) + 1
        for step in range(len(self._freq_hz) - 1, last):
            self._step(step)

    def history(self) -> tuple[Floats, Floats]:
        """Return t_s and freq_hz at every step so far."""
        freq_hz = np.array(self._freq_hz)
        return STEP_S * np.arange(freq_hz.size, dtype=np.float64), freq_hz

    def truth(self, t_s: ArrayLike) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
        """Return freq_hz, rocof_hz_s, voltage_pu and validity at times up to t_s; later ones hold the last values."""
        t = np.asarray(t_s, dtype=np.float64)
        at_s, freq_hz = self.history()
        slope = np.append(np.diff(freq_hz) / STEP_S, 0.0)
        step = np.clip(np.floor(t / STEP_S + 1e-9).astype(np.intp), 0, slope.size - 1)
        voltage_pu = np.full(t.shape, self.config.voltage_pu)
        return np.interp(t, at_s, freq_hz), slope[step], voltage_pu, np.ones(t.shape, dtype=bool)

    def _step(self, step: int) -> None:
        """One step of the midpoint method."""
        config = self.config
        if step < self._loss_step:
            self._charger_before_w = self._charger_w
            loss_w = 0.0
        else:
            loss_w = config.loss_w
        shortfall_w = loss_w + config.chargers * (self._charger_w - self._charger_before_w)
        shortfall_pu = shortfall_w / config.rated_w
        x_rate, governor_rate = self._rates(self._x_pu, self._governor_pu, shortfall_pu)
        half_s = STEP_S / 2
        x_rate, governor_rate = self._rates(
            self._x_pu + half_s * x_rate, self._governor_pu + half_s * governor_rate, shortfall_pu
        )
        self._x_pu += STEP_S * x_rate
        self._governor_pu += STEP_S * governor_rate
        before_hz = self._freq_hz[-1]
        after_hz = config.nominal_hz * (1.0 + self._x_pu)
        self._freq_hz.append(after_hz)
        self._turns.append(self._turns[-1] + 0.5 * (before_hz + after_hz) * STEP_S)

    def _rates(self, x_pu: float, governor_pu: float, shortfall_pu: float) -> tuple[float, float]:
        config = self.config
        x_rate = (governor_pu - shortfall_pu - config.load_damping_pu * x_pu) / (2 * config.inertia_s)
        reserve_pu = config.reserve_w / config.rated_w
        wanted_pu = min(max(-x_pu / config.droop_pu, -reserve_pu), reserve_pu)
        return x_rate, (wanted_pu - governor_pu) / config.governor_lag_s

    def _phase_turns(self, t_s: Floats) -> Floats:
        if not t_s.size:
            return np.empty(0)
        step = np.floor(t_s / STEP_S + 1e-9).astype(np.intp)
        first, last = int(step[0]), int(step[-1]) + 2
        freq_hz = np.array(self._freq_hz[first:last])
        turns = np.array(self._turns[first:last])
        i = step - first
        tau = t_s - step * STEP_S
        slope = np.diff(freq_hz) / STEP_S
        return turns[i] + tau * (freq_hz[i] + 0.5 * slope[i] * tau)


def simulate(
    config: GridConfig, duration_s: float, charger_law: Callable[[float], float] | None = None
) -> tuple[Floats, Floats]:
    """Return t_s and freq_hz of the same event without a board.

    charger_law: frequency in Hz to one charger's power in W, followed at once; None leaves the chargers out.
    """
    grid = SwingGrid(config if charger_law else replace(config, chargers=0))
    for step in range(round(duration_s / STEP_S)):
        if charger_law:
            grid.set_charger_power_w(charger_law(grid.freq_hz))
        grid.run_to(step * STEP_S)
    return grid.history()
