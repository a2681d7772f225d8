"""gridkeel.ticks over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.ticks import MASK

_HALF = (MASK + 1) >> 1


def since(now_ms: int, earlier: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return now_ms - earlier in ticks, right across one wrap."""
    return ((now_ms - earlier + _HALF) & MASK) - _HALF
