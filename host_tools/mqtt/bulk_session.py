"""A Session for thousands of messages a second: the socket is read in large pieces, PUBACKs are written together.

paho reads a packet with three calls of the system and acknowledges with two; here a piece of 256 KiB is read at once
and cut from memory, and the acknowledgements of a batch are one write. The names overridden are private, as in
session.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from paho.mqtt.client import PUBACK
from paho.mqtt.enums import MQTTErrorCode

from host_tools.mqtt.address import Broker
from host_tools.mqtt.session import Session

_PIECE = 256 * 1024

# topic, payload, whether the broker had retained it, number for `acknowledge_all` (0: nothing to acknowledge)
Handler = Callable[[str, bytes, bool, int], None]


class BulkSession(Session):
    """As Session.  on_record: called on the event loop for every message; `inbound` and acknowledging as there."""

    def __init__(self, broker: Broker, identifier: str, *, on_record: Handler, inbound: int, **options: Any) -> None:
        super().__init__(broker, identifier, inbound=inbound, **options)
        self._on_record = on_record
        self._buffer = bytearray()
        self._may_read = True
        self._paho_recv = self._client._sock_recv  # noqa: SLF001
        self._client._sock_recv = self._sock_recv  # type: ignore[method-assign,assignment] # noqa: SLF001
        self._client.loop_read = self._loop_read  # type: ignore[method-assign]

    def acknowledge_all(self, numbers: Iterable[int]) -> None:
        """Acknowledge received messages, in the order in which they came."""
        packet = b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in numbers if number)
        if packet and not self._disconnected.done():
            self._client._packet_queue(PUBACK, packet, 0, 1)  # noqa: SLF001

    def _loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handle all packets of one piece."""
        client = self._client
        self._may_read = True
        while client._sock is not None:  # noqa: SLF001
            code = client._packet_read()  # noqa: SLF001
            if code == MQTTErrorCode.MQTT_ERR_AGAIN:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            if code > 0:
                return client._loop_rc_handle(code)  # noqa: SLF001
        return MQTTErrorCode.MQTT_ERR_NO_CONN

    def _sock_recv(self, size: int) -> bytes:
        buffer = self._buffer
        if not buffer:
            if not self._may_read:
                raise BlockingIOError
            self._may_read = False
            buffer += self._paho_recv(_PIECE)
        piece = bytes(buffer[:size])
        del buffer[:size]
        return piece

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # cannot be one of ours, and is acknowledged like everything else
        self._on_record(topic, message.payload, message.retain, message.mid if message.qos else 0)
