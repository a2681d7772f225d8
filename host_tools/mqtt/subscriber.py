"""A subscription to everything under the prefix, the presence of uplinks too, kept up in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import threading
from collections.abc import Callable

import aiomqtt
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.contract import topics
from host_tools.errors import MissingError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session

_RETRY_S = 0.2
_QOS_1 = SubscribeOptions(qos=1)
_LATEST = SubscribeOptions(qos=0)
_NOT_RETAINED = SubscribeOptions(qos=0, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
_LOOK_S = 0.1

# One SUBSCRIBE after the other.  COUNTED: every message, by QoS 1.  WATCHED: presences, then statuses, then what
# happens from now on; at QoS 0, since a broker queues few messages of QoS 1 for a subscriber (mosquitto: 1,000) and
# drops those beyond, a fleet's retained statuses among them.
COUNTED = (((topics.EVERYTHING, _QOS_1), (topics.UPLINKS, _QOS_1)),)
WATCHED = ((topics.UPLINKS, _LATEST),), ((topics.STATUSES, _LATEST),), ((topics.EVERYTHING, _NOT_RETAINED),)


class Subscriber:
    """Receives from `start` to `stop`, reconnecting for ever.

    on_message: called in the thread with (topic, payload).
    on_state: called in the thread with "" on every connection, with the reason on every loss.
    filters: what to subscribe to, COUNTED or WATCHED.
    session_expiry_s: how long the broker keeps messages for this subscriber while it is away; 0: not at all.
    Errors: MissingError at `start` where the broker cannot be reached.
    """

    def __init__(
        self,
        broker: Broker,
        on_message: Callable[[str, bytes], None],
        *,
        on_state: Callable[[str], None] = lambda _trouble: None,
        filters: tuple[tuple[tuple[str, SubscribeOptions], ...], ...] = COUNTED,
        session_expiry_s: int = 0,
    ) -> None:
        self._broker = broker
        self._filters = filters
        self._on_message = on_message
        self._on_state = on_state
        self._session_expiry_s = session_expiry_s
        self._identifier = f"gridkeel-{secrets.token_hex(8)}"
        self._first = threading.Event()
        self._first_error = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=self._identifier, daemon=True)

    def start(self, stop: threading.Event | None = None) -> None:
        """Return once the subscription is made, or once `stop` is set."""
        self._thread.start()
        while not self._first.wait(_LOOK_S) and not (stop is not None and stop.is_set()):
            pass
        if self._first_error:
            self._thread.join()
            raise MissingError(self._first_error)

    def stop(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop is closed: the thread has ended
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        stopping = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set():
                try:
                    await self._listen_until(stopping)
                except CONNECTION_ERRORS as error:
                    trouble = why(self._broker, error)
                    if not self._first.is_set():
                        self._first_error = trouble
                        return
                    self._on_state(trouble)
                await asyncio.wait((stopping,), timeout=_RETRY_S * random.uniform(0.7, 1.3))
        finally:
            stopping.cancel()
            self._first.set()

    async def _listen_until(self, stopping: asyncio.Task[bool]) -> None:
        listening = asyncio.create_task(self._listen())
        await asyncio.wait((stopping, listening), return_when=asyncio.FIRST_COMPLETED)
        if not listening.done():
            listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening

    async def _listen(self) -> None:
        lost = asyncio.Event()
        session = Session(
            self._broker,
            self._identifier,
            on_message=self._received,
            on_lost=lost.set,
            session_expiry_s=self._session_expiry_s,
        )
        async with session:
            for filters in self._filters:
                await session.subscribe(list(filters))
            self._on_state("")
            self._first.set()
            await lost.wait()
            session.check()

    def _received(self, message: aiomqtt.Message) -> None:
        self._on_message(str(message.topic), message.payload if isinstance(message.payload, bytes) else b"")
