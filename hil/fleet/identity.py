"""What a charger does later than its neighbour, spread by a hash of its identity."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray


def identities(n: int) -> list[str]:
    """Return the identities of a made-up fleet."""
    return [f"charger-{k:07d}" for k in range(n)]


def stagger_ms(names: list[str], spread_ms: int) -> NDArray[np.int64]:
    """Return 0..spread_ms-1 for each identity: the same at every start, even over a fleet."""
    hashes = np.fromiter((zlib.crc32(name.encode()) for name in names), dtype=np.int64, count=len(names))
    # The CRC of neighbours differs in few bits: one round of Fibonacci hashing spreads them over the range.
    mixed = (hashes * 2654435761) & 0xFFFFFFFF
    return (mixed * spread_ms) >> 32
