"""A chemistry as one fine table in float32: what the voltage of a grid of SoC is read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.battery import ecm
from twin.battery.chemistry import Chemistry

COLUMNS = 400  # steps of SoC; resistances are read at the nearest
COLD_C, HOT_C = -30, 60  # a row a kelvin
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Point:
    """What the circuit has at some SoC and temperature."""

    ocv_v: Singles
    slope_v: Singles  # of ocv_v over SoC
    r0_ohm: Singles
    r1_ohm: Singles
    r2_ohm: Singles
    amplitude_v: Singles | None  # of the hysteresis, None where there is none


@dataclass(frozen=True)
class Tables:
    """Flat tables [temperature, soc]."""

    ocv_v: Singles
    slope_v: Singles  # to the next column
    r0_ohm: Singles
    r1_ohm: Singles
    r2_ohm: Singles
    amplitude_v: Singles  # [soc] alone
    has_hysteresis: bool

    def at(self, soc: Singles, temperature_c: Singles) -> Point:
        """Return the circuit at each SoC, [vehicle] or [vehicle, point], at the nearest whole degree of the vehicle."""
        row = np.rint(np.clip(temperature_c, COLD_C, HOT_C)).astype("i4")
        row -= COLD_C
        row *= COLUMNS + 1
        column = soc * np.float32(COLUMNS)
        np.clip(column, np.float32(0.0), np.float32(COLUMNS), out=column)
        left = column.astype("i4")
        column -= left
        index = left + (row[:, None] if left.ndim > 1 else row)
        slope = self.slope_v.take(index, mode="clip")
        column *= slope
        column *= np.float32(1.0 / COLUMNS)
        column += self.ocv_v.take(index, mode="clip")
        return Point(
            column,
            slope,
            self.r0_ohm.take(index, mode="clip"),
            self.r1_ohm.take(index, mode="clip"),
            self.r2_ohm.take(index, mode="clip"),
            self.amplitude_v.take(left, mode="clip") if self.has_hysteresis else None,
        )


_made: dict[int, tuple[Chemistry, Tables]] = {}


def tables(chemistry: Chemistry) -> Tables:
    """Return the tables of a chemistry, made once."""
    found = _made.get(id(chemistry))
    if found is None or found[0] is not chemistry:
        found = _made[id(chemistry)] = chemistry, _make(chemistry)
    return found[1]


def _make(chemistry: Chemistry) -> Tables:
    soc = np.linspace(0.0, 1.0, COLUMNS + 1)
    grid, warm = np.meshgrid(soc, np.arange(COLD_C, HOT_C + 1, dtype=float))
    at = ecm.Lookup.of(chemistry, grid, warm)
    ocv = ecm.open_circuit(chemistry, grid, warm, np.zeros_like(grid))
    slope = np.diff(ocv, axis=1) * COLUMNS
    slope = np.concatenate([slope, slope[:, -1:]], axis=1)
    amplitude = np.interp(soc, chemistry.soc, chemistry.hysteresis.amplitude_v)
    r0, r1, r2 = (_flat(at.resistance(table)) for table in (chemistry.r0_ohm, chemistry.r1_ohm, chemistry.r2_ohm))
    return Tables(_flat(ocv), _flat(slope), r0, r1, r2, _flat(amplitude), bool(amplitude.any()))


def _flat(table: NDArray[np.floating]) -> Singles:
    return np.ascontiguousarray(table.ravel(), "f4")
