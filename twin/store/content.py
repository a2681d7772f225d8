"""What a store holds, whichever database it is: rows of state, samples of history, counts; and what it promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

SCHEMA = 1  # of the tables; the bytes of a state have a version of their own, the layout
HISTORY_ROWS = 5_000_000  # most samples kept, about 0.5 GB
FINE_S = 300  # between two samples of a controller
COARSE_S = 3600  # what is left of old samples where there are too many


class Sample(NamedTuple):
    """One instant of a battery, as history keeps it.  Units in the names; None: not known."""

    device: str
    at_s: int
    soc: float
    soc_low: float
    soc_high: float
    temperature_c: float | None
    resistance_ohm: float | None
    capacity_ah: float | None
    delivered_w: float | None
    energy_in_wh: float | None
    energy_out_wh: float | None


State = tuple[str, bytes, float]  # device, all that is remembered of it (its last sequence too), when it was heard


class Store(Protocol):
    """One writer.  Errors of all methods: ToolError naming the store where it is damaged or cannot be used."""

    def load(self, shard: int = 0, shards: int = 1) -> list[State]:
        """Return every state of a shard, in the order in which they were first written."""

    def commit(self, states: Iterable[State], samples: Iterable[Sample], counts: Mapping[str, int]) -> None:
        """Write all or nothing; once it returns, a power cut loses none of it.  counts: added to those there."""

    def keep(self, name: str, value: bytes) -> None:
        """Keep a value of that name in place of the one before."""

    def kept(self, name: str) -> bytes | None:
        """Return what was kept under a name."""

    def counts(self) -> dict[str, int]:
        """Return how many records of each kind there were."""

    def history(self, device: str | None = None) -> Iterator[Sample]:
        """Yield samples by device and time."""

    def bytes_used(self) -> int:
        """Return the size of it all."""

    def close(self) -> None:
        """Let go of the database."""


def shard_of(device: str, shards: int) -> int:
    """Return the shard of a device: the same in every process and on every machine."""
    import zlib

    return zlib.crc32(device.encode()) % shards
