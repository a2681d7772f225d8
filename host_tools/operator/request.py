"""One command to one controller, sent with a response topic, and its answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from host_tools.contract import topics
from host_tools.errors import MissingError, ToolError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session
from host_tools.operator.presence import Presence

REPLIES = "gridkeel/reply"  # gridkeel/reply/<client>: where answers come; outside the contract's own topics
NO_ANSWER = "no_answer"
OFFLINE = "offline"
_SETTLE_S = 0.5  # for what the broker retains to arrive, where an answer does not say
_TAKES_S = 10.0  # for a broker to take a publish


@dataclass(frozen=True)
class Outcome:
    """Outcome of a command.  online: of the controller, None where unknown.  took_ms: to the answer.

    status: of an update, in OCPP's words.
    """

    device: str
    result: str
    reason: str = ""
    parameters: dict[str, str] | None = None
    online: bool | None = None
    took_ms: int | None = None
    status: str = ""

    @property
    def ok(self) -> bool:
        return self.result == "ok"

    def document(self) -> dict[str, Any]:
        """Return it for JSON, without what does not apply."""
        shown = {"device": self.device, "result": self.result, "reason": self.reason}
        details = {
            "parameters": self.parameters,
            "online": self.online,
            "took_ms": self.took_ms,
            "status": self.status or None,
        }
        return shown | {name: value for name, value in details.items() if value is not None}


def send(broker: Broker, device: str, payload: bytes, timeout_s: float) -> Outcome:
    """Send a command and wait for its answer.  Errors: MissingError where the broker cannot be reached."""
    try:
        return asyncio.run(_send(broker, device, payload, timeout_s))
    except CONNECTION_ERRORS as error:
        raise MissingError(why(broker, error)) from None


def retire(broker: Broker, device: str) -> None:
    """Remove what the broker retains of a controller that is gone for good.

    Errors: MissingError where the broker cannot be reached; ToolError where the controller is online.
    """
    try:
        asyncio.run(_retire(broker, device))
    except CONNECTION_ERRORS as error:
        raise MissingError(why(broker, error)) from None


class _Connection:
    """A connection with what came over it: the controller's presence, and the answer to one command."""

    def __init__(self, broker: Broker, device: str) -> None:
        self.presence = Presence(device)
        self.correlation = secrets.token_bytes(12)
        self.answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        name = f"gridkeel-send-{secrets.token_hex(6)}"
        self.replies = f"{REPLIES}/{name}"
        self._answers = (self.replies, topics.topic(device, topics.ACK))
        self.session = Session(broker, name, on_message=self._take, on_lost=self._lost)

    async def listen(self) -> None:
        for name in (*self.presence.filters, *self._answers):
            await self.session.subscribe(name, qos=1)

    async def publish(self, topic: str, payload: bytes, **how: Any) -> None:
        async with asyncio.timeout(_TAKES_S):
            code = await self.session.send(topic, payload, **how)
        if code.is_failure:
            raise MissingError(f"the broker does not take {topic} ({code}): check its access rules")

    def _take(self, message: aiomqtt.Message) -> None:
        topic, payload = str(message.topic), message.payload if isinstance(message.payload, bytes) else b""
        if topic not in self._answers:
            self.presence.take(topic, payload)
            return
        if getattr(message.properties, "CorrelationData", None) != self.correlation or self.answer.done():
            return
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(payload)
            if isinstance(document, dict):
                self.answer.set_result(document)

    def _lost(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(aiomqtt.MqttError("the connection was lost before the answer came"))


async def _send(broker: Broker, device: str, payload: bytes, timeout_s: float) -> Outcome:
    connection = _Connection(broker, device)
    async with connection.session:
        await connection.listen()
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = connection.replies
        properties.CorrelationData = connection.correlation
        properties.MessageExpiryInterval = max(1, round(timeout_s))
        begun_s = time.monotonic()
        await connection.publish(topics.topic(device, topics.COMMAND), payload, properties=properties)
        done, _ = await asyncio.wait((connection.answer,), timeout=timeout_s)
        if not done:
            return _unanswered(device, connection.presence, timeout_s)
        return _outcome(device, connection.answer.result(), connection.presence, time.monotonic() - begun_s)


async def _retire(broker: Broker, device: str) -> None:
    connection = _Connection(broker, device)
    async with connection.session:
        await connection.listen()
        await asyncio.sleep(_SETTLE_S)
        if connection.presence.online:
            raise ToolError(f"{device} is online: stop its uplink first, it would come back at once")
        if connection.presence.online is None:
            raise ToolError(f"{device}: {connection.presence.words}")
        for leaf in (topics.BIRTH, topics.UPDATE, topics.STATUS):
            await connection.publish(topics.topic(device, leaf), b"", retain=True)


def _unanswered(device: str, presence: Presence, timeout_s: float) -> Outcome:
    if presence.online:
        reason = f"no answer within {timeout_s:g} s although {presence.words}; the command may have been carried out"
        return Outcome(device, NO_ANSWER, reason, online=True)
    return Outcome(device, OFFLINE, f"nobody answered; {presence.words}", online=presence.online)


def _outcome(device: str, answer: dict[str, Any], presence: Presence, took_s: float) -> Outcome:
    result, reason, named = answer.get("result"), answer.get("reason"), answer.get("parameters")
    status = answer.get("status")
    return Outcome(
        device,
        result if isinstance(result, str) else "unknown",
        reason if isinstance(reason, str) else "",
        {str(name): str(value) for name, value in named.items()} if isinstance(named, dict) else None,
        presence.online,
        round(took_s * 1000),
        status if isinstance(status, str) else "",
    )
