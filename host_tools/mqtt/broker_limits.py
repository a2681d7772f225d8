"""Limits that an MQTT 5 broker sets in its CONNACK, and how large a PUBLISH becomes.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from paho.mqtt.properties import Properties

_RECEIVE_MAXIMUM = 65535  # where a broker names none


@dataclass(frozen=True)
class BrokerLimits:
    """The limits of one connection.  packet_maximum: bytes of a packet, None for no limit.

    Topic aliases, shared and wildcard subscriptions and subscription identifiers are not asked for, so no broker can
    lack them; the server's keep-alive is followed by paho, an assigned client identifier not needed.
    """

    receive_maximum: int = _RECEIVE_MAXIMUM
    maximum_qos: int = 1
    retain: bool = True
    packet_maximum: int | None = None

    def fits(self, size: int) -> bool:
        return self.packet_maximum is None or size <= self.packet_maximum


def limits_of(properties: Properties | None) -> BrokerLimits:
    """Return what a CONNACK's properties grant."""
    return BrokerLimits(
        receive_maximum=getattr(properties, "ReceiveMaximum", _RECEIVE_MAXIMUM) or _RECEIVE_MAXIMUM,
        maximum_qos=min(1, getattr(properties, "MaximumQoS", 1)),
        retain=bool(getattr(properties, "RetainAvailable", 1)),
        packet_maximum=getattr(properties, "MaximumPacketSize", None),
    )


def publish_size(topic: str, payload: bytes, properties: Properties | None = None) -> int:
    """Return the bytes of a QoS 1 PUBLISH packet."""
    properties_size = len(properties.pack()) if properties is not None else 1
    rest = 2 + len(topic.encode()) + 2 + properties_size + len(payload)
    return 1 + _length_size(rest) + rest


def _length_size(length: int) -> int:
    """Return how many bytes MQTT's variable byte integer takes."""
    size = 1
    while length > 127:
        length >>= 7
        size += 1
    return size
