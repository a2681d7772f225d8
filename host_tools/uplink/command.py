"""One command as it came by MQTT, and the result that goes back to its sender."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from host_tools.contract.topics import ACK, PREFIX, topic

_TOPIC_MAX = 512
_REASON_MAX = 300
_CORRELATION_MAX = 1024  # it is sent back: longer than any result, it could pass a broker's limit of a packet


@dataclass(frozen=True)
class Command:
    """A command and where its result goes.

    expires_s: on the clock of `now_s`, None where it does not expire.  unfit: why it is refused unread, if it is.
    """

    device: str
    payload: bytes
    reply_topic: str
    correlation: bytes | None
    expires_s: float | None
    unfit: str = ""
    to_group: bool = False  # its results are counted and not sent

    def expired(self, now_s: float) -> bool:
        return self.expires_s is not None and now_s >= self.expires_s


@dataclass(frozen=True)
class Result:
    """Result of a command; `published` turns it into a message.  status: of an update, in OCPP's words."""

    command: Command
    result: str
    reason: str = ""
    parameters: dict[str, str] | None = None
    status: str = ""

    @property
    def ok(self) -> bool:
        return self.result == "ok"

    def shortened(self) -> Result:
        """Return it without its reason and parameters."""
        return replace(self, reason="", parameters=None)

    def sent_to_own_topic(self) -> Result | None:
        """Return it for the device's own topic, None where that is its topic already."""
        own = topic(self.command.device, ACK)
        if self.command.reply_topic == own:
            return None
        return replace(self, command=replace(self.command, reply_topic=own))

    def published(self) -> tuple[str, bytes, Properties]:
        """Return topic, payload and properties."""
        document: dict[str, Any] = {"device": self.command.device, "result": self.result}
        if self.reason:
            document["reason"] = self.reason[:_REASON_MAX]
        if self.parameters is not None:
            document["parameters"] = self.parameters
        if self.status:
            document["status"] = self.status
        properties = Properties(PacketTypes.PUBLISH)
        if self.command.correlation is not None:
            properties.CorrelationData = self.command.correlation
        return self.command.reply_topic, json.dumps(document).encode(), properties


def command_of(device: str, message: aiomqtt.Message, now_s: float, *, to_group: bool = False) -> Command:
    """Take a received message apart; an unfit response topic falls back to the device's own ack topic."""
    properties = message.properties
    correlation = getattr(properties, "CorrelationData", None)
    expiry_s = getattr(properties, "MessageExpiryInterval", None)
    payload = message.payload if isinstance(message.payload, bytes) else b""
    return Command(
        device=device,
        payload=payload,
        reply_topic=_reply_topic(device, getattr(properties, "ResponseTopic", None)),
        correlation=correlation if _fits(correlation) else None,
        expires_s=None if expiry_s is None else now_s + expiry_s,
        unfit=_unfit(message.retain, correlation),
        to_group=to_group,
    )


def _fits(correlation: bytes | None) -> bool:
    return correlation is None or len(correlation) <= _CORRELATION_MAX


def _unfit(retained: bool, correlation: bytes | None) -> str:
    if retained:
        return "a retained command would come again with every connection: do not retain"
    return "" if _fits(correlation) else f"more than {_CORRELATION_MAX} bytes of correlation data"


def _reply_topic(device: str, wanted: str | None) -> str:
    """Return the topic of the result: never a wildcard, never one in which a result could pose as something else."""
    own = topic(device, ACK)
    if not wanted or len(wanted) > _TOPIC_MAX or wanted.startswith(("$", f"{PREFIX}/")):
        return own
    return own if any(sign in wanted for sign in "+#\0") else wanted
