"""The part of a step that a minute's records share: what SoC may be, weighed by the voltage that was gathered.

SoC is the counted one plus an offset, and the offset's distribution stands on a grid of points.  Each point has a small
Kalman filter of its own for what the model has wrong: a voltage that wanders over hours, and a share of the resistance.
A point is the less likely, the more error the model would need there.  Because that error is correlated in time, a
thousand samples of a second tell little more than one: this is what keeps the interval honest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry
from twin.estimate.state import LINE, POINTS, States
from twin.estimate.tables import tables

Singles = NDArray[np.float32]
_STEPS = np.float32(POINTS - 1)
_APART = (-0.5 * np.square(np.arange(POINTS)[:, None] - np.arange(POINTS))).astype("f4")  # of points, for a Gaussian
_OUTSIDE = np.float32(0.012)  # a cell may be filled a little beyond the SoC that is called 1
_OUTSIDE_SIGMA = np.float32(0.01)
_SLACK = 5.0  # half-widths of the grid, in sigmas
_NARROWEST, _WIDEST = 0.03, 0.6
_RATIO_TIME_S = 20.0 * 3600.0
_PER_KELVIN = 0.03  # change of resistance where the temperature is not sure
_SURPRISE = 30.0  # squared sigmas to the nearest point
_UNKNOWN_PER_S = 0.15**2 / 3600.0  # variance of SoC a second, where the current is not known
_SOC_ERROR = np.float32(0.01)  # of the model along SoC: where its voltage is steep, that is its error
_LEAST_SIGMA = 0.008  # of SoC: what is called SoC is not known better
_SURPRISED_SOC = 0.02  # sigma that each unexplained voltage adds
_STRAIN_TIME_S, _STRAIN_ERROR = 1800.0, 0.1
_NEW = 0.4  # share of the model's error over seconds that the next window does not repeat
_LEAK = 1e-9  # weight that no point loses


def weigh(rows: States, chemistry: Chemistry) -> None:
    """Fold what was gathered into the grid of every row, in place, and begin to gather anew."""
    soc = counted_soc(rows, chemistry)
    _age(rows, chemistry)
    more = _diffusion(rows, chemistry)
    rows["anchor_spread"] += more
    _widen(rows, more)
    offset = rows["centre"][:, None] + rows["half_width"][:, None] * LINE
    inside = soc[:, None] + offset
    weight = rows["weight"]
    weight = _spread(weight, more, rows["half_width"])
    beyond = np.maximum(np.maximum(inside - (np.float32(1.0) + _OUTSIDE), -_OUTSIDE - inside), np.float32(0.0))
    weight = weight * np.exp(np.float32(-0.5) * np.square(beyond / _OUTSIDE_SIGMA)) + np.float32(_LEAK)
    rows["weight"] = weight
    has = np.flatnonzero(rows["volt_s"] > 0.0)
    if len(has) == len(rows):
        _compare(rows, inside, chemistry)
    elif len(has):
        some = rows[has]
        _compare(some, inside[has], chemistry)
        rows[has] = some
    weight = rows["weight"]
    rows["weight"] = weight / weight.sum(1, keepdims=True)
    _lay_again(rows)
    for name in _GATHERED:
        rows[name] = 0.0


_GATHERED = ("elapsed_s", "unknown_s", "moved_soc", "moved_apart_soc", "volt_s", "volt_sum", "now_sum",
             "level1_sum", "level2_sum")  # fmt: skip


def counted_soc(rows: States, chemistry: Chemistry) -> Singles:
    """Return SoC as counted, without its offset."""
    return (rows["charge_ah"] / (chemistry.capacity_ah * rows["capacity_scale"].astype("f8"))).astype("f4")


def moments(rows: States) -> tuple[Singles, Singles]:
    """Return mean and variance of the offset."""
    offset = rows["centre"][:, None] + rows["half_width"][:, None] * LINE
    mean = (rows["weight"] * offset).sum(1)
    return mean, (rows["weight"] * np.square(offset - mean[:, None])).sum(1)


def _age(rows: States, chemistry: Chemistry) -> None:
    """Let the model's error wander for the time that passed: towards nought in the mean, towards its own variance."""
    sure = chemistry.uncertainty
    keep = np.exp(
        rows["elapsed_s"] * np.float32(-1.0 / sure.bias_time_s) - rows["moved_soc"] * np.float32(1.0 / sure.bias_soc)
    )
    keep_ratio = np.exp(rows["elapsed_s"] * np.float32(-1.0 / _RATIO_TIME_S))
    rows["bias_v"] *= keep[:, None]
    rows["ratio"] *= keep_ratio[:, None]
    cold, hot = chemistry.identified_c
    temps = rows["temperature_c"]
    beyond = np.maximum(np.maximum(np.float32(cold) - temps, temps - np.float32(hot)), np.float32(0.0))
    spread = np.float32(_PER_KELVIN) * np.hypot(rows["temperature_sigma_c"], beyond)
    ratio_variance = np.float32(sure.resistance**2) + np.square(spread)
    bias_variance = np.float32(sure.bias_v**2)
    rows["bias_variance"] += (bias_variance - rows["bias_variance"]) * (1 - np.square(keep))
    rows["ratio_variance"] += (ratio_variance - rows["ratio_variance"]) * (1 - np.square(keep_ratio))
    rows["bias_ratio_covariance"] *= keep * keep_ratio


def _diffusion(rows: States, chemistry: Chemistry) -> Singles:
    """Return the variance that counting added: of the charge that passed, of the capacity, of what was not seen."""
    moved = rows["moved_soc"]
    share = np.square(rows["capacity_sigma"]) * moved + np.square(rows["moved_apart_soc"]) / np.maximum(moved, 1e-6)
    counted = np.float32(0.5) * share + np.float32(_UNKNOWN_PER_S) * rows["unknown_s"]
    lost = np.float32(_SURPRISED_SOC**2) * (rows["surprises"] > 0)
    return np.maximum(counted + lost, np.float32(_LEAST_SIGMA**2) - moments(rows)[1])


def _widen(rows: States, variance: Singles) -> None:
    """Lay a wider grid where so much variance comes that the present one could not hold it."""
    wanted = np.minimum(np.float32(_SLACK) * np.sqrt(variance + moments(rows)[1]), np.float32(_WIDEST))
    again = np.flatnonzero((variance > np.square(np.float32(0.2) * rows["half_width"])) & (wanted > rows["half_width"]))
    if len(again):
        some = rows[again]
        _interpolate(some, moments(some)[0], wanted[again])
        rows[again] = some


def _spread(weight: Singles, variance: Singles, half_width: Singles) -> Singles:
    """Return the weights after that variance was added; what is more than the grid holds stays at its edges."""
    step = np.float32(2.0) * half_width / _STEPS
    steps2 = variance / np.square(step)
    small = np.minimum(np.float32(0.5) * steps2, np.float32(0.25))
    if (small > 0).any():
        padded = np.concatenate([weight[:, :1], weight, weight[:, -1:]], axis=1)
        beside = padded[:, 2:] + padded[:, :-2] - np.float32(2.0) * weight
        weight = weight + small[:, None] * beside
    far = np.flatnonzero(steps2 > 0.5)
    if len(far):
        kernel = np.exp(_APART / (steps2[far] - np.float32(0.45))[:, None, None])
        kernel /= kernel.sum(1, keepdims=True)
        weight = weight.copy()
        weight[far] = (kernel * weight[far][:, None, :]).sum(2)
    return weight


def _compare(rows: States, inside: Singles, chemistry: Chemistry) -> None:
    """Weigh each point by the voltage, and correct its own model error."""
    mean = np.float32(1.0) / rows["volt_s"]
    at = tables(chemistry).at(inside, rows["temperature_c"])
    scale = mean * rows["resistance_scale"]
    drop = at.r0_ohm * (rows["now_sum"] * scale)[:, None]
    drop += at.r1_ohm * (rows["level1_sum"] * scale)[:, None]
    drop += at.r2_ohm * (rows["level2_sum"] * scale)[:, None]
    bias, ratio, weight = rows["bias_v"], rows["ratio"], rows["weight"]
    error = (rows["volt_sum"] * mean)[:, None] - at.ocv_v
    error -= drop * (1 + ratio)
    error -= bias
    if at.amplitude_v is not None:
        error -= at.amplitude_v * rows["hysteresis"][:, None]
    middle = (weight * drop).sum(1) / weight.sum(1)
    _strain(rows, middle)
    bb, br, rr = rows["bias_variance"], rows["bias_ratio_covariance"], rows["ratio_variance"]
    to_bias, to_ratio = bb + middle * br, br + middle * rr
    shared = to_bias + middle * to_ratio + _noise(middle, chemistry)
    total = shared[:, None] + np.square(_SOC_ERROR * at.slope_v)
    squares = np.square(error) / total
    least = squares.min(1)
    believed = least < _SURPRISE
    rows["windows"] += np.uint32(1)
    rows["surprises"] = np.where(believed, 0, rows["surprises"] + 1)
    rows["rejected"] += ~believed
    use = believed.astype("f4")
    likely = np.exp(np.float32(-0.5) * (squares - least[:, None])) * np.sqrt(shared[:, None] / total)
    rows["weight"] = np.where(believed[:, None], weight * likely, weight)
    share = use[:, None] * error / total
    rows["bias_v"] = bias + to_bias[:, None] * share
    rows["ratio"] = np.clip(ratio + to_ratio[:, None] * share, -0.7, 3.0)
    steep = (weight * total).sum(1) / weight.sum(1)
    gain_bias, gain_ratio = use * to_bias / steep, use * to_ratio / steep
    rows["bias_variance"] = bb - gain_bias * to_bias
    rows["bias_ratio_covariance"] = br - gain_bias * to_ratio
    rows["ratio_variance"] = rr - gain_ratio * to_ratio


def _strain(rows: States, drop: Singles) -> None:
    """Let the model be the more wrong the harder the cell was driven: what diffuses slowly is not in two RC pairs."""
    passed = 1.0 - np.exp(rows["elapsed_s"] * np.float32(-1.0 / _STRAIN_TIME_S))
    rows["strain_v2"] += (np.square(drop) - rows["strain_v2"]) * passed
    rows["bias_variance"] += np.float32(_STRAIN_ERROR**2) * rows["strain_v2"] * 2.0 * passed


def _noise(drop: Singles, chemistry: Chemistry) -> Singles:
    """Return the variance of what is new in the mean voltage of one window."""
    return np.float32((_NEW * chemistry.uncertainty.noise_v) ** 2 + 0.003**2) + np.square(np.float32(0.05) * drop)


def _lay_again(rows: States) -> None:
    """Lay the grid anew where the weights gathered in a part of it, or reach its edges."""
    mean, variance = moments(rows)
    wanted = np.clip(np.float32(_SLACK) * np.sqrt(variance), np.float32(_NARROWEST), np.float32(_WIDEST))
    half = rows["half_width"]
    beside = np.abs(mean - rows["centre"])
    again = np.flatnonzero((wanted < 0.7 * half) | (wanted > 1.3 * half) | (beside > 0.35 * half))
    if not len(again):
        return
    some = rows[again]
    _interpolate(some, mean[again], wanted[again])
    rows[again] = some


def _interpolate(rows: States, centre: Singles, half: Singles) -> None:
    old_step = 2.0 * rows["half_width"] / _STEPS
    first = (centre - half - (rows["centre"] - rows["half_width"])) / old_step
    at = first[:, None] + (2.0 * half / _STEPS / old_step)[:, None] * np.arange(POINTS, dtype="f4")
    within = (at >= -0.5) & (at <= _STEPS + 0.5)
    at = np.clip(at, 0.0, _STEPS)
    left = np.minimum(at.astype("i8"), POINTS - 2)
    share = (at - left).astype("f4")
    values: Any
    for name in ("weight", "bias_v", "ratio"):
        values = rows[name]
        below = np.take_along_axis(values, left, 1)
        between = below + (np.take_along_axis(values, left + 1, 1) - below) * share
        rows[name] = np.where(within, between, 0.0) if name == "weight" else between
    weight = rows["weight"] + np.float32(_LEAK)
    rows["weight"] = weight / weight.sum(1, keepdims=True)
    rows["centre"], rows["half_width"] = centre, half
