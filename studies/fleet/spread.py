"""gridkeel.services.spread over arrays: what each charger does later than its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.spread import share_of
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]


def shares_of(identities: Sequence[bytes]) -> Ints:
    """Return each identity's place among spread.SHARES, by the firmware's own hash; 0 for none."""
    return np.array([share_of(one) if one else 0 for one in identities], dtype=np.int64)


class FleetSpread:
    """The chargers' places in every window; places: shape (n,), or (1,) where all share one."""

    def __init__(self, parameters: FleetParameters, places: Ints) -> None:
        self._places = places * parameters.stagger

    def of(self, window_ms: Ints) -> Ints:
        """Return each charger's offset in 0..window_ms - 1."""
        return (window_ms >> 10) * self._places + ((window_ms & 1023) * self._places >> 10)
