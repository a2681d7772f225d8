"""A twin killed at random moments under load, and what it knows in the end."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_peers import Publisher, TwinProcess, states, undisturbed
from twin_records import fleet

_BACK_S = 60.0


@dataclass
class Killed:
    """What came of it.  back_s: from each start to the connection with its broker."""

    records: int
    kills: int
    back_s: list[float]
    identical: bool
    lost: int
    doubled: int


def kill_often(broker: Any, folder: Path, *, kills: int, per_s: float = 800.0, seed: int = 1) -> Killed:
    """Kill a twin (SQLite) at random moments while records come; the broker keeps what it did not acknowledge."""
    chance = random.Random(seed)
    store = str(folder / "twin.db")
    options = ("--tell", "0.5", "--report", "0")
    with TwinProcess(broker.url, store, *options) as first:
        first.wait_for("connected")  # from here on the broker keeps every record for it
        first.kill()
    waits_s = [chance.uniform(0.0, 1.5) for _ in range(kills)]
    messages = fleet(50, max(20, int(per_s * (sum(waits_s) + kills) / 50)), seed)
    publisher = Publisher(broker.port, messages, per_s)
    publisher.start()
    back_s = []
    for wait_s in waits_s:
        with TwinProcess(broker.url, store, *options) as twin:
            back_s.append(twin.wait_for("connected", _BACK_S))
            time.sleep(wait_s)
            twin.kill()
    wanted = undisturbed(messages, folder)
    with TwinProcess(broker.url, store, *options) as twin:
        back_s.append(twin.wait_for("connected", _BACK_S))
        publisher.join()
        found = _settled(store, wanted)
        assert twin.terminate() == 0
    lost, doubled = differences(found, wanted)
    return Killed(len(messages), kills, back_s, found == wanted, lost, doubled)


def _settled(store: str, wanted: dict[str, bytes]) -> dict[str, bytes]:
    """Wait until the states are the wanted ones, or do not change any more."""
    found, quiet_since = states(store), time.monotonic()
    while found != wanted and time.monotonic() - quiet_since < 10.0:
        time.sleep(0.2)
        now = states(store)
        if now != found:
            found, quiet_since = now, time.monotonic()
    return found


def differences(found: dict[str, bytes], wanted: dict[str, bytes]) -> tuple[int, int]:
    """Return how many records are missing in the counts of the states, and how many too many are in them."""
    import numpy as np

    from twin.engine.shard import ROW

    lost = doubled = 0
    for name, data in wanted.items():
        had = int(np.frombuffer(found[name], ROW)["records"][0]) if name in found else 0
        difference = int(np.frombuffer(data, ROW)["records"][0]) - had
        lost, doubled = lost + max(difference, 0), doubled + max(-difference, 0)
    return lost, doubled
