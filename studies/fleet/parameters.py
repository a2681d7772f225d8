"""The firmware's parameters for many chargers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridkeel.params import NAMES, Parameters
from gridkeel.services.grid_codes.in_force import GridSettings

Ints = NDArray[np.int64]


class FleetParameters:
    """One int64 array a parameter: shape (1,) where all chargers share the value, (n,) where each has its own.

    Every value of `each` is checked as a controller would check its own; the checks of values against each other
    hold for `common` alone.  grid: the settings of the grid code or the profiles that all share.
    Errors: gridkeel.errors.ParameterError, ValueError for a shape that does not fit.
    """

    def __init__(self, n: int, common: Parameters, each: Mapping[str, ArrayLike] | None = None) -> None:
        self.n = n
        for name in NAMES:
            setattr(self, name, np.array([getattr(common, name)], dtype=np.int64))
        for name, values in (each or {}).items():
            own = np.asarray(values, dtype=np.int64)
            if own.shape != (n,):
                raise ValueError(f"{name} has shape {own.shape}, the fleet ({n},)")
            Parameters({**common.values(), name: int(own.min())})
            Parameters({**common.values(), name: int(own.max())})
            setattr(self, name, own)
        self.grid = self._grid_of_the_first()

    def __getattr__(self, name: str) -> Ints:
        raise AttributeError(f"no parameter {name!r}")

    def common(self, name: str) -> int:
        """Return a value that all chargers must share.  Errors: ValueError where they do not."""
        column = getattr(self, name)
        if (column != column[0]).any():
            raise ValueError(f"the chargers of one fleet share {name}")
        return int(column[0])

    def part(self, first: int, last: int) -> FleetParameters:
        """Return the parameters of chargers first..last-1; arrays are shared, not copied."""
        found = FleetParameters.__new__(FleetParameters)
        found.n = last - first
        found.grid = self.grid
        for name in NAMES:
            column = getattr(self, name)
            setattr(found, name, column[first:last] if column.size == self.n else column)
        return found

    @classmethod
    def of(cls, chargers: Sequence[Parameters]) -> FleetParameters:
        """Gather the parameters of single controllers."""
        found = cls(len(chargers), chargers[0])
        for name in NAMES:
            setattr(found, name, np.array([getattr(one, name) for one in chargers], dtype=np.int64))
        found.grid = found._grid_of_the_first()
        return found

    def _grid_of_the_first(self) -> GridSettings:
        grid = GridSettings()
        grid.take(SimpleNamespace(**{name: int(getattr(self, name)[0]) for name in NAMES}))
        return grid
