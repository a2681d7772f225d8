"""A batch cut into those of each shard.  Pure."""

from __future__ import annotations

from collections import Counter

import numpy as np

from twin.intake.parser import Batch
from twin.store.content import shard_of


def split(batch: Batch, shards: int) -> list[Batch]:
    """Return one batch a shard, each controller's records in their order; what was not used counts with the first."""
    which = np.array([shard_of(device, shards) for device in batch.devices], np.int64)
    of_record = which[batch.records["at"]] if len(which) else np.zeros(0, np.int64)
    parts = []
    for shard in range(shards):
        chosen = np.flatnonzero(which == shard)
        place = np.full(len(which), -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        records = batch.records[of_record == shard].copy()
        records["at"] = place[records["at"]]
        counts = batch.counts if shard == 0 else Counter[str]()
        parts.append(Batch([batch.devices[i] for i in chosen.tolist()], records, counts))
    return parts
