"""One MQTT 5 connection: aiomqtt's client, plus what it does not tell.

aiomqtt 2.5.1 waits for the PUBACK of a publish and forgets its reason code, hides the CONNACK's properties, times out
where a broker closes before its CONNACK, and may watch a socket that is closed already. The callbacks overridden here
(private names, hence the pinned version) mend that; tests/host/test_uplink_session.py holds them to it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from host_tools.uplink.address import Broker

KEEPALIVE_S = 20
CONNECT_TIMEOUT_S = 10.0
CONNECTION_ERRORS = (aiomqtt.MqttError, OSError, ssl.SSLError)

# What there is to say about a connection is said by `why`, in one line; aiomqtt and paho keep to errors of their own.
_LOGGER = logging.getLogger("gridkeel.mqtt")
_LOGGER.setLevel(logging.ERROR)

_BAD_LOGIN = {"Bad user name or password", "Not authorized", "Bad authentication method"}


class Session(aiomqtt.Client):
    """A connection to one broker; a new one is made for every attempt.

    on_message: called on the event loop for every message received; without it `messages` yields them.
    on_lost: called on the event loop when the connection has ended without our doing.
    window: how many QoS 1 publishes this side wants in flight; `credit` is what the broker leaves of it.
    """

    def __init__(
        self,
        broker: Broker,
        identifier: str,
        *,
        will: aiomqtt.Will | None = None,
        window: int = 64,
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
            properties=_connect_properties(session_expiry_s),
        )
        self.credit = window
        self._handle = on_message
        self._on_lost = on_lost
        self._leaving = False
        self._acks: dict[int, tuple[str, asyncio.Future[ReasonCode]]] = {}
        self.refused = ""

    def send(
        self, topic: str, payload: bytes, *, retain: bool = False, properties: Properties | None = None
    ) -> asyncio.Future[ReasonCode]:
        """Publish at QoS 1; the future brings the PUBACK's reason code, or MqttError where the connection ends first.

        Errors: MqttError where the connection is gone already.
        """
        self.check()
        info = self._client.publish(topic, payload, 1, retain, properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc, "could not publish")
        ack: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._acks[info.mid] = topic, ack
        return ack

    def check(self) -> None:
        """Return while the connection stands.  Errors: MqttError."""
        if self._disconnected.done():
            raise self._end() from self._disconnected.exception()

    async def __aenter__(self) -> Session:
        await super().__aenter__()
        self._disconnected.add_done_callback(self._lost)
        return self

    async def __aexit__(self, *details: Any) -> None:
        self._leaving = True
        await super().__aexit__(*details)

    def _lost(self, disconnected: asyncio.Future[None]) -> None:
        disconnected.exception()
        acks, self._acks = self._acks, {}
        for _topic, ack in acks.values():
            if not ack.done():
                ack.set_exception(self._end())
                ack.exception()  # whoever waited may be gone: no "never retrieved" in the log
        if self._on_lost is not None and not self._leaving:
            self._on_lost()

    def _end(self) -> aiomqtt.MqttError:
        # Some brokers (mosquitto 2.0.11) hang up after a refusal: then the refusal is what there is to mend.
        return aiomqtt.MqttError(self.refused or "connection lost")

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.credit = min(self.credit, getattr(properties, "ReceiveMaximum", 65535))
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
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
            self.refused = f"does not take {topic} ({reason_code}): check its access rules and quota"
        if not ack.done():
            ack.set_result(reason_code)

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


def _connect_properties(session_expiry_s: int) -> Properties | None:
    if not session_expiry_s:
        return None
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = session_expiry_s
    return properties


def why(broker: Broker, error: BaseException) -> str:
    """Return one line that says why there is no connection, with the way out."""
    text = str(error) or type(error).__name__
    if isinstance(error, aiomqtt.MqttCodeError) and str(error.rc) in _BAD_LOGIN:
        return f"broker {broker.name} refused the login ({error.rc}): check --username and --password-file"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"broker {broker.name} shows a certificate that is not accepted ({_verify_reason(text)}): check --cafile"
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return f"broker {broker.name} does not speak TLS on this port: use mqtt:// or its TLS port"
    if "ALERT" in text:
        return f"broker {broker.name} refused the client certificate ({text}): check --certfile"
    if "timed out" in text:
        return f"broker {broker.name} does not answer ({text}): check host, port and firewall"
    if "[Errno" in text:
        return f"broker {broker.name} cannot be reached ({text}): check that it runs there"
    return f"broker {broker.name}: {text}"


def _verify_reason(text: str) -> str:
    return text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or "certificate verify failed"
