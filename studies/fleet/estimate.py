"""Estimates of the mains by every charger: the firmware's Estimator as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass
class Estimates:
    """One estimate a charger, int64, shape (n,) or (1,) where all see the same; names and units of the Estimator."""

    freq_uhz: Ints
    freq_short_uhz: Ints
    rocof_mhz_s: Ints
    voltage_mv: Ints
    cycle_mv: Ints
    quality: Ints
    nominal_uhz: int = 50_000_000
