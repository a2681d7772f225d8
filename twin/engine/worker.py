"""One shard at work: a batch is applied, committed with the samples that are due, and only then is the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.engine.apply import apply, install
from twin.engine.estimates import documents, samples
from twin.engine.packs import Packs
from twin.engine.shard import DEVICES_MAX, Shard
from twin.intake.parser import Batch, Seen
from twin.store.content import FINE_S, Store


@dataclass
class Outcome:
    """What became of a batch that is committed.  counts: records that were not used, by kind.

    devices: of whom there were records.  began, busy, seen: as of Applied.
    """

    records: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)
    began: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=dict)


class Worker:
    """Owner of one shard of `shards`; what it knows it read from the store."""

    def __init__(self, store: Store, packs: Packs, shard: int = 0, shards: int = 1, most: int = DEVICES_MAX) -> None:
        self.shard = Shard(packs)
        self._store = store
        self._most = most
        self.shard.load(store.load(shard, shards))

    def work(self, batch: Batch, now_s: float) -> Outcome:
        """Commit a batch.  Errors: ToolError of the store; then nothing of it is kept, here and there."""
        applied = apply(self.shard, batch, self._most)
        bucket_s = int(now_s) // FINE_S * FINE_S
        old = applied.at < len(self.shard)
        due = np.ones(len(applied.at), bool)
        due[old] = self.shard.sampled_s[applied.at[old]] < bucket_s
        names = [*self.shard.names, *applied.names]
        touched = [names[i] for i in applied.at.tolist()]
        kept = samples([touched[i] for i in np.flatnonzero(due).tolist()], applied.rows[due], now_s)
        states = [(name, row.tobytes(), now_s) for name, row in zip(touched, applied.rows, strict=True)]
        self._store.commit(states, kept, applied.counts)
        install(self.shard, applied, now_s)
        self.shard.sampled_s[applied.at[due]] = bucket_s
        counts = {kind: number for kind, number in applied.counts.items() if number}
        return Outcome(len(batch), counts, touched, applied.began, applied.busy, applied.seen)

    def told(self, devices: list[str] | None = None) -> list[dict[str, Any]]:
        """Return what is known of these batteries, of all without a list."""
        shard = self.shard
        at = range(len(shard)) if devices is None else [shard.index[name] for name in devices if name in shard.index]
        places = np.array(list(at), int)
        names = [shard.names[i] for i in at]
        return documents(names, shard.rows[places], shard.heard_s[places])

    def __len__(self) -> int:
        return len(self.shard)
