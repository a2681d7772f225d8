"""Carries every event of the uplink from the part where it happened to the part that it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

from host_tools.contract.commands import CommandError, update_of
from host_tools.uplink.birth import Birth
from host_tools.uplink.command import Command, Result
from host_tools.uplink.command_handler import OFFLINE, REFUSED
from host_tools.uplink.events import (
    Backend,
    ControllerDown,
    ControllerUp,
    DeviceRequest,
    Event,
    EventQueue,
    GroupKnown,
    RecordsReady,
    RecordsStored,
    ReleaseFetched,
    Reply,
)
from host_tools.uplink.publisher import Publisher
from host_tools.uplink.record_writer import RecordWriter
from host_tools.uplink.releases import Releases
from host_tools.uplink.serial_line import SerialLine


class Dispatcher:
    """`run` takes from the queue for ever.

    backend: answers controllers' questions, None where there is none.  workers: the threads in which it does.
    """

    def __init__(
        self,
        events: EventQueue,
        lines: Sequence[SerialLine],
        record_writer: RecordWriter,
        publisher: Publisher,
        releases: Releases,
        backend: Backend | None,
        workers: Executor,
        say: Callable[[str], None],
    ) -> None:
        self.online: dict[str, int] = {}  # device: number of its line
        self._events = events
        self._lines = lines
        self._record_writer = record_writer
        self._publisher = publisher
        self._releases = releases
        self._backend = backend
        self._workers = workers
        self._say = say

    async def run(self) -> None:
        """Carry events for ever.  Errors: ToolError where the queue file is damaged."""
        while True:
            self._carry(await self._events.get())
            self.drain()

    def drain(self) -> None:
        """Carry what waits."""
        while not self._events.empty():
            self._carry(self._events.get_nowait())

    def _carry(self, event: Event) -> None:
        match event:
            case RecordsReady():
                self._record_writer.due(self._lines[event.line])
            case RecordsStored():
                self._publisher.notice()
            case Command():
                self._command(event)
            case Result():
                self._publisher.send_result(event)
            case ControllerUp():
                self._up(event.line, event.birth)
            case ControllerDown():
                self._down(event)
            case GroupKnown():
                self._publisher.join(event.device, event.group)
            case DeviceRequest():
                self._ask_backend(event)
            case Reply() | ReleaseFetched():
                self._deliver(event)

    def _deliver(self, event: Reply | ReleaseFetched) -> None:
        if isinstance(event, Reply):
            self._lines[event.request.line].reply(event)
            return
        for line in self._lines:
            line.fetched(event)

    def _command(self, command: Command) -> None:
        line = self.online.get(command.device)
        if line is None:
            self._publisher.send_result(Result(command, OFFLINE, "the controller's link is down"))
        else:
            self._submit(self._lines[line], command)

    def _submit(self, line: SerialLine, command: Command) -> None:
        try:
            release = None if command.unfit else update_of(command.payload)
        except CommandError as error:
            self._publisher.send_result(Result(command, REFUSED, str(error)))
            return
        if release is None:
            line.submit(command)
        elif line.begin_update(command, release):
            named = (other.updates.release for other in self._lines)
            in_use = {name for name in named if name is not None} - {release}
            if not self._releases.want(release, in_use):
                line.updates.no_room()

    def _up(self, line: int, birth: Birth) -> None:
        other = self.online.get(birth.device)
        self.online[birth.device] = line
        url = self._lines[line].url
        if other is not None and other != line:
            self._say(f"controller {birth.device!a} is on {self._lines[other].url} and on {url}: give each its own id")
        self._say(f"controller {birth.device!a} is online on {url}, firmware {birth.firmware!a}")
        self._publisher.attach(birth)

    def _down(self, event: ControllerDown) -> None:
        if self.online.get(event.device) == event.line:
            del self.online[event.device]
            self._say(f"controller {event.device!a} is offline: {event.reason}")
            self._publisher.detach(event.device, event.reason)

    def _ask_backend(self, request: DeviceRequest) -> None:
        """Have a question answered in a thread, since an answer takes long; its Reply comes by the queue."""
        if self._backend is None:
            self._events.put_nowait(Reply(request, None))
            return
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._workers, self._backend, request.kind, request.data, request.unix_s)
        asked.add_done_callback(partial(self._answered, request))

    def _answered(self, request: DeviceRequest, done: asyncio.Future[bytes | None]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            self._say(f"a controller's question on {self._lines[request.line].url} has no answer: {error}")
        self._events.put_nowait(Reply(request, None if error is not None else done.result()))
