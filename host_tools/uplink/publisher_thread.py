"""A Publisher in a thread of its own, for callers that do not live in an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from host_tools.mqtt.address import Broker
from host_tools.uplink.birth import Birth
from host_tools.uplink.events import EventQueue
from host_tools.uplink.identity import default_name
from host_tools.uplink.publisher import RETRY_MAX_S, WINDOW, Publisher
from host_tools.uplink.queue import Queue
from host_tools.uplink.store import Store

_POLL_S = 0.02  # how often the queue file is asked whether somebody wrote


class PublisherThread:
    """Publishes what others write into a queue file.

    with PublisherThread(queue_path, broker) as publisher: ... publisher.drain(30)
    Errors: ToolError at `start` where the queue cannot be opened; `error` holds what ended the thread, if anything did.
    """

    def __init__(
        self,
        queue_path: Path | str,
        broker: Broker,
        *,
        name: str = "",
        window: int = WINDOW,
        retry_max_s: float = RETRY_MAX_S,
        say: Callable[[str], None] = print,
    ) -> None:
        self.error: BaseException | None = None
        self._queue_path = Path(queue_path)
        self._broker = broker
        self._name = name or default_name(self._queue_path)
        self._window = window
        self._retry_max_s = retry_max_s
        self._say = say
        self._publisher: Publisher | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._main, name="gridkeel-publisher", daemon=True)

    @property
    def published(self) -> int:
        """Records the broker has acknowledged."""
        return self._publisher.published if self._publisher else 0

    @property
    def connections(self) -> int:
        """Connections made so far."""
        return self._publisher.connections if self._publisher else 0

    @property
    def problems(self) -> list[str]:
        """What is wrong with the broker now; empty where all is well."""
        return self._publisher.problems if self._publisher else []

    def start(self) -> PublisherThread:
        self._store = Store(self._queue_path)
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        """Say goodbye on every status topic, disconnect and end the thread; records stay in the queue."""
        self._call(lambda publisher: publisher.stop())
        self._thread.join()

    def drain(self, timeout_s: float) -> bool:
        """Wait until the queue is empty; return False where that took longer than timeout_s or the thread has died."""
        with Queue(self._queue_path) as queue:
            end = threading.Event()
            for _ in range(max(1, int(timeout_s / _POLL_S))):
                if len(queue) == 0:
                    return True
                if self._stopped.is_set():
                    return False
                end.wait(_POLL_S)
            return len(queue) == 0

    def attach(self, birth: Birth) -> None:
        """A controller's link is up."""
        self._call(lambda publisher: publisher.attach(birth))

    def detach(self, device: str, reason: str) -> None:
        """A controller's link is down."""
        self._call(lambda publisher: publisher.detach(device, reason))

    def __enter__(self) -> PublisherThread:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def _call(self, action: Callable[[Publisher], None]) -> None:
        if self._loop is not None and self._publisher is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the thread has ended
                self._loop.call_soon_threadsafe(action, self._publisher)

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self.error = error
        finally:
            self._store.close()
            self._stopped.set()
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        events: EventQueue = asyncio.Queue()
        self._publisher = Publisher(
            self._store,
            self._broker,
            events,
            name=self._name,
            window=self._window,
            retry_max_s=self._retry_max_s,
            say=self._say,
        )
        self._ready.set()
        tasks = [asyncio.create_task(work) for work in (self._watch(self._publisher), _ignore_commands(events))]
        try:
            await self._publisher.run()
        finally:
            for task in tasks:
                task.cancel()

    async def _watch(self, publisher: Publisher) -> None:
        version = None
        while True:
            current = await self._store.version()
            if current != version:
                version = current
                publisher.notice()
            await asyncio.sleep(_POLL_S)


async def _ignore_commands(events: EventQueue) -> None:
    """Take what comes for the controllers: behind a queue file alone, nobody carries a command out."""
    while True:
        await events.get()
