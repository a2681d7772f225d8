"""Ageing laws of cell chemistries as data: which stress ages them how fast, and what they were identified on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from twin.battery.arrays import Floats

_FILE = Path(__file__).with_name("ageing_laws.json")
KELVIN = 273.15
_STEPS = 1 << 14


@dataclass(frozen=True)
class Calendar:
    """Loss while time passes: (rate * days) ** power, rate = scale * exp((temperature_k + stress_k * stress) / T)."""

    scale: float
    temperature_k: float
    stress_k: float
    stress: str  # "soc" or "anode_potential"
    power: float

    def ln_rate(self, soc: Floats, kelvin: Floats) -> Floats:
        """Return the logarithm of the rate, 1/day ** power."""
        stress = soc if self.stress == "soc" else anode_potential_v(soc)
        exponent = stress * (np.asarray(self.stress_k, stress.dtype) / kelvin)
        exponent += np.asarray(np.log(self.scale), stress.dtype) + np.asarray(self.temperature_k, stress.dtype) / kelvin
        return exponent


@dataclass(frozen=True)
class Cycling:
    """Loss with charge through the cell: (rate ** (1 / power) * full cycles) ** power.

    linear: rate = (base + per_c_rate * C-rate + per_depth * depth) * (exp(cold_k / T) + exp(hot_k / T)).
    exponential: rate = base * exp(temperature_k / T + depth_exponent * exp(depth ** 2)).
    """

    form: str
    power: float
    base: float
    per_c_rate: float = 0.0
    per_depth: float = 0.0
    cold_k: float = 0.0
    hot_k: float = 0.0
    temperature_k: float = 0.0
    depth_exponent: float = 0.0

    def rate(self, depth: Floats, c_rate: Floats, kelvin: Floats) -> Floats:
        if self.form == "linear":
            heat = np.exp(self.cold_k / kelvin) + np.exp(self.hot_k / kelvin)
            return (self.base + self.per_c_rate * c_rate + self.per_depth * depth) * heat
        return self.base * np.exp(self.temperature_k / kelvin + self.depth_exponent * np.exp(depth * depth))


@dataclass(frozen=True)
class Law:
    """How one cell chemistry ages.  range: what was tested; outside of it the law extrapolates."""

    name: str
    cell: str
    calendar: Calendar
    cycling: Cycling
    data: tuple[str, ...]
    range: str
    coefficients: str


def names() -> list[str]:
    """Return the chemistries that have an ageing law."""
    return list(_all())


def load(name: str) -> Law:
    """Return a chemistry's law.  Errors: KeyError that lists those there are."""
    try:
        return _all()[name]
    except KeyError:
        raise KeyError(f"no ageing law of {name!r}; there are {', '.join(_all())}") from None


@cache
def _all() -> dict[str, Law]:
    found = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: Law(
            name,
            one["cell"],
            Calendar(**one["calendar"]),
            Cycling(**one["cycling"]),
            tuple(one["data"]),
            one["range"],
            one["coefficients"],
        )
        for name, one in found.items()
    }


def anode_potential_v(soc: Floats) -> Floats:
    """Return the graphite anode's potential against lithium.

    Source: curve of M. Safari and C. Delacourt, doi 10.1149/1.3567007, and the stoichiometry of M. Schimpe et al.,
    doi 10.1149/2.1181714jes.  Read from a table of 2**14 steps of SoC.
    """
    place = (soc * np.asarray(_STEPS, soc.dtype)).astype(np.int32)
    return _anode_table().take(place, mode="clip").astype(soc.dtype, copy=False)


@cache
def _anode_table() -> Floats:
    x = 0.0085 + (np.arange(_STEPS + 1) + 0.5) / _STEPS * (0.78 - 0.0085)
    volts = 0.6379 + 0.5416 * np.exp(-305.5309 * x) + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
    volts -= 0.1978 * np.tanh((x - 1.0571) / 0.0854) + 0.6875 * np.tanh((x + 0.0117) / 0.0529)
    volts -= 0.0175 * np.tanh((x - 0.5692) / 0.0875)
    return volts.astype(np.float32)
