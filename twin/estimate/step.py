"""One step of every vehicle: each record is counted, and every minute or so the grid is weighed with what came in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry
from twin.estimate.capacity import learn
from twin.estimate.count import LONGEST_STEP_S, count
from twin.estimate.grid import weigh
from twin.estimate.state import States

__all__ = ["LONGEST_STEP_S", "step"]

_CHUNK = 4096  # rows whose work fits into a core's cache
_YOUNG_S = 900.0
_WINDOW_YOUNG_S, _WINDOW_S = 60.0, 180.0


def step(states: States, measured: NDArray[np.void], chemistry: Chemistry) -> None:
    """Fold one row of MEASURED a vehicle into the rows of STATE, in place.

    Every row comes out the same whatever rows are beside it.  Errors: ValueError where the two differ in length.
    """
    if len(states) != len(measured):
        raise ValueError(f"{len(states)} vehicles, {len(measured)} measurements")
    for begin in range(0, len(states), _CHUNK):
        part = states[begin : begin + _CHUNK]
        count(part, measured[begin : begin + _CHUNK], chemistry)
        window = np.where(part["age_s"] < _YOUNG_S, _WINDOW_YOUNG_S, _WINDOW_S)
        due = np.flatnonzero(part["elapsed_s"] >= window)
        if len(due):
            rows = part[due]
            weigh(rows, chemistry)
            learn(rows, chemistry)
            part[due] = rows
