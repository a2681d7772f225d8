"""The whole uplink: ports, queue and publisher put together, until it is told to stop."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import serial

from host_tools.backend.provisioning import Provisioning
from host_tools.errors import ToolError
from host_tools.uplink.address import Broker
from host_tools.uplink.birth import Birth
from host_tools.uplink.desk import OFFLINE
from host_tools.uplink.intake import Answerer, nobody
from host_tools.uplink.port import BAUD, PortThread, open_port
from host_tools.uplink.publisher import PublisherThread
from host_tools.uplink.queue import DEFAULT_MAX_ROWS, Queue
from host_tools.uplink.requests import Answer, Request

_LOOK_S = 0.2


@dataclass(frozen=True)
class Settings:
    """What one uplink serves.

    wait: a port that is missing at the start is waited for.  pki: folder to provide cars with contracts from.
    """

    ports: tuple[str, ...]
    broker: Broker
    queue_path: Path
    queue_max: int = DEFAULT_MAX_ROWS
    baud: int = BAUD
    wait: bool = False
    pki: Path | None = None


class Service:
    """`run` serves until `stop` is set.  say: gets one line for each change of state, from several threads.

    Errors: ToolError where settings.pki is no PKI that contracts can be provided from.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._lock = threading.Lock()
        self._served: dict[str, PortThread] = {}
        self._ports: list[PortThread] = []
        self._publisher: PublisherThread | None = None
        self._waiting = 0
        self._answerer: Answerer = Provisioning(settings.pki, say) if settings.pki else nobody

    def run(self, stop: threading.Event) -> None:
        """Errors: MissingError for a port that is not there, ToolError for a queue that cannot be used."""
        settings = self._settings
        with ExitStack() as stack:
            # The ports first: where one is missing, no queue file is left behind.
            opened = [
                None if settings.wait else stack.enter_context(open_port(url, settings.baud)) for url in settings.ports
            ]
            stack.enter_context(_one_at_a_time(settings.queue_path))
            queue = stack.enter_context(Queue(settings.queue_path, max_rows=settings.queue_max))
            if waiting := len(queue):
                self._say(f"{waiting} records wait in {settings.queue_path}")
            self._ports = [self._port(url, queue) for url in settings.ports]
            self._serve(opened, stop)
            self._waiting = len(queue)

    def _serve(self, opened: list[serial.Serial | None], stop: threading.Event) -> None:
        settings = self._settings
        self._publisher = PublisherThread(settings.queue_path, settings.broker, say=self._say, on_request=self._route)
        with self._publisher:
            for port, handle in zip(self._ports, opened, strict=True):
                port.start(handle)
            try:
                self._watch(stop)
            finally:
                for port in self._ports:
                    port.stop()
                for port in self._ports:
                    port.join()

    def summary(self) -> dict[str, int]:
        """Return what was done since the start."""
        counts = [port.intake.counts for port in self._ports]
        return {
            "received": sum(count.received for count in counts),
            "stored": sum(count.stored for count in counts),
            "missing": sum(count.missing for count in counts),
            "published": self._publisher.published if self._publisher else 0,
            "waiting": self._waiting,
        }

    def _port(self, url: str, queue: Queue) -> PortThread:
        return PortThread(
            url,
            queue,
            attached=self._attached,
            detached=self._detached,
            answer=self._answer,
            say=self._say,
            baud=self._settings.baud,
            answerer=self._answerer,
        )

    def _watch(self, stop: threading.Event) -> None:
        """Wait for the stop.  Errors: whatever ended a thread before it."""
        while not stop.wait(_LOOK_S):
            for worker in (self._publisher, *self._ports):
                if worker is not None and worker.error is not None:
                    raise worker.error

    def _attached(self, port: PortThread, birth: Birth) -> None:
        with self._lock:
            other = self._served.get(birth.device)
            self._served[birth.device] = port
        if other is not None and other is not port:
            self._say(f"controller {birth.device!a} is on {other.url} and on {port.url}: give each its own id")
        self._say(f"controller {birth.device!a} is online on {port.url}, firmware {birth.firmware!a}")
        if self._publisher is not None:
            self._publisher.attach(birth)

    def _detached(self, port: PortThread, device: str, reason: str) -> None:
        with self._lock:
            if self._served.get(device) is not port:
                return
            del self._served[device]
        self._say(f"controller {device!a} is offline: {reason}")
        if self._publisher is not None:
            self._publisher.detach(device, reason)

    def _route(self, request: Request) -> None:
        with self._lock:
            port = self._served.get(request.device)
        if port is None:
            self._answer(Answer(request, OFFLINE, "the controller's link is down"))
        else:
            port.submit(request)

    def _answer(self, answer: Answer) -> None:
        if self._publisher is not None:
            self._publisher.answer(answer)


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
