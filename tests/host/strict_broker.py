"""A small MQTT 5 broker that grants what a test sets, and ends the connection of whoever oversteps it.

It keeps no subscriptions: what is published to it is noted, acknowledged, and that is all. The rules are those of the
OASIS standard: what a CONNACK limits is a protocol error to exceed.
"""

from __future__ import annotations

import asyncio
import struct
import threading
from dataclasses import dataclass, field
from typing import NamedTuple

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14

# property: (identifier, how it is packed)
PROPERTIES = {
    "session_expiry": (0x11, ">I"),
    "assigned_id": (0x12, "text"),
    "server_keep_alive": (0x13, ">H"),
    "server_reference": (0x1C, "text"),
    "reason": (0x1F, "text"),
    "receive_maximum": (0x21, ">H"),
    "topic_alias_maximum": (0x22, ">H"),
    "maximum_qos": (0x24, ">B"),
    "retain_available": (0x25, ">B"),
    "maximum_packet_size": (0x27, ">I"),
    "wildcard_available": (0x28, ">B"),
    "subscription_ids_available": (0x29, ">B"),
    "shared_available": (0x2A, ">B"),
}
_SIZES = {0x01: 1, 0x02: 4, 0x0B: -2, 0x11: 4, 0x17: 1, 0x19: 1, 0x18: 4, 0x21: 2, 0x22: 2, 0x23: 2, 0x27: 4}
_TEXTS = (0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F)


class Published(NamedTuple):
    """One PUBLISH as it came."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    properties: dict[int, bytes]


@dataclass
class Connection:
    """What is known of one client."""

    will: Published | None = None
    client_id: str = ""
    keep_alive_s: int = 0
    unacknowledged: int = 0
    subscribed: list[tuple[str, int]] = field(default_factory=list)


def packed(properties: dict[str, object]) -> bytes:
    """Return properties with their length."""
    out = b""
    for name, value in properties.items():
        number, layout = PROPERTIES[name]
        text = str(value).encode()
        out += bytes((number,)) + (
            struct.pack(">H", len(text)) + text if layout == "text" else struct.pack(layout, value)
        )
    return _length(len(out)) + out


class StrictBroker:
    """`with StrictBroker(maximum_qos=0) as broker:` listens in a thread of its own.

    refuse: a CONNACK's reason code for everybody.  ack_code: of every PUBACK whose topic it is asked for.
    end_with: a DISCONNECT's reason code, sent after the first record.  ack_after_s: a PUBACK is held back so long.
    """

    def __init__(
        self,
        *,
        refuse: int = 0,
        refuse_with: dict[str, object] | None = None,
        ack_code=lambda _topic: 0,
        end_with: int | None = None,
        ack_after_s: float = 0.0,
        **granted: object,
    ) -> None:
        self.granted = granted
        self.refuse = refuse
        self.refuse_with = refuse_with or {}
        self.ack_code = ack_code
        self.end_with = end_with
        self.ack_after_s = ack_after_s
        self.violations: list[str] = []
        self.published: list[Published] = []
        self.connections: list[Connection] = []
        self.most_unacknowledged = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def __enter__(self) -> StrictBroker:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_details: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def of(self, leaf: str) -> list[Published]:
        return [message for message in self.published if message.topic.endswith(f"/{leaf}")]

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection()
        try:
            while True:
                limit_s = 1.5 * connection.keep_alive_s or None
                kind, flags, body, size = await asyncio.wait_for(_packet(reader), limit_s)
                if size > self.granted.get("maximum_packet_size", size):
                    raise _ViolationError(0x95, f"a packet of {size} bytes")
                await self._take(connection, writer, kind, flags, body)
        except TimeoutError:
            self._violated(writer, 0x8D, f"silent for more than 1.5 x {connection.keep_alive_s} s")
        except _ViolationError as violation:
            self._violated(writer, violation.code, violation.text)
        except (asyncio.IncompleteReadError, ConnectionError, _EndedError):
            pass
        finally:
            writer.close()

    def _violated(self, writer: asyncio.StreamWriter, code: int, text: str) -> None:
        self.violations.append(text)
        writer.write(bytes((DISCONNECT << 4, 2, code, 0)))

    async def _take(self, connection, writer, kind: int, flags: int, body: bytes) -> None:
        if kind == CONNECT:
            self._connect(connection, writer, body)
        elif kind == PUBLISH:
            self._publish(connection, writer, flags, body)
        elif kind == SUBSCRIBE:
            self._subscribe(connection, writer, body)
        elif kind == UNSUBSCRIBE:
            count = len(list(_filters(body, options=False)))
            writer.write(_whole(UNSUBACK, 0, body[:2] + b"\0" + bytes(count)))
        elif kind == PINGREQ:
            writer.write(bytes((PINGRESP << 4, 0)))
        elif kind == DISCONNECT:
            raise _EndedError

    def _connect(self, connection: Connection, writer, body: bytes) -> None:
        flags, keep_alive_s = body[7], int.from_bytes(body[8:10], "big")
        properties, at = _read_properties(body, 10)
        if 0x22 in properties:
            connection.keep_alive_s = 0
        connection.client_id, at = _read_text(body, at)
        code = self.refuse
        if flags & 4:
            will_properties, at = _read_properties(body, at)
            topic, at = _read_text(body, at)
            payload, at = _read_bytes(body, at)
            connection.will = Published(topic, payload, flags >> 3 & 3, bool(flags & 0x20), will_properties)
            if connection.will.retain and not self.granted.get("retain_available", 1):
                code = code or 0x9A
            if connection.will.qos > self.granted.get("maximum_qos", 2):
                code = code or 0x9B
        connection.keep_alive_s = self.granted.get("server_keep_alive", keep_alive_s)
        self.connections.append(connection)
        writer.write(_whole(CONNACK, 0, bytes((0, code)) + packed(self.refuse_with if code else self.granted)))
        if code:
            raise _EndedError

    def _publish(self, connection: Connection, writer, flags: int, body: bytes) -> None:
        qos, retain = flags >> 1 & 3, bool(flags & 1)
        topic, at = _read_text(body, 0)
        number = body[at : at + 2] if qos else b""
        properties, at = _read_properties(body, at + len(number))
        if retain and not self.granted.get("retain_available", 1):
            raise _ViolationError(0x9A, f"retained {topic}")
        if qos > self.granted.get("maximum_qos", 2):
            raise _ViolationError(0x9B, f"QoS {qos} on {topic}")
        if 0x23 in properties and not 0 < int.from_bytes(properties[0x23], "big") <= self.granted.get(
            "topic_alias_maximum", 0
        ):
            raise _ViolationError(0x94, f"a topic alias on {topic}")
        code = self.ack_code(topic)
        if code < 0x80:
            self.published.append(Published(topic, body[at:], qos, retain, properties))
        if qos:
            connection.unacknowledged += 1
            self.most_unacknowledged = max(self.most_unacknowledged, connection.unacknowledged)
            if connection.unacknowledged > self.granted.get("receive_maximum", 65535):
                raise _ViolationError(0x93, f"{connection.unacknowledged} in flight")
            self._loop.call_later(self.ack_after_s, self._acknowledge, connection, writer, number, code)
        if self.end_with is not None and topic.endswith("/telemetry"):
            writer.write(_whole(DISCONNECT, 0, bytes((self.end_with,)) + packed(self.refuse_with)))
            raise _EndedError

    @staticmethod
    def _acknowledge(connection: Connection, writer, number: bytes, code: int) -> None:
        connection.unacknowledged -= 1
        if not writer.is_closing():
            writer.write(_whole(PUBACK, 0, number + (bytes((code, 0)) if code else b"")))

    def _subscribe(self, connection: Connection, writer, body: bytes) -> None:
        properties, _at = _read_properties(body, 2)
        if 0x0B in properties and not self.granted.get("subscription_ids_available", 1):
            raise _ViolationError(0xA1, "a subscription identifier")
        filters = list(_filters(body, options=True))
        for name, _options in filters:
            if ("+" in name or "#" in name) and not self.granted.get("wildcard_available", 1):
                raise _ViolationError(0xA2, f"a wildcard in {name}")
            if name.startswith("$share/") and not self.granted.get("shared_available", 1):
                raise _ViolationError(0x9E, f"shared {name}")
        connection.subscribed += filters
        codes = bytes(min(options & 3, self.granted.get("maximum_qos", 2)) for _name, options in filters)
        writer.write(_whole(SUBACK, 0, body[:2] + b"\0" + codes))


class _ViolationError(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class _EndedError(Exception):
    pass


async def _packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes, int]:
    head = (await reader.readexactly(1))[0]
    length = shift = 0
    count = 1
    while True:
        byte = (await reader.readexactly(1))[0]
        count += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return head >> 4, head & 0x0F, await reader.readexactly(length), count + length


def _whole(kind: int, flags: int, body: bytes) -> bytes:
    return bytes((kind << 4 | flags,)) + _length(len(body)) + body


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _read_bytes(body: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : end], end


def _read_text(body: bytes, at: int) -> tuple[str, int]:
    data, end = _read_bytes(body, at)
    return data.decode(), end


def _read_properties(body: bytes, at: int) -> tuple[dict[int, bytes], int]:
    """Return ({identifier: value}, where they end); a user property has its last value."""
    length = shift = 0
    while True:
        byte = body[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    end = at + length
    found: dict[int, bytes] = {}
    while at < end:
        number = body[at]
        at += 1
        if number == 0x26:
            _name, at = _read_bytes(body, at)
            found[number], at = _read_bytes(body, at)
        elif number in _TEXTS:
            found[number], at = _read_bytes(body, at)
        elif number == 0x0B:
            begin = at
            while body[at] >= 0x80:
                at += 1
            at += 1
            found[number] = body[begin:at]
        else:
            found[number] = body[at : at + _SIZES[number]]
            at += _SIZES[number]
    return found, end


def _filters(body: bytes, *, options: bool):
    _properties, at = _read_properties(body, 2)
    while at < len(body):
        name, at = _read_text(body, at)
        if options:
            yield name, body[at]
            at += 1
        else:
            yield name, 0
