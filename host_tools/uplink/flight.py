"""Publishes on their way: as many at once as the broker gives credit for, deleted from the queue once acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

import aiomqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from host_tools.uplink.queue import Stored
from host_tools.uplink.session import Session

_DONE_BATCH = 200  # acknowledged records deleted in one transaction


class Backlog(Protocol):
    """What the sending side needs of the queue, off the event loop."""

    async def take(self, device: str, after: int) -> list[Stored]: ...

    async def done(self, ids: list[int]) -> None: ...


class _Sent(NamedTuple):
    row: int | None
    ack: asyncio.Future[ReasonCode]


class Flight:
    """One connection's unacknowledged publishes.  on_landed is called for every record the broker took."""

    def __init__(self, session: Session, backlog: Backlog, on_landed: Callable[[], None]) -> None:
        self._session = session
        self._backlog = backlog
        self._on_landed = on_landed
        self._flying: deque[_Sent] = deque()
        self._done: list[int] = []

    async def send(
        self,
        topic: str,
        payload: bytes,
        *,
        row: int | None = None,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> None:
        """Publish, after waiting for credit.  row: the record's id in the queue, None for what is not from there.

        Errors: MqttError where the connection ends or the broker refuses a record.
        """
        while len(self._flying) >= self._session.credit:
            await self._land()
        self._flying.append(_Sent(row, self._session.send(topic, payload, retain=retain, properties=properties)))

    async def settle(self) -> None:
        """Wait for everything in flight and delete what has arrived.  Errors: MqttError, as in `send`."""
        while self._flying:
            await self._land()
        await self._delete()

    def harvest(self) -> list[int]:
        """Return the rows acknowledged and not yet deleted, also those acknowledged out of turn."""
        done, self._done = self._done, []
        landed = [sent for sent in self._flying if sent.row is not None and _accepted(sent.ack)]
        return done + [sent.row for sent in landed if sent.row is not None]

    async def _land(self) -> None:
        sent = self._flying[0]
        reason = await sent.ack
        self._flying.popleft()
        if sent.row is None:
            return  # a status or an answer: the next one says more than this one again
        if reason.is_failure:
            raise aiomqtt.MqttError(self._session.refused)
        self._done.append(sent.row)
        self._on_landed()
        if len(self._done) >= _DONE_BATCH:
            await self._delete()

    async def _delete(self) -> None:
        done, self._done = self._done, []
        await self._backlog.done(done)


def _accepted(ack: asyncio.Future[ReasonCode]) -> bool:
    return ack.done() and not ack.cancelled() and ack.exception() is None and not ack.result().is_failure
