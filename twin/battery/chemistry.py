"""Cells as data: one JSON file a chemistry, with what it was identified on, read into tables of one shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ToolError

FORMAT = "gridkeel-cell-1"
_FOLDER = "chemistries"
Floats = NDArray[np.float64]


class ChemistryError(ToolError, ValueError):
    """A chemistry file that says no cell; the text is for the user."""


@dataclass(frozen=True)
class Thermal:
    """One lump: how much heat a kelvin takes, and how hard heat leaves to the surroundings."""

    heat_capacity_j_per_k: float
    resistance_k_per_w: float


@dataclass(frozen=True)
class Hysteresis:
    """Voltage that follows the direction of the charge: half the gap over SoC, and the SoC over which it turns."""

    amplitude_v: Floats  # on Chemistry.soc
    turn_soc: float


@dataclass(frozen=True)
class Uncertainty:
    """How wrong the model is: by a voltage that wanders slowly, by a share of its resistance, and by noise."""

    bias_v: float
    bias_time_s: float
    bias_soc: float  # the charge, as SoC, over which the bias becomes another one: its error is a curve over SoC
    resistance: float  # share of the resistance, one sigma
    noise_v: float
    capacity: float  # share of the capacity, one sigma, of a pack that nobody has measured
    counting: float  # share of the charge that passes, one sigma


@dataclass(frozen=True)
class Chemistry:
    """One cell: open-circuit voltage, two RC pairs over SoC and temperature, hysteresis, heat, and its error."""

    name: str
    cell: str
    kind: str
    capacity_ah: float
    voltage_min_v: float
    voltage_max_v: float
    soc: Floats  # even steps from 0 to 1
    ocv_v: Floats
    ocv_shift_v: Floats  # [temperature, soc]: what ocv_v changes by from 25 degC
    temperature_c: Floats  # rising
    r0_ohm: Floats  # [temperature, soc], as are r1 and r2
    r1_ohm: Floats
    r2_ohm: Floats
    tau1_s: float
    tau2_s: float
    hysteresis: Hysteresis
    thermal: Thermal
    uncertainty: Uncertainty
    identified_on: tuple[str, ...]
    identified_c: tuple[float, float]  # coldest and warmest of the tests; beyond them resistances are extrapolated
    source: str
    residual: dict[str, Any] | None = None


def names() -> list[str]:
    """Return the chemistries that come with the project."""
    folder = resources.files("twin.battery") / _FOLDER
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".json"))


def load(name: str | Path) -> Chemistry:
    """Return the chemistry of that name, or of a file that `twin fit` wrote.

    Errors: ChemistryError where there is none, or its file is not a cell.
    """
    if isinstance(name, Path) or str(name).endswith(".json"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise ChemistryError(f"{name}: {error.strerror}") from None
    elif name in names():
        text = (resources.files("twin.battery") / _FOLDER / f"{name}.json").read_text(encoding="utf-8")
    else:
        raise ChemistryError(f"no chemistry {name!r}; there are: {', '.join(names())}")
    try:
        return from_dict(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise ChemistryError(f"{name} is not a chemistry file: {error}") from None


def from_dict(data: dict[str, Any]) -> Chemistry:
    """Return the chemistry of a parsed file."""
    if data["format"] != FORMAT:
        raise ChemistryError(f"its format is {data['format']!r}, not {FORMAT!r}")
    values: dict[str, Any] = {key: data[key] for key in _PLAIN}
    values |= {key: np.array(data[key], float) for key in _ARRAYS}
    chemistry = Chemistry(
        **values,
        hysteresis=Hysteresis(np.array(data["hysteresis"]["amplitude_v"], float), data["hysteresis"]["turn_soc"]),
        thermal=Thermal(**data["thermal"]),
        uncertainty=Uncertainty(**data["uncertainty"]),
        identified_on=tuple(data["identified_on"]),
        identified_c=(float(data["identified_c"][0]), float(data["identified_c"][1])),
        residual=data.get("residual"),
    )
    _check(chemistry)
    return chemistry


def to_dict(chemistry: Chemistry) -> dict[str, Any]:
    """Return what from_dict reads."""
    data: dict[str, Any] = {"format": FORMAT}
    data |= {key: getattr(chemistry, key) for key in _PLAIN}
    data |= {"identified_on": list(chemistry.identified_on), "identified_c": list(chemistry.identified_c)}
    data |= {key: _rounded(getattr(chemistry, key)) for key in _ARRAYS}
    hysteresis = chemistry.hysteresis
    data["hysteresis"] = {"amplitude_v": _rounded(hysteresis.amplitude_v), "turn_soc": hysteresis.turn_soc}
    data["thermal"] = vars(chemistry.thermal)
    data["uncertainty"] = vars(chemistry.uncertainty)
    data["residual"] = chemistry.residual
    return data


_PLAIN = ("name", "cell", "kind", "capacity_ah", "voltage_min_v", "voltage_max_v", "tau1_s", "tau2_s", "source")
_ARRAYS = ("soc", "ocv_v", "ocv_shift_v", "temperature_c", "r0_ohm", "r1_ohm", "r2_ohm")


def _rounded(values: Floats) -> list[Any]:
    """Return nested lists with five significant digits."""
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.5g}") if abs(value) >= 1e-9 else 0.0 for value in values]


def _check(chemistry: Chemistry) -> None:
    n, m = len(chemistry.soc), len(chemistry.temperature_c)
    if not np.allclose(chemistry.soc, np.linspace(0.0, 1.0, n)):
        raise ChemistryError("soc does not go from 0 to 1 in even steps")
    if np.any(np.diff(chemistry.temperature_c) <= 0):
        raise ChemistryError("temperature_c does not rise")
    for key in ("r0_ohm", "r1_ohm", "r2_ohm"):
        table = getattr(chemistry, key)
        if table.shape != (m, n) or not np.all(table > 0):
            raise ChemistryError(f"{key} is not {m} rows of {n} positive values")
    if chemistry.ocv_shift_v.shape != (m, n):
        raise ChemistryError(f"ocv_shift_v is not {m} rows of {n} values")
    for values in (chemistry.ocv_v, chemistry.hysteresis.amplitude_v):
        if values.shape != (n,) or not np.all(np.isfinite(values)):
            raise ChemistryError(f"an array over SoC has not {n} finite values")
    if not chemistry.capacity_ah > 0:
        raise ChemistryError("capacity_ah is not positive")
