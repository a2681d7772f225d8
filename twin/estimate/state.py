"""What one vehicle's estimator remembers: a row of fixed size, whose bytes are what a store keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry

VERSION = 0

STATE = np.dtype(
    [
        ("charge_ah", "f8"),  # counted since the start, positive into the cell
        ("soc", "f4"),
        ("soc_variance", "f4"),
        ("f1_a", "f4"),  # current behind the first and the second RC pair
        ("f2_a", "f4"),
        ("temperature_c", "f4"),
        ("resistance_scale", "f4"),
        ("capacity_scale", "f4"),
        ("seen", "u4"),  # what was ever measured: bits of SEEN_*
        ("rejected", "u4"),  # values that were measured and not believed
        ("age_s", "f8"),
    ]
)
SEEN_VOLTAGE, SEEN_CURRENT, SEEN_TEMPERATURE, SEEN_VEHICLE = 1, 2, 4, 8

# One row a vehicle, values of one cell; NaN is "not measured".  Current and power are positive into the cell.
MEASURED = np.dtype(
    [
        ("dt_s", "f4"),  # time since the row before; the values held over it
        ("current_a", "f4"),
        ("voltage_v", "f4"),
        ("temperature_c", "f4"),
        ("power_w", "f4"),
        ("soc", "f4"),  # the vehicle's own word, 0 to 1
    ]
)
States = NDArray[np.void]


def start(
    n: int,
    chemistry: Chemistry,
    soc: float | NDArray[np.floating] = 0.5,
    soc_sigma: float | NDArray[np.floating] = 0.3,
    capacity_scale: float | NDArray[np.floating] = 1.0,
) -> States:
    """Return n vehicles of which nothing was measured yet.

    soc, soc_sigma: what is believed before, and how surely; capacity_scale: capacity as a share of the chemistry's.
    """
    states = np.zeros(n, STATE)
    states["soc"] = soc
    states["soc_variance"] = np.square(soc_sigma)
    states["temperature_c"] = 25.0
    states["resistance_scale"] = 1.0
    states["capacity_scale"] = capacity_scale
    return states


def unmeasured(n: int) -> NDArray[np.void]:
    """Return n rows of MEASURED in which nothing was measured."""
    rows = np.empty(n, MEASURED)
    for name in MEASURED.names or ():
        rows[name] = 0.0 if name == "dt_s" else np.nan
    return rows
