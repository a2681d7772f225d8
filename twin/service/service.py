"""The twin at work: records are committed, then acknowledged; what is known and what is ordered goes out after that."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from host_tools.errors import ToolError
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import TakenOverError
from twin.engine.inline import Engine
from twin.engine.worker import Outcome
from twin.intake.inbox import Inbox
from twin.intake.parser import Parser
from twin.service.controllers import Controllers
from twin.service.link import Link
from twin.service.settings import BATCH_MAX, Settings

_RETRY_S = (0.2, 5.0)
_TICK_S = 0.25
_LOOK_S = 0.1


class Part(Protocol):
    """Something that works beside the intake, in the same event loop."""

    def tick(self, service: Service, now_s: float) -> None:
        """Called every quarter of a second while there is a connection."""

    def outcome(self, service: Service, outcome: Outcome, now_s: float) -> None:
        """Called after each batch that was committed."""

    def message(self, service: Service, topic: str, payload: bytes, now_s: float) -> None:
        """Called for what came that is no record, no birth and no status."""


@dataclass
class Counts:
    """What a run did so far."""

    records: int = 0
    batches: int = 0
    connections: int = 0
    unused: Counter[str] = field(default_factory=Counter)
    commit_max_s: float = 0.0
    lag_s: float = 0.0  # from the arrival of the oldest record of the last batch to its commit


class Service:
    """`run` serves until `stop` is set.  parts: orders and whatever else works beside the intake.

    say: gets one line for each change of state.
    """

    def __init__(self, settings: Settings, engine: Engine, parts: tuple[Part, ...], say: Callable[[str], None]) -> None:
        self.settings = settings
        self.engine = engine
        self.counts = Counts()
        self.controllers = Controllers()
        self.link: Link | None = None
        self._parts = parts
        self._say = say
        self._parser = Parser()
        self._inbox = Inbox(settings.waiting_max)
        self._run_id = secrets.token_hex(4)
        self._arrived = asyncio.Event()
        self._first_s = 0.0
        self._batching: asyncio.Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, "gridkeel-engine")

    def run(self, stop: threading.Event) -> None:
        """Errors: MissingError where the broker is not there at the start, ToolError of store and engine."""
        try:
            asyncio.run(self._run(stop))
        finally:
            self._pool.shutdown()

    def summary(self) -> dict[str, Any]:
        """Return the counters of this run."""
        counts = self.counts
        return {
            "records": counts.records,
            "batches": counts.batches,
            "unused": dict(counts.unused),
            "controllers": len(self.engine.names()),
            "connections": counts.connections,
            "dropped": self._inbox.dropped,
            "waiting": len(self._inbox),
            "lag_s": round(counts.lag_s, 3),
            "commit_max_s": round(counts.commit_max_s, 3),
        }

    async def told(self, devices: list[str]) -> list[dict[str, Any]]:
        """Return what is known of these batteries, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.engine.told, devices)

    async def _run(self, stop: threading.Event) -> None:
        stopping = asyncio.create_task(_wait_for(stop))
        pause_s, connected = _RETRY_S[0], False
        while not stopping.done():
            try:
                begun_s = time.monotonic()
                await self._connected(stopping)
            except TakenOverError:
                raise ToolError(
                    f"another twin named {self.settings.name!r} came to broker {self.settings.broker.name}:"
                    " give each its own --name"
                ) from None
            except CONNECTION_ERRORS as error:
                trouble = why(self.settings.broker, error)
                if not self.counts.connections:
                    from host_tools.errors import MissingError

                    raise MissingError(trouble) from None
                if time.monotonic() - begun_s > 10.0 or not connected:
                    pause_s = _RETRY_S[0]
                self._say(f"{trouble}; the broker keeps what comes")
                connected = True
                await asyncio.wait((stopping,), timeout=pause_s)
                pause_s = min(pause_s * 2, _RETRY_S[1])
        stopping.result()

    async def _connected(self, stopping: asyncio.Task[None]) -> None:
        lost = asyncio.Event()
        self._inbox.clear()  # of a connection that ended: the broker sends it again
        link = Link(self.settings, self._run_id, self._on_record, self._on_other, lost.set)
        async with link.session:
            await link.begin()
            self.link = link
            self.counts.connections += 1
            self._say(f"connected to {self.settings.broker.name}, {len(self.engine.names())} controllers known")
            working = asyncio.create_task(self._work(link))
            ticking = asyncio.create_task(self._tick(link))
            losing = asyncio.create_task(lost.wait())
            try:
                await asyncio.wait((working, ticking, losing, stopping), return_when=asyncio.FIRST_COMPLETED)
                for task in (working, ticking):
                    if task.done():
                        task.result()
                link.session.check()
            finally:
                self.link = None
                await _cancel(ticking)
                await self._finish(working)
                losing.cancel()
            await link.end()

    async def _finish(self, working: asyncio.Task[None]) -> None:
        """Let a batch that is under way be committed and acknowledged."""
        working.cancel()
        await asyncio.wait((working,))
        if self._batching is not None:
            await asyncio.wait((self._batching,))

    def _on_record(self, topic: str, payload: bytes, retained: bool, number: int) -> None:
        dropped = self._inbox.dropped
        if not len(self._inbox):
            self._first_s = time.monotonic()
        self._inbox.put(topic, payload, retained, number)
        if self._inbox.dropped != dropped:
            self._parser.count("overflow")
            if dropped == 0:
                self._say("intake lags: the oldest records are dropped unread; status counts them as overflow")
        self._arrived.set()

    def _on_other(self, topic: str, payload: bytes, retained: bool) -> None:
        if self.controllers.take(topic, payload, self._parser):
            return
        for part in self._parts:
            part.message(self, topic, payload, time.time())

    async def _work(self, link: Link) -> None:
        while True:
            await self._arrived.wait()
            if len(self._inbox) < BATCH_MAX and self.settings.linger_s:
                await asyncio.sleep(self.settings.linger_s)
            self._arrived.clear()
            self._batching = asyncio.ensure_future(self._batch(link))
            await asyncio.shield(self._batching)
            if len(self._inbox):
                self._arrived.set()

    async def _batch(self, link: Link) -> None:
        first_s, now_s = self._first_s, time.time()
        numbers = self._inbox.take_dropped()
        for topic, payload, retained, number in self._inbox.take(BATCH_MAX):
            numbers.append(number)
            if retained:
                self._parser.count("retained")
            else:
                self._parser.take(topic, payload, now_s)
        self._first_s = time.monotonic()
        batch = self._parser.batch()
        begun_s = time.monotonic()
        outcome = await asyncio.get_running_loop().run_in_executor(self._pool, self.engine.work, batch, now_s)
        ended_s = time.monotonic()
        link.session.acknowledge_all(numbers)
        counts = self.counts
        counts.records += outcome.records
        counts.batches += 1
        counts.unused.update(outcome.counts)
        counts.commit_max_s = max(counts.commit_max_s, ended_s - begun_s)
        counts.lag_s = ended_s - first_s
        for part in self._parts:
            part.outcome(self, outcome, now_s)

    async def _tick(self, link: Link) -> None:
        report_s = time.monotonic() + self.settings.report_s
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.time()
            for part in self._parts:
                part.tick(self, now_s)
            if self.settings.report_s and time.monotonic() >= report_s:
                report_s += self.settings.report_s
                self._say(", ".join(f"{value} {name}" for name, value in self.summary().items() if name != "unused"))


async def _wait_for(stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(_LOOK_S)


async def _cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait((task,))
