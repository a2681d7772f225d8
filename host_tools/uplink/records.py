"""Records from the queue file to the broker; deleted once it has acknowledged them."""

from __future__ import annotations

import time
from functools import partial

from paho.mqtt.reasoncodes import ReasonCode

from host_tools.contract import topics
from host_tools.uplink.inflight import Inflight
from host_tools.uplink.outflow import Outflow
from host_tools.uplink.queue import Stored
from host_tools.uplink.store import Store


class Records:
    """Publishes what the store holds; `due` is True while there may be more of it."""

    def __init__(self, store: Store, retry_max_s: float) -> None:
        self.published = 0
        self.due = True
        self._store = store
        self._outflow = Outflow(store, retry_max_s)
        self._done: list[int] = []

    def connected(self) -> None:
        self._outflow.restart()
        self.due = True

    def wake(self, now_s: float) -> None:
        """Look again where a device's refusal is old enough."""
        retry_at_s = self._outflow.retry_at_s
        if retry_at_s is not None and now_s >= retry_at_s:
            self.due = True

    async def send(self, inflight: Inflight) -> bool:
        """Send one record; return False where there is no room or no record.

        Errors: MqttError; ToolError, as of Queue.
        """
        if not self.due or not inflight.has_room:
            return False
        now_s = time.monotonic()
        self.due = False  # what comes during the look makes it True again
        stored = await self._outflow.next(now_s)
        if stored is None:
            return False
        self.due = True
        retain = stored.entry.leaf == topics.UPDATE  # who asks later is to see how an update ended
        topic = topics.topic(stored.entry.device, stored.entry.leaf)
        if not inflight.send(topic, stored.entry.payload, partial(self._landed, inflight, stored), retain=retain):
            self._outflow.refused(stored, now_s)
        return True

    async def flush(self) -> None:
        """Delete what the broker has."""
        if self._done:
            done, self._done = self._done, []
            await self._store.done(done)

    def _landed(self, inflight: Inflight, stored: Stored, reason: ReasonCode | None) -> None:
        if reason is None:
            return
        device = stored.entry.device
        if reason.is_failure:
            self._outflow.refused(stored, time.monotonic())
            inflight.refused(device)
            return
        self.published += 1  # before the queue shows it: who waits for `drain` then reads the whole count
        self._outflow.accepted(stored, time.monotonic())
        self._done.append(stored.id)
        inflight.taken(device)
