"""The engine in this process: one worker has all controllers."""

from __future__ import annotations

from typing import Any, Protocol

from twin.engine.packs import Packs
from twin.engine.shard import DEVICES_MAX
from twin.engine.worker import Outcome, Worker
from twin.intake.parser import Batch
from twin.store.content import Store


class Engine(Protocol):
    """Where batches are worked.  Errors of all methods: ToolError where it cannot go on."""

    def work(self, batch: Batch, now_s: float) -> Outcome:
        """Return once the batch is committed, whole."""

    def told(self, devices: list[str] | None = None) -> list[dict[str, Any]]:
        """Return what is known of these batteries, of all without a list."""

    def names(self) -> list[str]:
        """Return the controllers."""

    def close(self) -> None:
        """End what it started."""


class Inline:
    """The default."""

    def __init__(self, store: Store, packs: Packs, most: int = DEVICES_MAX) -> None:
        self._worker = Worker(store, packs, most=most)

    def work(self, batch: Batch, now_s: float) -> Outcome:
        return self._worker.work(batch, now_s)

    def told(self, devices: list[str] | None = None) -> list[dict[str, Any]]:
        return self._worker.told(devices)

    def names(self) -> list[str]:
        return list(self._worker.shard.names)

    def close(self) -> None:
        """There is nothing to end; the store is its opener's."""
