"""The twin's connection to its broker: a session that the broker keeps, presence with a will, publishes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.commit import host_version
from host_tools.contract import topics
from host_tools.mqtt.bulk_session import BulkSession
from host_tools.operator.request import REPLIES
from twin.intake.fields import LEAVES
from twin.service.settings import SESSION_S, Settings

_RECORDS = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
_LATEST = SubscribeOptions(qos=0)
_LIVE = SubscribeOptions(qos=0, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
_PENDING_MAX = 20_000  # publishes that wait for the broker; those beyond are not sent

Other = Callable[[str, bytes, bool], None]


class Link:
    """One connection; a new one is made for every attempt.

    on_record: takes every message with what `acknowledge` wants.  on_other: takes births, statuses, signals and
    replies, on the event loop as on_record.
    """

    def __init__(
        self,
        settings: Settings,
        run: str,
        on_record: Callable[[str, bytes, bool, int], None],
        on_other: Other,
        on_lost: Callable[[], None],
    ) -> None:
        self.refused = 0
        self.pending = 0
        self._settings = settings
        self._run = run
        self._on_record = on_record
        self._on_other = on_other
        self._endings = tuple(f"/{leaf}" for leaf in (*LEAVES, topics.COMPACT))
        self.client = f"gridkeel-twin-{topics.level(settings.name)}"
        self.replies = f"{REPLIES}/{self.client}"
        self._presence = topics.twin_presence(settings.name)
        will = aiomqtt.Will(self._presence, self._status("offline", "twin lost"), qos=1, retain=True)
        self.session = BulkSession(
            settings.broker,
            self.client,
            on_record=self._take,
            on_lost=on_lost,
            inbound=settings.window,
            window=1000,
            will=will,
            session_expiry_s=SESSION_S,
        )

    async def begin(self) -> None:
        """Subscribe and say that the twin is there.  Errors: MqttError."""
        session = self.session
        # Births first: a record without names is read by them, and none is worked before this returns.
        await session.subscribe([(f"{topics.PREFIX}/+/{topics.BIRTH}", _LATEST)])
        await session.subscribe([(topics.UPLINKS, _LATEST), (topics.STATUSES, _LATEST)])
        await session.subscribe([(f"{topics.PREFIX}/+/{leaf}", _RECORDS) for leaf in (*LEAVES, topics.COMPACT)])
        await session.subscribe([(self.replies, _LIVE), (topics.signal(self._settings.name), _LIVE)])
        session.send(self._presence, self._status("online"), retain=True)

    async def end(self) -> None:
        """Say that the twin stops."""
        await asyncio.wait(
            (self.session.send(self._presence, self._status("offline", "twin stopped"), retain=True),), timeout=2.0
        )

    def publish(
        self, topic: str, document: dict[str, Any], *, retain: bool = False, expires_s: float = 0.0, answer: str = ""
    ) -> asyncio.Future[Any] | None:
        """Publish; return what brings the broker's answer, None where too many wait already.

        expires_s: after which the broker drops it.  answer: what the reply to a command is known by.
        """
        if self.pending >= _PENDING_MAX:
            return None
        properties = None
        if expires_s or answer:
            properties = Properties(PacketTypes.PUBLISH)
            if expires_s:
                properties.MessageExpiryInterval = max(1, round(expires_s))
            if answer:
                properties.ResponseTopic = self.replies
                properties.CorrelationData = answer.encode()
        payload = json.dumps(document, separators=(",", ":")).encode()
        ack = self.session.send(topic, payload, retain=retain, properties=properties)
        self.pending += 1
        ack.add_done_callback(self._landed)
        return ack

    def _landed(self, ack: asyncio.Future[Any]) -> None:
        self.pending -= 1
        if not ack.cancelled() and ack.exception() is None and ack.result().is_failure:
            self.refused += 1

    def _take(self, topic: str, payload: bytes, retained: bool, number: int) -> None:
        if topic.endswith(self._endings):
            self._on_record(topic, payload, retained, number)
            return
        self._on_other(topic, payload, retained)
        if number:
            self.session.acknowledge_all((number,))

    def _status(self, state: str, reason: str = "") -> bytes:
        told = {"twin": self._settings.name, "status": state, "run": self._run, "version": host_version()}
        if reason:
            told["reason"] = reason
        return json.dumps({**told, "at_s": round(time.time(), 3)}, separators=(",", ":")).encode()
