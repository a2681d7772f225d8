"""Thinning of a series for a plot: the least and the greatest of every column of the plot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COLUMNS = 600  # two points each: about what a page shows, and small in the file


def envelope(t_s: Floats, values: Floats, columns: int = COLUMNS) -> tuple[Floats, Floats]:
    """Return at most 2 * columns points that keep every extreme, in order of time; gaps (NaN) stay gaps."""
    if t_s.size <= 2 * columns:
        return t_s, values
    edges = np.linspace(0, t_s.size, columns + 1).astype(np.intp)
    kept: list[int] = []
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        part = values[first:last]
        if np.isnan(part).all():
            kept.append(int(first))
            continue
        low, high = int(first + np.nanargmin(part)), int(first + np.nanargmax(part))
        kept += [low, high] if low < high else [high, low]
    # The ends stay, so that a line still reaches from edge to edge.
    index = np.unique(np.array([0, *kept, t_s.size - 1]))
    return t_s[index], values[index]


def runs(t_s: Floats, values: Floats, limit: int = 1500) -> list[tuple[float, float, int]]:
    """Return (start_s, end_s, value) of every stretch of one value; past `limit` stretches, the longest ones."""
    if not t_s.size:
        return []
    starts = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))
    begin_s = t_s[starts]
    end_s = np.append(begin_s[1:], t_s[-1])
    found = list(zip(begin_s.tolist(), end_s.tolist(), values[starts].astype(int).tolist(), strict=True))
    if len(found) > limit:
        found = sorted(sorted(found, key=lambda run: run[0] - run[1])[:limit])
    return found
