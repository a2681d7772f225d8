"""One MQTT 5 connection: aiomqtt's client, with reason codes, properties and ends of connections that it hides.

aiomqtt 2.5.1 waits for the PUBACK of a publish and forgets its reason code, hides the properties of CONNACK and
DISCONNECT, times out where a broker closes before its CONNACK, leaves a connection open that it gave up, and may watch
a socket that is closed already. The callbacks overridden here (private names, hence the pinned version) mend that;
tests/host/test_uplink_session.py and test_uplink_broker_limits.py hold them to it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from host_tools.mqtt.address import Broker
from host_tools.mqtt.broker_limits import BrokerLimits, limits_of

KEEPALIVE_S = 20
CONNECT_TIMEOUT_S = 10.0
_SAID_MAX = 200  # letters of a broker's own words in a line of ours

# connection_error.why says in one line what there is to say; what aiomqtt and paho would log is kept quiet.
_LOGGER = logging.getLogger("gridkeel.mqtt")
_LOGGER.setLevel(logging.CRITICAL)
_LOGGER.addHandler(logging.NullHandler())  # without any, Python prints raw lines to standard error

_TAKEN_OVER = 0x8E
_ROUND_TRIP = "gridkeel/v2/$uplink/none/none"  # nobody subscribes to it; its UNSUBACK shows what was read before it
_ACCEPTED = ReasonCode(PacketTypes.PUBACK, identifier=0)


class TakenOverError(aiomqtt.MqttError):
    """The broker gave the session to another connection with the same client identifier."""


class Session(aiomqtt.Client):
    """A connection to one broker; a new one is made for every attempt.

    on_message: called on the event loop for every message received; without it `messages` yields them.
    on_lost: called on the event loop when the connection has ended without our doing.
    window: how many QoS 1 publishes this side wants in flight; `credit` is what the broker leaves of it.
    inbound: how many received messages the broker may send ahead of `acknowledge`, which then is the caller's to call;
    0: each is acknowledged as it comes.
    """

    def __init__(
        self,
        broker: Broker,
        identifier: str,
        *,
        will: aiomqtt.Will | None = None,
        window: int = 64,
        inbound: int = 0,
        on_message: Callable[[aiomqtt.Message], None] | None = None,
        on_lost: Callable[[], None] | None = None,
        session_expiry_s: int = 0,
    ) -> None:
        super().__init__(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            logger=_LOGGER,
            identifier=identifier,
            protocol=aiomqtt.ProtocolVersion.V5,
            will=will,
            timeout=CONNECT_TIMEOUT_S,
            keepalive=KEEPALIVE_S,
            clean_start=session_expiry_s == 0,
            max_inflight_messages=window,
            tls_context=broker.tls_context,
            properties=_connect_properties(session_expiry_s, inbound),
        )
        self.name = broker.name
        self.limits = BrokerLimits()
        self.credit = window
        self._client.manual_ack_set(inbound > 0)
        self._paho_send = self._client._sock_send  # noqa: SLF001
        self._client._sock_send = self._sock_send  # type: ignore[method-assign,assignment] # noqa: SLF001
        self._handle = on_message
        self._on_lost = on_lost
        self._leaving = False
        self._acks: dict[int, tuple[str, asyncio.Future[ReasonCode]]] = {}
        self._written: list[asyncio.Future[ReasonCode]] = []  # QoS 0, to be confirmed by a round trip
        self._round_trips: dict[int, list[asyncio.Future[ReasonCode]]] = {}
        self.refused = ""
        self._ended = ""
        self._taken_over = False

    def send(
        self, topic: str, payload: bytes, *, retain: bool = False, properties: Properties | None = None
    ) -> asyncio.Future[ReasonCode]:
        """Publish at QoS 1; the future brings the PUBACK's reason code, or MqttError where the connection ends first.

        Where the broker has QoS 0 alone, it is published so, and the future waits until the broker has read it. A
        broker that retains nothing is not asked to.
        Errors: MqttError where the connection is gone already.
        """
        self.check()
        qos = self.limits.maximum_qos
        info = self._client.publish(topic, payload, qos, retain and self.limits.retain, properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc, "could not publish")
        ack: asyncio.Future[ReasonCode] = self._loop.create_future()
        if qos:
            self._acks[info.mid] = topic, ack
        else:
            self._written.append(ack)
            self._round_trip()
        return ack

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Acknowledge a received message; in the order in which they came."""
        if message.qos and not self._disconnected.done():
            self._client.ack(message.mid, message.qos)

    def check(self) -> None:
        """Return while the connection is up.  Errors: MqttError, TakenOverError."""
        if self._disconnected.done():
            raise self._end() from self._disconnected.exception()

    async def __aenter__(self) -> Session:
        try:
            await super().__aenter__()
        except BaseException:
            self._abandon()
            raise
        self._disconnected.add_done_callback(self._lost)
        return self

    async def __aexit__(self, *details: Any) -> None:
        self._leaving = True
        await super().__aexit__(*details)

    def _abandon(self) -> None:
        """Close what aiomqtt leaves open of an attempt that failed."""
        if self._misc_task is not None:
            self._misc_task.cancel()
        self._client._sock_close()  # noqa: SLF001

    async def _misc_loop(self) -> None:
        while self._client.loop_misc() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            # paho looks at the server's keep-alive only here: a short one wants to be looked at more often.
            await asyncio.sleep(min(1.0, (self._client.keepalive or KEEPALIVE_S) / 8))

    async def _wait_for(self, fut: Awaitable[Any], timeout: float | None) -> Any:
        if self._leaving or not self._connected.done():
            return await super()._wait_for(fut, timeout)
        waiting = asyncio.ensure_future(super()._wait_for(fut, timeout))
        await asyncio.wait((waiting, self._disconnected), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        raise self._end()

    def _sock_send(self, data: bytes | bytearray) -> int:
        try:
            return self._paho_send(data)
        except (BrokenPipeError, ConnectionResetError):
            # The broker has hung up; paho would close at once, and never read the DISCONNECT that says why.
            raise BlockingIOError from None

    def _round_trip(self) -> None:
        if self._written and not self._round_trips:
            _code, mid = self._client.unsubscribe(_ROUND_TRIP)
            if mid is not None:
                self._round_trips[mid], self._written = self._written, []

    def _lost(self, disconnected: asyncio.Future[None]) -> None:
        disconnected.exception()
        waiting = [ack for _topic, ack in self._acks.values()] + self._written
        for acks in self._round_trips.values():
            waiting += acks
        self._acks, self._written, self._round_trips = {}, [], {}
        for ack in waiting:
            if not ack.done():
                ack.set_exception(self._end())
                ack.exception()  # whoever waited may be gone: no "never retrieved" in the log
        if self._on_lost is not None and not self._leaving:
            self._on_lost()

    def _end(self) -> aiomqtt.MqttError:
        if self._taken_over:
            return TakenOverError("was given to another connection")
        # Some brokers (mosquitto 2.0.11) hang up after a refusal: then the refusal is what there is to mend.
        return aiomqtt.MqttError(self.refused or self._ended or "connection lost")

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.limits = limits_of(properties)
        self.credit = min(self.credit, self.limits.receive_maximum)
        super()._on_connect(client, userdata, flags, reason_code, properties)
        refusal = self._connected.exception() if self._connected.done() else None
        if refusal is not None and (said := _said(properties)):
            refusal.add_note(said)

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        if flags.is_disconnect_packet_from_server:
            self._taken_over = reason_code.value == _TAKEN_OVER
            self._ended = f"ended the connection ({_with(reason_code, properties)})"
        if not self._connected.done():
            # paho calls from its connecting thread too; a future belongs to the loop.
            self._loop.call_soon_threadsafe(self._closed_early)
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _closed_early(self) -> None:
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError(self._early_reason()))

    def _early_reason(self) -> str:
        if self._client._ssl_context is not None:  # noqa: SLF001
            return "closed before it accepted the connection: it may want a client certificate that it knows"
        return "closed before it accepted the connection: is it an MQTT 5 listener without TLS?"

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        if self._handle is None:
            super()._on_message(client, userdata, message)
            return
        try:
            received = aiomqtt.Message._from_paho_message(message)  # noqa: SLF001
        except UnicodeDecodeError:
            return  # a topic that is not UTF-8 cannot be one of ours
        self._handle(received)

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason_code: Any, properties: Any) -> None:
        if mid not in self._acks:
            super()._on_publish(client, userdata, mid, reason_code, properties)
            return
        topic, ack = self._acks.pop(mid)
        if reason_code.is_failure:
            self.refused = f"does not take {topic} ({_with(reason_code, properties)}): check its access rules and quota"
        if not ack.done():
            ack.set_result(reason_code)

    def _on_unsubscribe(self, client: Any, userdata: Any, mid: int, reason_codes: Any, properties: Any = None) -> None:
        acks = self._round_trips.pop(mid, None)
        if acks is None:
            super()._on_unsubscribe(client, userdata, mid, reason_codes, properties)
            return
        for ack in acks:
            if not ack.done():
                ack.set_result(_ACCEPTED)
        self._round_trip()

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def register() -> None:
            # aiomqtt asks for the number now and uses it later, when it may be closed or another connection's.
            if sock.fileno() >= 0:
                self._loop.add_writer(sock.fileno(), write)

        self._loop.call_soon_threadsafe(register)


def _connect_properties(session_expiry_s: int, inbound: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    if session_expiry_s:
        properties.SessionExpiryInterval = session_expiry_s
    if inbound:
        properties.ReceiveMaximum = inbound
    return properties


def _said(properties: Properties | None) -> str:
    """Return what a broker says in words: its reason, and the server that it names in its place."""
    reason = getattr(properties, "ReasonString", "")
    other = getattr(properties, "ServerReference", "")
    text = ", ".join(part for part in (reason, f"use {other}" if other else "") if part)
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_SAID_MAX])


def _with(reason_code: ReasonCode, properties: Properties | None) -> str:
    said = _said(properties)
    return f"{reason_code}: {said}" if said else str(reason_code)
