"""What is told of each vehicle's battery: values with 95 % intervals, and what can be known at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry
from twin.estimate.grid import counted_soc
from twin.estimate.state import LINE, POINTS, SEEN_CURRENT, SEEN_POWER, SEEN_VOLTAGE, States
from twin.estimate.tables import tables

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
        ("resistance_ohm", "f4"),  # of a pulse of seconds, at this SoC and temperature, one cell
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

_SIGMAS = 1.96
_WORD_OLD_S = 1800.0  # the vehicle's word is used for so long after it came, carried on by counting
_WORD_WORTH = 0.1  # sigma above which a vehicle's word is no word
_KNOWN_SIGMA = 0.1  # of SoC: below it, counting goes on from something
_VOLTAGE_HELPS = 0.8  # sigma after an hour of rest, as a share of that without the voltage
_OFTEN = 3  # corrections of the capacity, from which it is learned
_REST_V = 0.004  # what an hour of rest leaves of the slow overvoltage


def figures(states: States, chemistry: Chemistry) -> NDArray[np.void]:
    """Return one row of FIGURES a vehicle."""
    out = np.zeros(len(states), FIGURES)
    counted = counted_soc(states, chemistry)
    weight, worded = _with_word(states)
    mean, low, high, sigma = _summary(states, counted, weight)
    out["soc"], out["soc_low"], out["soc_high"] = mean, low, high
    temps, spread = states["temperature_c"], _SIGMAS * states["temperature_sigma_c"]
    out["temperature_c"], out["temperature_low_c"], out["temperature_high_c"] = temps, temps - spread, temps + spread
    ratio, ratio_sigma = _resistance(states, weight)
    at = tables(chemistry).at(mean, temps)
    ohm = (at.r0_ohm + at.r1_ohm) * states["resistance_scale"]
    out["resistance_ohm"] = ohm * (1.0 + ratio)
    out["resistance_low_ohm"] = ohm * np.maximum(1.0 + ratio - _SIGMAS * ratio_sigma, 0.1)
    out["resistance_high_ohm"] = ohm * (1.0 + ratio + _SIGMAS * ratio_sigma)
    full = states["capacity_scale"] * np.float32(chemistry.capacity_ah)
    out["capacity_ah"] = full
    out["capacity_low_ah"] = full * np.maximum(1.0 - _SIGMAS * states["capacity_sigma"], 0.0)
    out["capacity_high_ah"] = full * (1.0 + _SIGMAS * states["capacity_sigma"])
    out["sigma_after_rest"], helps = _after_rest(states, chemistry, counted, weight, sigma)
    out["observability"] = _observability(states, sigma, worded, helps)
    out["confidence"] = (
        CONFIDENT_SOC * (sigma < 0.05)
        + CONFIDENT_TEMPERATURE * (states["temperature_sigma_c"] < 3.0)
        + CONFIDENT_RESISTANCE * (ratio_sigma < 0.7 * chemistry.uncertainty.resistance)
        + CONFIDENT_CAPACITY * ((states["capacities"] >= _OFTEN) & (states["capacity_sigma"] < 0.05))
    )
    out["rejected"] = states["rejected"]
    return out


def _with_word(states: States) -> tuple[NDArray, NDArray]:
    """Return the weights with the vehicle's own word in them, and where there is one worth its name.

    Its error is the same from one word to the next, so it counts once, however often it is said.
    """
    offset = states["centre"][:, None] + states["half_width"][:, None] * LINE
    worded = (states["words"] > 0) & (states["word_age_s"] < _WORD_OLD_S)
    worded &= states["word_variance"] < _WORD_WORTH**2
    variance = np.where(worded, states["word_variance"], np.inf)
    away = np.square(offset - states["word_offset"][:, None]) / variance[:, None]
    away -= away.min(1, keepdims=True)
    weight = states["weight"] * np.exp(np.float32(-0.5) * away)
    return weight / weight.sum(1, keepdims=True), worded


def _summary(states: States, counted: NDArray, weight: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return (mean, 2.5 %, 97.5 %, sigma) of SoC; a point stands for the step about it."""
    offset = states["centre"][:, None] + states["half_width"][:, None] * LINE
    soc = np.clip(counted[:, None] + offset, 0.0, 1.0)
    mean = (weight * soc).sum(1)
    sigma = np.sqrt((weight * np.square(soc - mean[:, None])).sum(1))
    low, high = _quantile(states, weight, 0.025), _quantile(states, weight, 0.975)
    return mean, np.clip(counted + low, 0.0, 1.0), np.clip(counted + high, 0.0, 1.0), sigma


def _quantile(states: States, weight: NDArray, share: float) -> NDArray:
    total = np.cumsum(weight, axis=1)
    at = np.minimum((total < share).sum(1), POINTS - 1)
    rows = np.arange(len(weight))
    over = total[rows, at] - share
    within = 0.5 - over / np.maximum(weight[rows, at], 1e-12)
    step = 2.0 * states["half_width"] / (POINTS - 1)
    return states["centre"] + states["half_width"] * LINE[at] + np.clip(within, -0.5, 0.5) * step


def _resistance(states: States, weight: NDArray) -> tuple[NDArray, NDArray]:
    ratio = (weight * states["ratio"]).sum(1)
    spread = (weight * np.square(states["ratio"] - ratio[:, None])).sum(1)
    return ratio, np.sqrt(spread + states["ratio_variance"])


def _after_rest(
    states: States, chemistry: Chemistry, counted: NDArray, weight: NDArray, sigma: NDArray
) -> tuple[NDArray, NDArray]:
    """Return (sigma of SoC after an hour of rest, whether the voltage would then make it smaller)."""
    offset = states["centre"][:, None] + states["half_width"][:, None] * LINE
    slope = tables(chemistry).at(counted[:, None] + offset, states["temperature_c"]).slope_v
    error = chemistry.uncertainty.bias_v**2 + _REST_V**2 + float(np.max(chemistry.hysteresis.amplitude_v)) ** 2 / 4.0
    has = (states["seen"] & SEEN_VOLTAGE) != 0
    own = np.maximum(sigma, 1e-3)
    alone = 1.0 / np.square(np.maximum(own, 0.1))[:, None]
    news = np.where(has[:, None], np.square(slope) / error, 0.0)
    would = 1.0 / (1.0 / np.square(own)[:, None] + news)
    return np.sqrt((weight * would).sum(1)), has & (
        np.sqrt((weight / (alone + news)).sum(1)) < _VOLTAGE_HELPS * np.sqrt(1.0 / alone[:, 0])
    )


def _observability(states: States, sigma: NDArray, worded: NDArray, helps: NDArray) -> NDArray:
    counts = (states["seen"] & (SEEN_CURRENT | SEEN_POWER)) != 0
    counting = counts & (sigma < _KNOWN_SIGMA)
    return np.select([worded, helps, counting], [3, 2, 1], default=0)
