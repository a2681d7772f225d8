"""Publishes what is known of each battery, retained, on the topic `twin` of its controller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiomqtt

from host_tools.contract import topics
from twin.engine.worker import Outcome
from twin.service.service import Service

_MOST = 500  # in one go
Extra = Callable[[str], dict[str, Any]]


class Telling:
    """Goes round the controllers that were heard since, each at most every `told_s`.

    extras: say what belongs beside the estimate (wear, plan).
    """

    def __init__(self, extras: tuple[Extra, ...] = ()) -> None:
        self.told = 0
        self._extras = extras
        self._due: dict[str, None] = {}  # in the order in which they were heard
        self._next_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def tick(self, service: Service, now_s: float) -> None:
        every_s = service.settings.told_s
        if not every_s or not self._due or now_s < self._next_s or (self._task and not self._task.done()):
            return
        names = list(self._due)[:_MOST]
        for name in names:
            del self._due[name]
        # All that there are take `every_s` together: one is told no more often than that.
        self._next_s = now_s + every_s * min(1.0, len(names) / max(len(service.engine.names()), 1))
        self._task = asyncio.ensure_future(self._tell(service, names))

    def outcome(self, service: Service, outcome: Outcome, now_s: float) -> None:
        if service.settings.told_s:
            self._due.update(dict.fromkeys(outcome.devices))

    def message(self, service: Service, topic: str, payload: bytes, now_s: float) -> None:
        """Nothing is asked of it."""

    async def _tell(self, service: Service, names: list[str]) -> None:
        documents = await service.told(names)
        link = service.link
        if link is None:
            return
        for document in documents:
            for extra in self._extras:
                document |= extra(document["device"])
            try:
                link.publish(topics.topic(document["device"], topics.TWIN), document, retain=True)
            except aiomqtt.MqttError:
                return  # the connection has ended; the next one is told anew
            self.told += 1
