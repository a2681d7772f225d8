"""gridkeel.services.curve over arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.grid_codes.form import FULL

Ints = NDArray[np.int64]
Point = tuple[Ints, int]  # deviation in mHz (a charger's own where the curve is), share in 0.01 %


def points_of(flat: Sequence[int]) -> list[Point]:
    """Return the points of a profile's curve."""
    return [(np.array([x]), y) for x, y in zip(flat[::2], flat[1::2], strict=True)]


def share_of(curve: list[Point], x: Ints, scale: Ints) -> Ints:
    """Return y * scale // 10000 on the curve at x >= 0 in uHz, rounded down; 0 before the first point."""
    if not curve or (x <= curve[0][0] * 1000).all():
        return np.zeros(1, dtype=np.int64)
    found = scale * curve[-1][1] // FULL
    for (x0, y0), (x1, y1) in zip(curve[-2::-1], curve[:0:-1], strict=True):
        low = scale * y0 // FULL
        rise = scale * y1 // FULL - low
        # Floors in a row are one: the firmware's split of the product is exact.
        found = np.where(x < x1 * 1000, low + rise * (x - x0 * 1000) // (1000 * (x1 - x0)), found)
    return np.where(x <= curve[0][0] * 1000, 0, found)
