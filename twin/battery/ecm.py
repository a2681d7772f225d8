"""Equivalent circuit of one cell: charge, two RC pairs, hysteresis and terminal voltage; arrays over vehicles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry, Floats

KELVIN = 273.15
REFERENCE_C = 25.0


def charge(soc: Floats, current_a: Floats, dt_s: Floats, capacity_ah: Floats) -> Floats:
    """Return SoC after dt_s of that current: the only equation by which charge moves, and no voltage is in it."""
    return soc + current_a * dt_s / (3600.0 * capacity_ah)


def follow(level_a: Floats, current_a: Floats, dt_s: Floats, tau_s: float) -> Floats:
    """Return the current through an RC pair's resistor after dt_s of current_a; exact for any dt_s."""
    return level_a + (current_a - level_a) * -np.expm1(-dt_s / tau_s)


def turn(hysteresis: Floats, moved_soc: Floats, turn_soc: float) -> Floats:
    """Return the hysteresis, -1 (discharging) to 1, after moved_soc of charge in one direction."""
    return hysteresis + (np.sign(moved_soc) - hysteresis) * -np.expm1(-np.abs(moved_soc) / turn_soc)


@dataclass(frozen=True)
class Lookup:
    """Where SoC and temperature fall in a chemistry's tables, and how far between their points."""

    column: NDArray[np.intp]
    right: Floats  # share of the next column
    row: NDArray[np.intp]
    lower: Floats  # share of the next row

    @classmethod
    def of(cls, chemistry: Chemistry, soc: Floats, temperature_c: Floats) -> Lookup:
        last = len(chemistry.soc) - 1
        at = np.clip(soc, 0.0, 1.0) * last
        column = np.minimum(at.astype(np.intp), last - 1)
        # Resistances go with 1/T (Arrhenius), so rows are between in 1/T too
        inverse = -1.0 / (chemistry.temperature_c + KELVIN)
        wanted = np.clip(-1.0 / (np.asarray(temperature_c, float) + KELVIN), inverse[0], inverse[-1])
        row = np.clip(np.searchsorted(inverse, wanted, side="right") - 1, 0, len(inverse) - 2)
        return cls(column, at - column, row, (wanted - inverse[row]) / (inverse[row + 1] - inverse[row]))

    def over_soc(self, values: Floats) -> Floats:
        return values[self.column] * (1.0 - self.right) + values[self.column + 1] * self.right

    def resistance(self, table: Floats) -> Floats:
        """Return ohms, between the table's points as Arrhenius has it."""
        return np.exp(self.between(np.log(table)))

    def between(self, table: Floats) -> Floats:
        above = table[self.row, self.column] * (1.0 - self.right) + table[self.row, self.column + 1] * self.right
        below = (
            table[self.row + 1, self.column] * (1.0 - self.right) + table[self.row + 1, self.column + 1] * self.right
        )
        return above * (1.0 - self.lower) + below * self.lower


def open_circuit(chemistry: Chemistry, soc: Floats, temperature_c: Floats, hysteresis: Floats) -> Floats:
    """Return the voltage at rest."""
    at = Lookup.of(chemistry, soc, temperature_c)
    amplitude = at.over_soc(chemistry.hysteresis.amplitude_v)
    return at.over_soc(chemistry.ocv_v) + at.between(chemistry.ocv_shift_v) + hysteresis * amplitude


@dataclass(frozen=True)
class Run:
    """What a simulated run gives, [time] or [time, vehicle]."""

    soc: Floats
    voltage_v: Floats
    current1_a: Floats  # through the resistor of the first RC pair
    current2_a: Floats
    hysteresis: Floats


def simulate(
    chemistry: Chemistry,
    dt_s: Floats,
    current_a: Floats,
    temperature_c: Floats,
    soc: float,
    current_now_a: Floats | None = None,
    capacity_ah: float | None = None,
) -> Run:
    """Return SoC and terminal voltage over a series of steps, one cell or [time, vehicle].

    current_a: mean over each step; current_now_a: at its end, where that is another.  The cell starts at rest.
    """
    now = current_a if current_now_a is None else current_now_a
    capacity = np.asarray(chemistry.capacity_ah if capacity_ah is None else capacity_ah)
    socs, first, second, turned = (np.empty_like(current_a, dtype=float) for _ in range(4))
    level = np.full(current_a.shape[1:], float(soc))
    one, two, h = (np.zeros(current_a.shape[1:]) for _ in range(3))
    for k in range(len(current_a)):
        before = level
        level = charge(level, current_a[k], dt_s[k], capacity)
        one = follow(one, current_a[k], dt_s[k], chemistry.tau1_s)
        two = follow(two, current_a[k], dt_s[k], chemistry.tau2_s)
        h = turn(h, level - before, chemistry.hysteresis.turn_soc)
        socs[k], first[k], second[k], turned[k] = level, one, two, h
    at = Lookup.of(chemistry, socs, temperature_c)
    voltage = (
        open_circuit(chemistry, socs, temperature_c, turned)
        + at.resistance(chemistry.r0_ohm) * now
        + at.resistance(chemistry.r1_ohm) * first
        + at.resistance(chemistry.r2_ohm) * second
    )
    return Run(socs, voltage, first, second, turned)
