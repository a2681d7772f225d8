"""The engine on Ray: one actor a shard, each with its own connection to PostgreSQL.  Nothing else imports Ray.

An actor that dies is started again by Ray, reads its controllers from the store and is given the same batch again; what
it had committed of it already is known by its sequences. So nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from host_tools.errors import MissingError, ToolError
from twin.engine.packs import Packs
from twin.engine.shard import DEVICES_MAX, layout
from twin.engine.split import split
from twin.engine.worker import Outcome, Worker
from twin.intake.parser import Batch
from twin.store.content import shard_of

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
try:
    import ray
    from ray.exceptions import RayError, RayTaskError
except ImportError:
    raise MissingError("--engine ray needs Ray: pip install 'gridkeel[cluster]'") from None

_OBJECTS_BYTES = 150_000_000  # shared memory for batches on their way; Ray takes a third of the machine's otherwise


class _Shard:
    """One shard in a process of its own."""

    def __init__(self, url: str, packs: Packs, shard: int, shards: int, most: int) -> None:
        from twin.store.postgres import PostgresStore

        self._store = PostgresStore(url, layout(), shard=shard)
        self._worker = Worker(self._store, packs, shard, shards, most)

    def work(self, batch: Batch, now_s: float) -> Outcome:
        return self._worker.work(batch, now_s)

    def told(self, devices: list[str] | None) -> list[dict[str, Any]]:
        return self._worker.told(devices)

    def names(self) -> list[str]:
        return list(self._worker.shard.names)

    def pid(self) -> int:
        return os.getpid()


class OnRay:
    """As Inline, on `shards` actors.  address: of a Ray cluster; "" for one on this machine that ends with it.

    Errors: MissingError where no cluster or no store can be reached.
    """

    def __init__(self, url: str, packs: Packs, *, shards: int = 2, address: str = "", most: int = DEVICES_MAX) -> None:
        self._shards = shards
        try:
            if address:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            else:
                ray.init(
                    num_cpus=shards,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    object_store_memory=_OBJECTS_BYTES,
                )
        except (RayError, OSError, RuntimeError, ConnectionError) as error:
            raise MissingError(f"Ray cannot be started: {' '.join(str(error).split())[:300]}") from None
        # A task that is repeated finds in the store what it had committed.
        actor: Any = ray.remote(max_restarts=-1, max_task_retries=-1, num_cpus=1)(_Shard)
        self._actors: list[Any] = [actor.remote(url, packs, shard, shards, most) for shard in range(shards)]
        try:
            self._names = {name: None for names in self._all("names") for name in names}
        except BaseException:
            ray.shutdown()
            raise

    def work(self, batch: Batch, now_s: float) -> Outcome:
        parts = split(batch, self._shards)
        done = _got([actor.work.remote(part, now_s) for actor, part in zip(self._actors, parts, strict=True)])
        whole = Outcome(seen=batch.seen)
        for one in done:
            whole.records += one.records
            whole.devices += one.devices
            whole.began += one.began
            whole.busy += one.busy
            for kind, number in one.counts.items():
                whole.counts[kind] = whole.counts.get(kind, 0) + number
        self._names.update(dict.fromkeys(whole.devices))
        return whole

    def told(self, devices: list[str] | None = None) -> list[dict[str, Any]]:
        if devices is None:
            return [one for part in self._all("told", None) for one in part]
        by_shard: list[list[str]] = [[] for _ in self._actors]
        for device in devices:
            by_shard[shard_of(device, self._shards)].append(device)
        asked = zip(self._actors, by_shard, strict=True)
        return [one for part in _got([actor.told.remote(names) for actor, names in asked]) for one in part]

    def names(self) -> list[str]:
        return list(self._names)

    def processes(self) -> list[int]:
        """Return the process of each shard."""
        return self._all("pid")

    def close(self) -> None:
        ray.shutdown()

    def _all(self, method: str, *values: Any) -> list[Any]:
        return _got([getattr(actor, method).remote(*values) for actor in self._actors])


def _got(references: list[Any]) -> list[Any]:
    """Errors: ToolError with what a shard says, or MissingError where it cannot be reached."""
    try:
        return ray.get(references)
    except RayTaskError as error:
        if isinstance(error.cause, ToolError):
            raise error.cause from None
        raise
    except RayError as error:
        cause = getattr(error, "cause", None) or error
        raise MissingError(f"a worker of the twin ended: {' '.join(str(cause).split())[:300]}") from None
