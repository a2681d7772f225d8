"""One controller's connection to the broker: its will, birth and status, its commands, its records from the queue.

Every controller has a connection of its own because a connection has one will, and each controller is to be marked
offline when the uplink dies. The client identifier is the controller's, so a broker that still holds the connection
of a killed uplink ends it (and sends its will) before the new one speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable

import aiomqtt
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.uplink import birth as life
from host_tools.uplink import topics
from host_tools.uplink.address import Broker
from host_tools.uplink.flight import Backlog, Flight
from host_tools.uplink.requests import Answer, Request, request_of
from host_tools.uplink.session import CONNECTION_ERRORS, Session, why
from host_tools.uplink.troubles import Troubles

_OUTBOX = 256  # answers and status changes kept while there is no connection; the oldest goes first
_RETRY_FIRST_S = 0.1
_STEADY_S = 10.0  # a connection that stood this long was sound: the next pause begins small again
_GOODBYE_S = 3.0
_NO_RETAINED = SubscribeOptions(qos=1, noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)

Message = tuple[str, bytes, bool, Properties | None]


class Channel:
    """One controller on the broker; `run` never returns before `close`, or before it has nothing left to do."""

    def __init__(
        self,
        device: str,
        broker: Broker,
        backlog: Backlog,
        *,
        window: int,
        retry_max_s: float,
        troubles: Troubles,
        on_request: Callable[[Request], None] | None,
        on_sound: Callable[[str], None],
    ) -> None:
        self.device = device
        self.connections = 0
        self._broker = broker
        self._backlog = backlog
        self._window = window
        self._retry_max_s = retry_max_s
        self._troubles = troubles
        self._on_request = on_request
        self._on_sound = on_sound
        self._birth: life.Birth | None = None
        self._outbox: deque[Message] = deque(maxlen=_OUTBOX)
        self._wake = asyncio.Event()
        self._present = False
        self._closing = False

    @property
    def wanted(self) -> bool:
        """True while `run` has to run: a link is up, or there is something to send."""
        return self._birth is not None or bool(self._outbox) or self._wake.is_set()

    def wake(self) -> None:
        self._wake.set()

    def attach(self, birth: life.Birth) -> None:
        """The controller's link is up."""
        self._birth = birth
        if self._present:
            self._post_presence()

    def detach(self, reason: str) -> None:
        """The controller's link is down."""
        birth, self._birth = self._birth, None
        if self._present and birth is not None:
            self._post(topics.STATUS, life.status(self.device, life.OFFLINE, boot=birth.boot, reason=reason))

    def answer(self, answer: Answer) -> None:
        topic, payload, properties = answer.published()
        self._outbox.append((topic, payload, False, properties))
        self.wake()

    def close(self) -> None:
        """Say goodbye and end `run`."""
        self.detach("uplink stopped")
        self._closing = True
        self.wake()

    async def run(self) -> None:
        """Stay connected for ever, with growing pauses between attempts."""
        pause_s = _RETRY_FIRST_S
        while True:
            began_s = time.monotonic()
            try:
                await self._connected()
                return
            except CONNECTION_ERRORS as error:
                self._troubles.begin(self.device, why(self._broker, error))
            finally:
                self._present = False
            if self._closing:
                return
            lasted = time.monotonic() - began_s > _STEADY_S
            pause_s = _RETRY_FIRST_S if lasted else min(pause_s * 2, self._retry_max_s)
            await self._pause(pause_s * random.uniform(0.7, 1.0))

    async def _pause(self, pause_s: float) -> None:
        end = time.monotonic() + pause_s
        while (left := end - time.monotonic()) > 0 and not self._closing:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)

    async def _connected(self) -> None:
        session = Session(
            self._broker,
            f"gridkeel-{topics.level(self.device)}",
            will=self._will(),
            window=self._window,
            on_message=self._received,
            on_lost=self.wake,
        )
        async with session:
            if self._on_request is not None:
                await session.subscribe(topics.topic(self.device, topics.COMMAND), options=_NO_RETAINED)
            self.connections += 1
            self._present = True
            self._post_presence()
            await self._pump(session)

    def _will(self) -> aiomqtt.Will:
        payload = life.status(self.device, life.OFFLINE, reason="uplink lost")
        return aiomqtt.Will(topics.topic(self.device, topics.STATUS), payload, qos=1, retain=True)

    def _post_presence(self) -> None:
        if self._birth is None:
            self._post(topics.STATUS, life.status(self.device, life.OFFLINE, reason="no link"))
            return
        self._post(topics.BIRTH, self._birth.payload())
        self._post(topics.STATUS, life.status(self.device, life.ONLINE, boot=self._birth.boot))

    def _post(self, leaf: str, payload: bytes) -> None:
        self._outbox.append((topics.topic(self.device, leaf), payload, True, None))
        self.wake()

    def _received(self, message: aiomqtt.Message) -> None:
        if self._on_request is not None:
            self._on_request(request_of(self.device, message, time.monotonic()))

    async def _pump(self, session: Session) -> None:
        """Move outbox and queue to the broker until there is nothing left for a closed or unattached channel."""
        flight = Flight(session, self._backlog, self._sound)
        try:
            after = 0
            while True:
                self._wake.clear()
                await self._flush_outbox(flight)
                after, more = await self._send_batch(flight, after)
                if more:
                    continue
                await self._settle(flight)
                if self._outbox or self._wake.is_set():
                    continue
                if self._closing or self._birth is None:
                    return
                await self._wake.wait()
                session.check()
        finally:
            await self._backlog.done(flight.harvest())

    async def _send_batch(self, flight: Flight, after: int) -> tuple[int, bool]:
        """Send what the queue holds behind the id `after`; return the new one, and whether there was anything."""
        batch = [] if self._closing else await self._backlog.take(self.device, after)
        for stored in batch:
            await flight.send(topics.topic(self.device, stored.entry.leaf), stored.entry.payload, row=stored.id)
            after = stored.id
            if self._outbox:
                await self._flush_outbox(flight)
        return after, bool(batch)

    async def _flush_outbox(self, flight: Flight) -> None:
        while self._outbox:
            # Taken off first: one that breaks the connection must not break the next one too.
            topic, payload, retain, properties = self._outbox.popleft()
            await flight.send(topic, payload, retain=retain, properties=properties)

    async def _settle(self, flight: Flight) -> None:
        try:
            await asyncio.wait_for(flight.settle(), _GOODBYE_S if self._closing else None)
        except TimeoutError:
            raise aiomqtt.MqttError("no acknowledgement at the end") from None
        self._sound()

    def _sound(self) -> None:
        self._on_sound(self.device)
