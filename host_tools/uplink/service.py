"""The whole uplink: lines, queue file and broker connection in one event loop, until `stop` is set."""

from __future__ import annotations

import asyncio
import fcntl
import threading
from collections.abc import Callable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.errors import ToolError
from host_tools.mqtt.address import Broker
from host_tools.uplink.clock import BEAT_S, Clock
from host_tools.uplink.dispatcher import Dispatcher
from host_tools.uplink.events import Backend, EventQueue
from host_tools.uplink.identity import default_name
from host_tools.uplink.port import BAUD, allow_open_files, open_port
from host_tools.uplink.publisher import Publisher
from host_tools.uplink.queue import DEFAULT_MAX_ROWS
from host_tools.uplink.record_writer import RecordWriter
from host_tools.uplink.releases import Releases
from host_tools.uplink.serial_line import SerialLine
from host_tools.uplink.store import Store

_LOOK_S = 0.1
_OPENERS = 8  # ports being opened at a time: one behind a network that drops everything takes seconds


@dataclass(frozen=True)
class Settings:
    """Settings of one uplink.

    name: at the broker; "" for that of the host and queue.  wait: a port that is missing at the start is waited for.
    pki: folder of the PKI that vehicles get contracts from.  report_s: between two lines of counters, 0 for none.
    compact: frequent records go without names.
    """

    ports: tuple[str, ...]
    broker: Broker
    queue_path: Path
    queue_max: int = DEFAULT_MAX_ROWS
    baud: int = BAUD
    wait: bool = False
    pki: Path | None = None
    name: str = ""
    report_s: float = 0.0
    compact: bool = False


class Service:
    """`run` serves until `stop` is set.  say: gets one line for each change of state; detail: what --verbose adds.

    Errors: ToolError where settings.pki is no PKI that contracts can be provided from.
    """

    def __init__(
        self,
        settings: Settings,
        say: Callable[[str], None],
        detail: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._settings = settings
        self._say = say
        self._detail = detail
        self._lines: list[SerialLine] = []
        self._publisher: Publisher | None = None
        self._record_writer: RecordWriter | None = None
        self._online: Sized = ()
        self._waiting = 0
        self._clock = Clock()
        self._failure: BaseException | None = None
        self._backend = _provisioning(settings.pki, say) if settings.pki else None

    def run(self, stop: threading.Event) -> None:
        """Errors: MissingError for a port that is not there, ToolError for a queue or a name that cannot be used."""
        settings = self._settings
        allow_open_files(len(settings.ports))
        with ExitStack() as stack:
            self._openers = stack.enter_context(ThreadPoolExecutor(_OPENERS, "gridkeel-open"))
            self._asked = stack.enter_context(ThreadPoolExecutor(1, "gridkeel-backend"))
            # The ports first: where one is missing, no queue file is left behind.
            opened = self._open_all(stack)
            stack.enter_context(_one_at_a_time(settings.queue_path))
            store = Store(settings.queue_path, settings.queue_max)
            stack.callback(store.close)
            if waiting := len(store):
                self._say(f"{waiting} records wait in {settings.queue_path}")
            asyncio.run(self._serve(store, opened, stop))
            self._waiting = len(store)

    def summary(self) -> dict[str, int]:
        """Return what was done since the start."""
        counts = [line.intake.counts for line in self._lines]
        group_results = self._publisher.group_results if self._publisher else {}
        return {
            "received": sum(count.received for count in counts),
            "stored": self._record_writer.stored if self._record_writer else 0,
            "missing": sum(count.missing for count in counts),
            "published": self._publisher.published if self._publisher else 0,
            "waiting": self._waiting,
            "unanswered": self._publisher.unanswered if self._publisher else 0,
            "group_ok": group_results.pop("ok", 0),
            "group_failed": sum(group_results.values()),
        }

    def _open_all(self, stack: ExitStack) -> list[int | None]:
        settings = self._settings
        if settings.wait:
            return [None] * len(settings.ports)
        opening = [self._openers.submit(open_port, url, settings.baud) for url in settings.ports]
        return [one.result() for one in opening]

    async def _serve(self, store: Store, opened: list[int | None], stop: threading.Event) -> None:
        """Make the parts and let them run; what goes between them is in dispatcher.py."""
        settings, say = self._settings, self._say
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        events: EventQueue = asyncio.Queue()
        name = settings.name or default_name(settings.queue_path)
        publisher = Publisher(store, settings.broker, events, name=name, say=say, detail=self._detail)
        record_writer = RecordWriter(store, events, say)
        lines = [self._line(number, url, store, events) for number, url in enumerate(settings.ports)]
        releases = Releases(settings.broker, events)
        dispatcher = Dispatcher(events, lines, record_writer, publisher, releases, self._backend, self._asked, say)
        self._publisher, self._record_writer = publisher, record_writer
        self._lines, self._online = lines, dispatcher.online
        publishing, writing = asyncio.create_task(publisher.run()), asyncio.create_task(record_writer.run())
        others = [asyncio.create_task(work) for work in (dispatcher.run(), self._beat(store))]
        workers = [publishing, writing, *others]
        for line, port in zip(lines, opened, strict=True):
            line.start(port)
        try:
            while not stop.is_set() and self._failure is None and not any(worker.done() for worker in workers):
                await asyncio.wait(workers, timeout=_LOOK_S)
            publisher.stop()
            for line in lines:
                line.close()
            dispatcher.drain()  # the results of what was open: the publisher ends once they have got away
            writing.cancel()
            await record_writer.commit()
            await publishing
        finally:
            releases.close()
            await _end(workers)
        if self._failure is not None:
            raise self._failure

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what a port's or timer's callback raised: it ends the service, as an error of a task does."""
        if "handle" in context and self._failure is None:
            self._failure = context.get("exception")
        else:
            self._detail(f"event loop: {context.get('message')} ({context.get('exception')!r})")

    def _line(self, number: int, url: str, store: Store, events: EventQueue) -> SerialLine:
        loop = asyncio.get_running_loop()
        return SerialLine(
            number,
            url,
            store,
            self._clock,
            events,
            opener=lambda url: loop.run_in_executor(self._openers, open_port, url, self._settings.baud),
            say=self._say,
            detail=self._detail,
            compact=self._settings.compact,
        )

    async def _beat(self, store: Store) -> None:
        """Look at the clock often enough, and say the counters as often as is wanted."""
        period_s = self._settings.report_s
        next_s = self._clock.now() + period_s
        stalled_s = 0.0
        while True:
            await asyncio.sleep(BEAT_S)
            now_s = self._clock.now()
            if self._clock.stalled_s > stalled_s:
                self._detail(f"this process stood still for {self._clock.stalled_s - stalled_s:.1f} s")
                stalled_s = self._clock.stalled_s
            if period_s and now_s >= next_s:
                next_s = now_s + period_s
                self._waiting = len(store)
                self._say(self._report())

    def _report(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.summary().items())
        return f"{len(self._online)} of {len(self._lines)} controllers online; {counts}"


async def _end(workers: list[asyncio.Task[None]]) -> None:
    """End what still runs.  Errors: of the first one that ended by itself."""
    for worker in workers:
        worker.cancel()
    for ended in await asyncio.gather(*workers, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


def _provisioning(pki: Path, say: Callable[[str], None]) -> Backend:
    from host_tools.backend.provisioning import Provisioning  # heavy, and for the uplinks of vehicles alone

    return Provisioning(pki, say)


@contextmanager
def _one_at_a_time(queue_path: Path) -> Iterator[None]:
    """Hold the queue for this process: two uplinks on one queue would publish everything twice."""
    lock_path = queue_path.with_name(f"{queue_path.name}.lock")
    try:
        lock = lock_path.open("a")
    except OSError as error:
        raise ToolError(f"queue {queue_path} cannot be used: {error}; choose another --queue") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ToolError(f"another uplink uses queue {queue_path}: give this one another --queue") from None
        yield
