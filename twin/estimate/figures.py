"""What is told of each vehicle's battery: values with 95 % intervals, and what can be known at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry
from twin.estimate.state import SEEN_CURRENT, SEEN_VEHICLE, SEEN_VOLTAGE, States

# What SoC can be told from, worst first; FIGURES["observability"] is the index
OBSERVABILITY = ("none", "counting", "voltage", "vehicle")

FIGURES = np.dtype(
    [
        ("soc", "f4"),
        ("soc_low", "f4"),
        ("soc_high", "f4"),
        ("temperature_c", "f4"),
        ("temperature_low_c", "f4"),
        ("temperature_high_c", "f4"),
        ("resistance_ohm", "f4"),  # of a 10 s pulse, at this SoC and temperature, one cell
        ("resistance_low_ohm", "f4"),
        ("resistance_high_ohm", "f4"),
        ("capacity_ah", "f4"),  # of one cell
        ("capacity_low_ah", "f4"),
        ("capacity_high_ah", "f4"),
        ("observability", "u1"),
        ("sigma_after_rest", "f4"),  # what sigma of SoC would be after an hour of rest
        ("confidence", "u1"),  # bits of CONFIDENT_*: what was learned and not merely believed at the start
        ("rejected", "u4"),  # measured values that were not believed
    ]
)
CONFIDENT_SOC, CONFIDENT_TEMPERATURE, CONFIDENT_RESISTANCE, CONFIDENT_CAPACITY = 1, 2, 4, 8


def figures(states: States, chemistry: Chemistry) -> NDArray[np.void]:
    """Return one row of FIGURES a vehicle."""
    out = np.zeros(len(states), FIGURES)
    sigma = np.sqrt(states["soc_variance"])
    _interval(out, "soc", "", states["soc"], 1.96 * sigma)
    out["soc_low"] = np.maximum(out["soc_low"], 0.0)
    out["soc_high"] = np.minimum(out["soc_high"], 1.0)
    _interval(out, "temperature", "_c", states["temperature_c"], 5.0)
    row = np.abs(chemistry.temperature_c - states["temperature_c"][:, None]).argmin(1)
    column = np.rint(states["soc"] * (len(chemistry.soc) - 1)).astype(int)
    ohms = states["resistance_scale"] * (chemistry.r0_ohm + chemistry.r1_ohm)[row, column]
    _interval(out, "resistance", "_ohm", ohms, 1.96 * chemistry.uncertainty.resistance * ohms)
    capacity = states["capacity_scale"] * chemistry.capacity_ah
    _interval(out, "capacity", "_ah", capacity, 1.96 * chemistry.uncertainty.capacity * capacity)
    seen = states["seen"]
    for code, bit in ((1, SEEN_CURRENT), (2, SEEN_VOLTAGE), (3, SEEN_VEHICLE)):
        out["observability"][(seen & bit) != 0] = code
    slope = np.interp(states["soc"], chemistry.soc, np.gradient(chemistry.ocv_v, chemistry.soc))
    rest = np.where(seen & SEEN_VOLTAGE, (slope / chemistry.uncertainty.bias_v) ** 2, 0.0)
    out["sigma_after_rest"] = 1.0 / np.sqrt(1.0 / states["soc_variance"] + rest)
    out["confidence"] = CONFIDENT_SOC * (sigma < 0.05)
    out["rejected"] = states["rejected"]
    return out


def _interval(out: NDArray[np.void], name: str, unit: str, middle: NDArray, half: NDArray | float) -> None:
    out[f"{name}{unit}"] = middle
    out[f"{name}_low{unit}"] = middle - half
    out[f"{name}_high{unit}"] = middle + half
