"""The publishes in flight on one connection: as many as the broker gives credit for, none larger than it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from host_tools.mqtt.broker_limits import BrokerLimits, publish_size
from host_tools.mqtt.session import Session
from host_tools.uplink.problem_log import ProblemLog

BROKER = "+"  # stands for the broker itself among those that have a problem; no device's name as a topic level
Landed = Callable[[ReasonCode | None], None]
"""Takes the PUBACK's reason code, None where the connection ended first."""


class Inflight:
    """One connection's publishes.  wake: is set when there is room again, after `has_room` said no."""

    def __init__(
        self,
        session: Session,
        broker: str,
        problems: ProblemLog,
        wake: asyncio.Event,
    ) -> None:
        self.session = session
        self.flying = 0
        self._broker = broker
        self._problems = problems
        self._wake = wake
        self._short = False

    @property
    def limits(self) -> BrokerLimits:
        return self.session.limits

    @property
    def has_room(self) -> bool:
        if self.flying < self.session.credit:
            return True
        self._short = True
        return False

    def send(
        self,
        topic: str,
        payload: bytes,
        landed: Landed,
        *,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> bool:
        """Publish; return False, and say so once, where the broker takes no packet of that size.

        Errors: MqttError where the connection has ended.
        """
        if not self.fits(topic, payload, properties):
            self._problems.begin(
                topic,
                f"broker {self._broker} takes packets of {self.limits.packet_maximum} bytes at most, too few for"
                f" {topic}: raise its maximum packet size",
                "too large",
            )
            return False
        ack = self.session.send(topic, payload, retain=retain, properties=properties)
        self.flying += 1
        ack.add_done_callback(partial(self._landed, landed))
        return True

    def fits(self, topic: str, payload: bytes, properties: Properties | None = None) -> bool:
        return self.limits.packet_maximum is None or self.limits.fits(publish_size(topic, payload, properties))

    def refused(self, who: str) -> None:
        """Say, once for all of them, that the broker does not take what `who` has to send."""
        self._problems.begin(who, f"broker {self._broker} {self.session.refused}", "refused")

    def taken(self, who: str) -> None:
        """Take note that the broker takes it."""
        self._problems.end(who, f"broker {self._broker} takes messages again")

    def _landed(self, landed: Landed, ack: asyncio.Future[ReasonCode]) -> None:
        self.flying -= 1
        lost = ack.cancelled() or ack.exception() is not None
        landed(None if lost else ack.result())
        if not lost:
            self.taken(BROKER)
        if self._short and self.flying <= self.session.credit // 2:
            self._short = False
            self._wake.set()
