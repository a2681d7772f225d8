"""The queue's way to the broker: a channel for every controller that has a link or records waiting."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from host_tools.uplink.address import Broker
from host_tools.uplink.birth import Birth
from host_tools.uplink.channel import Channel
from host_tools.uplink.queue import Queue, Stored
from host_tools.uplink.requests import Answer, Request
from host_tools.uplink.session import CONNECTION_ERRORS, Session, why
from host_tools.uplink.troubles import Troubles

WINDOW = 64
RETRY_MAX_S = 30.0
_BATCH = 256  # records read ahead from the queue for each controller
_POLL_S = 0.02  # how often the queue file is asked whether somebody wrote
_STOP_S = 5.0
_PROBE = "+"  # no device's name as a topic level


class Publisher:
    """Publishes a queue file until `stop`; all methods belong to its event loop, see PublisherThread for others."""

    def __init__(
        self,
        queue_path: Path | str,
        broker: Broker,
        *,
        window: int = WINDOW,
        retry_max_s: float = RETRY_MAX_S,
        say: Callable[[str], None] = print,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self.published = 0
        self._broker = broker
        self._window = window
        self._retry_max_s = retry_max_s
        self._on_request = on_request
        self._troubles = Troubles(say)
        self._queue = Queue(queue_path, durable=False)
        # One thread for all of SQLite: a disk that is slow to flush stops the queue, never the connections.
        self._disk = ThreadPoolExecutor(1, "gridkeel-queue")
        self._channels: dict[str, Channel] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    @property
    def connections(self) -> int:
        return sum(channel.connections for channel in self._channels.values())

    @property
    def troubles(self) -> list[str]:
        return self._troubles.lines

    async def run(self) -> None:
        """Publish until `stop`.  Errors: ToolError where the queue file is damaged."""
        probe = asyncio.create_task(self._probe())
        try:
            version = None
            while not self._stopping.is_set():
                version = await self._look(version)
                self._tend()
                await _wait(self._stopping, _POLL_S)
            await self._say_goodbye()
        finally:
            tasks = [probe, *self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._disk.shutdown()
            self._queue.close()

    def stop(self) -> None:
        self._stopping.set()

    def attach(self, birth: Birth) -> None:
        """A controller's link is up: say so, and take its commands."""
        self._channel(birth.device).attach(birth)

    def detach(self, device: str, reason: str) -> None:
        """A controller's link is down."""
        if device in self._channels:
            self._channels[device].detach(reason)

    def answer(self, answer: Answer) -> None:
        self._channel(answer.request.device).answer(answer)

    async def take(self, device: str, after: int) -> list[Stored]:
        return await self._in_thread(lambda: self._queue.take(_BATCH, device=device, after=after))

    async def done(self, ids: list[int]) -> None:
        if ids:
            self.published += len(ids)  # before the queue shows it: who waits for `drain` then reads the whole count
            await self._in_thread(lambda: self._queue.done(ids))

    async def _probe(self) -> None:
        """Say what is wrong with the broker before the first controller needs it."""
        try:
            async with Session(self._broker, f"gridkeel-probe-{secrets.token_hex(6)}"):
                pass
        except CONNECTION_ERRORS as error:
            self._troubles.begin(_PROBE, why(self._broker, error))

    def _sound(self, device: str) -> None:
        line = f"broker {self._broker.name} takes messages again"
        self._troubles.end(_PROBE, line)
        self._troubles.end(device, line)

    async def _look(self, version: int | None) -> int:
        """Wake the channels of devices with records where the file has changed since `version`; return the new one."""
        current = await self._in_thread(self._queue.version)
        if current != version:
            for device in await self._in_thread(self._queue.devices):
                self._channel(device).wake()
        return current

    def _channel(self, device: str) -> Channel:
        if device not in self._channels:
            self._channels[device] = Channel(
                device,
                self._broker,
                self,
                window=self._window,
                retry_max_s=self._retry_max_s,
                troubles=self._troubles,
                on_request=self._on_request,
                on_sound=self._sound,
            )
        if device not in self._tasks:
            self._tasks[device] = asyncio.create_task(self._channels[device].run())
        return self._channels[device]

    def _tend(self) -> None:
        """Take note of channels that have ended; one that is wanted again begins again."""
        for device, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[device]
                task.result()
                if self._channels[device].wanted:
                    self._channel(device)

    async def _say_goodbye(self) -> None:
        for channel in self._channels.values():
            channel.close()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=_STOP_S)

    async def _in_thread(self, work: Callable):
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


async def _wait(event: asyncio.Event, limit_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), limit_s)
    except TimeoutError:
        return


class PublisherThread:
    """A Publisher in a thread of its own, for callers that do not live in an event loop.

    with PublisherThread(queue_path, broker) as publisher: ... publisher.drain(30)
    Errors: ToolError at `start` where the queue cannot be opened; `error` holds what ended the thread, if anything did.
    """

    def __init__(
        self,
        queue_path: Path | str,
        broker: Broker,
        *,
        window: int = WINDOW,
        retry_max_s: float = RETRY_MAX_S,
        say: Callable[[str], None] = print,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self.error: BaseException | None = None
        self._queue_path = queue_path
        self._make = lambda: Publisher(
            queue_path, broker, window=window, retry_max_s=retry_max_s, say=say, on_request=on_request
        )
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
        """Connections made so far, all controllers together."""
        return self._publisher.connections if self._publisher else 0

    @property
    def troubles(self) -> list[str]:
        """The reasons for which controllers are without a broker now; empty where all is well."""
        return self._publisher.troubles if self._publisher else []

    def start(self) -> PublisherThread:
        Queue(self._queue_path).close()
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

    def answer(self, answer: Answer) -> None:
        """Send an answer to the sender of a command."""
        self._call(lambda publisher: publisher.answer(answer))

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
            self._stopped.set()
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._publisher = self._make()
        self._ready.set()
        await self._publisher.run()
