"""A chemistry as one fine table in float32: what the voltage of a grid of SoC is read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.battery import ecm
from twin.battery.chemistry import Chemistry

COLUMNS = 200  # steps of SoC
COLD_C, HOT_C = -30, 60  # a row a kelvin
OCV, R0, R1, R2, AMPLITUDE = range(5)
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Tables:
    """[temperature, soc, what]; rows of SoC lie behind each other, so that a flat index reads a neighbour too."""

    flat: Singles
    slope_v: Singles  # of the open-circuit voltage over SoC, at 25 degC

    def at(self, soc: Singles, temperature_c: Singles) -> Singles:
        """Return [..., 5] between the two columns beside each SoC, at the nearest whole degree."""
        row = np.rint(np.clip(temperature_c, COLD_C, HOT_C)).astype("i4") - COLD_C
        column = np.clip(soc, 0.0, 1.0) * np.float32(COLUMNS)
        left = np.minimum(column.astype("i4"), COLUMNS - 1)
        share = (column - left)[..., None]
        index = left + row.reshape(row.shape + (1,) * (left.ndim - row.ndim)) * (COLUMNS + 1)
        below = self.flat.take(index, axis=0)
        above = self.flat.take(index + 1, axis=0)
        above -= below
        above *= share
        above += below
        return above


_made: dict[int, tuple[Chemistry, Tables]] = {}


def tables(chemistry: Chemistry) -> Tables:
    """Return the tables of a chemistry, made once."""
    found = _made.get(id(chemistry))
    if found is None or found[0] is not chemistry:
        found = _made[id(chemistry)] = chemistry, _make(chemistry)
    return found[1]


def _make(chemistry: Chemistry) -> Tables:
    soc = np.linspace(0.0, 1.0, COLUMNS + 1)
    temps = np.arange(COLD_C, HOT_C + 1, dtype=float)
    grid, warm = np.meshgrid(soc, temps)
    at = ecm.Lookup.of(chemistry, grid, warm)
    flat = np.empty((len(temps), len(soc), 5), "f4")
    flat[..., OCV] = ecm.open_circuit(chemistry, grid, warm, np.zeros_like(grid))
    for what, table in ((R0, chemistry.r0_ohm), (R1, chemistry.r1_ohm), (R2, chemistry.r2_ohm)):
        flat[..., what] = at.resistance(table)
    flat[..., AMPLITUDE] = at.over_soc(chemistry.hysteresis.amplitude_v)
    slope = np.gradient(np.interp(soc, chemistry.soc, chemistry.ocv_v), soc)
    return Tables(flat.reshape(-1, 5), slope.astype("f4"))
