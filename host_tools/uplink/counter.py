"""A subscriber that counts: how many distinct messages of each device a broker delivered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable

import aiomqtt

from host_tools.errors import MissingError
from host_tools.uplink import topics
from host_tools.uplink.address import Broker
from host_tools.uplink.dedupe import Dedupe
from host_tools.uplink.session import CONNECTION_ERRORS, Session, why

_NO_RECORDS = {topics.BIRTH, topics.STATUS, topics.COMMAND, topics.ACK}
_SESSION_S = 3600  # how long a broker keeps messages for this subscriber while it is away
_RETRY_S = 0.2


class CountingSubscriber:
    """Counts in a thread of its own from `start` on; its session outlives connections, so a restart loses nothing.

    with CountingSubscriber(broker) as counter: ... counter.wait_for(1000, timeout_s=10); counter.delivered
    on_message: called in the thread with (topic, payload) of every message, doubled ones and statuses too.
    Errors: MissingError at `start` where the broker cannot be reached.
    """

    def __init__(self, broker: Broker, *, on_message: Callable[[str, bytes], None] | None = None) -> None:
        self.by_device: Counter[str] = Counter()
        self.malformed = 0
        self._broker = broker
        self._on_message = on_message
        self._dedupe = Dedupe()
        self._identifier = f"gridkeel-counter-{secrets.token_hex(6)}"
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._first_error = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="gridkeel-counter", daemon=True)

    @property
    def delivered(self) -> int:
        """Distinct records, all devices together."""
        return sum(self.by_device.values())

    @property
    def doubled(self) -> int:
        return self._dedupe.doubled

    def start(self) -> CountingSubscriber:
        self._thread.start()
        self._subscribed.wait()
        if self._first_error:
            self._thread.join()
            raise MissingError(self._first_error)
        return self

    def stop(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Wait until at least `count` distinct records were delivered; return False where they were not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.delivered >= count, timeout_s)

    def __enter__(self) -> CountingSubscriber:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        stopping = asyncio.create_task(self._stop.wait())
        while not self._stop.is_set():
            try:
                await self._listen(stopping)
            except CONNECTION_ERRORS as error:
                if not self._subscribed.is_set():
                    self._first_error = why(self._broker, error)
                    self._subscribed.set()
                    stopping.cancel()
                    return
            await asyncio.wait((stopping,), timeout=_RETRY_S * random.uniform(0.7, 1.3))

    async def _listen(self, stopping: asyncio.Task[bool]) -> None:
        lost = asyncio.Event()
        session = Session(
            self._broker,
            self._identifier,
            on_message=self._take,
            on_lost=lost.set,
            session_expiry_s=_SESSION_S,
        )
        async with session:
            await session.subscribe(topics.EVERYTHING, qos=1)
            self._subscribed.set()
            ending = asyncio.create_task(lost.wait())
            try:
                await asyncio.wait((stopping, ending), return_when=asyncio.FIRST_COMPLETED)
            finally:
                ending.cancel()
            session.check()

    def _take(self, message: aiomqtt.Message) -> None:
        name = str(message.topic)
        payload = message.payload if isinstance(message.payload, bytes) else b""
        parts = topics.split(name)
        with self._changed:
            if parts is not None and parts[1] not in _NO_RECORDS:
                self._count(payload)
            if self._on_message is not None:
                self._on_message(name, payload)
            self._changed.notify_all()

    def _count(self, payload: bytes) -> None:
        try:
            document = json.loads(payload)
            device, boot, sequence = str(document["device"]), int(document["boot"]), int(document["sequence"])
        except (ValueError, TypeError, KeyError, RecursionError):
            self.malformed += 1
            return
        if self._dedupe.is_new(device, boot, sequence):
            self.by_device[device] += 1
