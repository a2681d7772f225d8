"""What one vehicle's estimator remembers: a row of fixed size, whose bytes are what a store keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry

VERSION = 1

POINTS = 40  # of the grid of what SoC may be

STATE = np.dtype(
    [
        # What every record touches comes first, so that it lies in few cache lines
        ("charge_ah", "f8"),  # counted since the start, positive into the cell; no voltage ever touches it
        ("age_s", "f8"),
        # The model's own state
        ("level1_a", "f4"),  # current through the resistor of the first and of the second RC pair
        ("level2_a", "f4"),
        ("hysteresis", "f4"),  # -1 discharging to 1 charging
        ("temperature_c", "f4"),
        ("temperature_sigma_c", "f4"),
        ("ambient_c", "f4"),
        # What was gathered since the voltage was last compared with the model
        ("elapsed_s", "f4"),
        ("unknown_s", "f4"),  # of elapsed_s, with no current known
        ("moved_soc", "f4"),  # charge that passed, in either direction
        ("moved_apart_soc", "f4"),  # the same, by how much it may be wrong
        ("volt_s", "f4"),  # weight of what follows, sums over the samples that had a voltage
        ("volt_sum", "f4"),
        ("now_sum", "f4"),
        ("level1_sum", "f4"),
        ("level2_sum", "f4"),
        # The vehicle's own word: its offset from the counted SoC, and how much it contradicts itself
        ("word_offset", "f4"),
        ("word_variance", "f4"),
        ("words", "u4"),
        ("word_age_s", "f4"),
        ("seen", "u4"),  # what was ever measured: bits of SEEN_*
        ("rejected", "u4"),  # values that were measured and not believed
        ("capacity_scale", "f4"),  # share of the chemistry's
        # What SoC may be: its offset from the counted one on a grid, each point with its own model error
        ("centre", "f4"),
        ("half_width", "f4"),
        ("weight", "f4", (POINTS,)),
        ("bias_v", "f4", (POINTS,)),
        ("ratio", "f4", (POINTS,)),  # of resistance, above 1
        ("bias_variance", "f4"),  # the same for all points
        ("bias_ratio_covariance", "f4"),
        ("ratio_variance", "f4"),
        ("strain_v2", "f4"),  # square of the overvoltage, forgotten over half an hour
        # What is learned over sessions
        ("resistance_scale", "f4"),  # share of the chemistry's
        ("capacity_sigma", "f4"),
        ("capacities", "u4"),  # times that the capacity was corrected
        ("anchor_soc", "f4"),  # SoC at the last instant from which the capacity is measured
        ("anchor_variance", "f4"),  # 0: none yet
        ("anchor_spread", "f4"),  # variance that counting added since then
        ("anchor_charge_ah", "f8"),
        ("surprises", "u4"),  # voltages in a row that no SoC explains
        ("windows", "u4"),  # times that the voltage was compared
    ]
)
SEEN_VOLTAGE, SEEN_CURRENT, SEEN_TEMPERATURE, SEEN_VEHICLE, SEEN_POWER = 1, 2, 4, 8, 16

# One row a vehicle, values of one cell; NaN is "not measured".  Current and power are positive into the cell.
MEASURED = np.dtype(
    [
        ("dt_s", "f4"),  # time since the row before; the values held over it
        ("current_a", "f4"),  # mean over dt_s
        ("voltage_v", "f4"),  # at the end of dt_s
        ("temperature_c", "f4"),
        ("power_w", "f4"),  # mean over dt_s; used where there is no current
        ("soc", "f4"),  # the vehicle's own word, 0 to 1
        ("current_now_a", "f4"),  # at the instant of voltage_v, where that is known beside the mean
    ]
)
States = NDArray[np.void]
LINE = np.linspace(-1.0, 1.0, POINTS, dtype="f4")
# That a start which comes without a sigma is right (within a point of the grid); else nothing is known. On a slope a
# wrong one is soon seen; on a plateau it would stay.
_TRUST, _TRUST_FLAT = 0.8, 0.12
_NEAR = 0.012


def start(
    n: int,
    chemistry: Chemistry,
    soc: float | NDArray[np.floating] | None = None,
    soc_sigma: float | NDArray[np.floating] | None = None,
    capacity_scale: float | NDArray[np.floating] = 1.0,
    capacity_sigma: float | NDArray[np.floating] | None = None,
) -> States:
    """Return n vehicles of which nothing was measured yet.

    soc: what is believed before, None for nothing.  soc_sigma: how surely; without it `soc` may be right or quite
    wrong, and what is measured decides.  capacity_scale, capacity_sigma: capacity as a share of the chemistry's.
    """
    states = np.zeros(n, STATE)
    flat = bool(chemistry.hysteresis.amplitude_v.any())
    _believe(states, soc, soc_sigma, _TRUST_FLAT if flat else _TRUST)
    sure = chemistry.uncertainty
    states["temperature_c"] = states["ambient_c"] = 20.0
    states["temperature_sigma_c"] = 10.0
    states["bias_variance"] = sure.bias_v**2
    states["ratio_variance"] = sure.resistance**2
    states["word_age_s"] = np.inf
    states["resistance_scale"] = 1.0
    states["capacity_scale"] = capacity_scale
    states["capacity_sigma"] = sure.capacity if capacity_sigma is None else capacity_sigma
    return states


def _believe(states: States, soc: float | NDArray | None, sigma: float | NDArray | None, trust: float) -> None:
    """Lay the grid over 0 to 1 so that one point is the start itself, and weigh it."""
    states["half_width"] = 0.5 * POINTS / (POINTS - 1)
    states["centre"] = 0.5
    if soc is None:
        states["weight"] = 1.0 / POINTS
        return
    step = 2.0 * states["half_width"] / (POINTS - 1)
    middle = np.broadcast_to(np.asarray(soc, "f4"), len(states))
    at = (middle - states["centre"]) / step - 0.5  # points lie half a step beside the centre
    states["centre"] += (at - np.rint(at)) * step
    away = states["centre"][:, None] + states["half_width"][:, None] * LINE - middle[:, None]
    if sigma is None:
        weight = trust * (np.abs(away) < 0.5 * step[:, None]) + (1.0 - trust) / POINTS
    else:
        wide = np.broadcast_to(np.maximum(np.asarray(sigma, "f4"), _NEAR), len(states))[:, None]
        _narrow(states, middle, wide[:, 0])
        away = states["centre"][:, None] + states["half_width"][:, None] * LINE - middle[:, None]
        weight = np.exp(-0.5 * np.square(away / wide))
    states["weight"] = weight / weight.sum(1, keepdims=True)


def _narrow(states: States, middle: NDArray, sigma: NDArray) -> None:
    """Lay a finer grid where the start is sure."""
    sure = sigma < 0.1
    states["half_width"] = np.where(sure, 5.0 * sigma, states["half_width"])
    states["centre"] = np.where(sure, middle, states["centre"])


def unmeasured(n: int) -> NDArray[np.void]:
    """Return n rows of MEASURED in which nothing was measured."""
    rows = np.empty(n, MEASURED)
    for name in MEASURED.names or ():
        rows[name] = 0.0 if name == "dt_s" else np.nan
    return rows
