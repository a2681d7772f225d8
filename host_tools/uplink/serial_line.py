"""One controller's serial line in the event loop: opened, served, lost, opened again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from host_tools.contract import topics
from host_tools.errors import MissingError
from host_tools.link.events import Answered, Offered, Record
from host_tools.link.readable import readable
from host_tools.uplink.clock import Clock
from host_tools.uplink.command import Command
from host_tools.uplink.command_handler import CommandHandler
from host_tools.uplink.events import ControllerUp, EventQueue, RecordsReady, ReleaseFetched, Reply
from host_tools.uplink.intake import Intake, Memory, link_into
from host_tools.uplink.port import PORT_ERRORS, reason
from host_tools.uplink.problem_log import ProblemLog
from host_tools.uplink.update_handler import UpdateHandler

LISTEN_S = 1.2  # before the first QUERY: a controller says HELLO every second, and a console is not to be written to
_READ_BYTES = 4096
_UNSENT_MAX = 16384  # bytes: an answer of the backend takes 8 kB, and the link repeats what is dropped
_WRITE_S = 2.0  # what the line has not taken by then is dropped
_REOPEN_FIRST_S = 1.0
_REOPEN_MAX_S = 8.0
_NOBODY_S = 5.0  # of a line without a controller before that is said
_LOOK_S = 1.0  # for that, meanwhile
_EMPTY_READS_MAX = 3  # of a line said to be readable: it has been unplugged


class SerialLine:
    """Serves one port until `close`; all methods belong to one event loop.

    number: named in its events.  opener: opens the port without blocking the loop; Errors: MissingError.
    compact: its frequent records go without names.
    """

    def __init__(
        self,
        number: int,
        url: str,
        memory: Memory,
        clock: Clock,
        events: EventQueue,
        *,
        opener: Callable[[str], asyncio.Future[int]],
        say: Callable[[str], None],
        detail: Callable[[str], None],
        compact: bool = False,
    ) -> None:
        self.url = url
        self.intake = Intake(link_into(memory, LISTEN_S), None, line=number, compact=compact, say=say)
        self._number = number
        self._events = events
        self._commands = CommandHandler(self.intake.link, events)
        self.updates = UpdateHandler(self.intake.link, events)
        self._clock = clock
        self._opener = opener
        self._detail = detail
        self._problems = ProblemLog(say)
        self._loop = asyncio.get_running_loop()
        self._port: int | None = None
        self._opened_s = 0.0
        self._unsent = b""
        self._unsent_since_s = 0.0
        self._reopen_s = _REOPEN_FIRST_S
        self._timer: asyncio.TimerHandle | None = None
        self._opening: asyncio.Task[None] | None = None
        self._paused = False
        self._writing = False
        self._empty_reads = 0
        self._closed = False

    def start(self, port: int | None = None) -> None:
        """Begin with a port that is open, or with opening one."""
        if port is None:
            self._opening = self._loop.create_task(self._open())
        else:
            self._opened(port)

    def submit(self, command: Command) -> None:
        """Hand a command in."""
        self._commands.submit(command, self._loop.time())
        self.turn()

    def begin_update(self, command: Command, release: str) -> bool:
        """Hand an update in; return whether its release is wanted."""
        wanted = self.updates.begin(command, release, self._loop.time())
        self.turn()
        return wanted

    def fetched(self, event: ReleaseFetched) -> None:
        """Hand in the release that an update may wait for."""
        self.updates.fetched(event, self._loop.time())
        self.turn()

    def reply(self, reply: Reply) -> None:
        """Hand in what the backend says to a question that came on this line."""
        self.intake.reply(reply)
        self.turn()

    def stored(self, count: int) -> None:
        """Take note that the first `count` of the records that wait are on the disk."""
        self.intake.stored(count)
        self.turn()

    def turn(self) -> None:
        """Send what there is to send, and ask to be called when something is due."""
        self._take_events()
        self.updates.turn(self._loop.time())
        data = self.intake.data_to_send()
        if self._port is not None:
            self._write(data)
        self._pause_reading(self.intake.blocked)
        self._schedule()

    def close(self) -> None:
        """Answer what is open, and let the port go."""
        self._closed = True
        self._commands.close()
        self.updates.close()
        if self._opening is not None:
            self._opening.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._release()

    def _take_events(self) -> None:
        recorded = False
        for event in self.intake.events():
            if isinstance(event, Record):
                recorded = True
                if event.message == topics.UPDATE:
                    self.updates.take_record(readable(event, self.intake.link.dictionary))
            elif isinstance(event, Answered):
                self._commands.take_answer(event)
            elif isinstance(event, Offered):
                self.updates.take_end(event, self._loop.time())
            else:
                if isinstance(event, ControllerUp):
                    self.updates.connected(self._loop.time())
                    self._commands.connected(event.birth.device)
                self._events.put_nowait(event)
        if recorded:
            self._events.put_nowait(RecordsReady(self._number))

    def _now(self) -> float:
        return self._clock.now()

    async def _open(self) -> None:
        while not self._closed:
            opening = self._opener(self.url)
            try:
                port = await asyncio.shield(opening)
            except asyncio.CancelledError:
                opening.add_done_callback(_close_late)
                raise
            except MissingError as error:
                self._problems.begin(self.url, f"{error}; trying again")
                await asyncio.sleep(self._reopen_s)
                self._reopen_s = min(2 * self._reopen_s, _REOPEN_MAX_S)
            else:
                self._problems.end(self.url, f"port {self.url} is back")
                self._opened(port)
                return

    def _opened(self, port: int) -> None:
        self._port = port
        self._opened_s = self._now()
        self._unsent, self._empty_reads, self._paused, self._writing = b"", 0, False, False
        self._loop.add_reader(port, self._readable)
        self._detail(f"port {self.url} is open")
        self.intake.receive(b"", self._opened_s)
        self.turn()

    def _release(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            self._loop.remove_reader(port)
            self._loop.remove_writer(port)
            os.close(port)

    def _lose(self, why: str) -> None:
        self._release()
        self._problems.begin(self.url, f"port {self.url} is lost ({why}); trying again")
        self.intake.line_lost()
        self._take_events()
        self._schedule()
        self._opening = self._loop.create_task(self._open_later())

    async def _open_later(self) -> None:
        await asyncio.sleep(_REOPEN_FIRST_S)
        self._reopen_s = _REOPEN_FIRST_S
        await self._open()

    def _readable(self) -> None:
        if self._port is None:
            return
        try:
            data = os.read(self._port, _READ_BYTES)
        except BlockingIOError:
            return
        except PORT_ERRORS as error:
            self._lose(reason(error))
            return
        if data:
            self._empty_reads = 0
            self.intake.receive(data, self._now())
        else:
            self._empty_reads += 1
            if self._empty_reads >= _EMPTY_READS_MAX:
                self._lose("its other end is gone")
                return
        self.turn()

    def _pause_reading(self, wanted: bool) -> None:
        if wanted == self._paused or self._port is None:
            return
        self._paused = wanted
        if wanted:
            self._loop.remove_reader(self._port)
        else:
            self._loop.add_reader(self._port, self._readable)

    def _write(self, data: bytes) -> None:
        if self._unsent:
            if len(self._unsent) + len(data) <= _UNSENT_MAX:
                self._unsent += data
            return
        if data:
            self._unsent = data
            self._unsent_since_s = self._loop.time()
            self._write_out()

    def _write_out(self) -> None:
        if self._port is None:
            return
        try:
            sent = os.write(self._port, self._unsent)
        except BlockingIOError:
            sent = 0
        except PORT_ERRORS as error:
            self._lose(reason(error))
            return
        self._unsent = self._unsent[sent:]
        if sent:
            self._unsent_since_s = self._loop.time()
        self._watch_writing(bool(self._unsent))

    def _watch_writing(self, wanted: bool) -> None:
        if wanted == self._writing or self._port is None:
            return
        self._writing = wanted
        if wanted:
            self._loop.add_writer(self._port, self._write_out)
        else:
            self._loop.remove_writer(self._port)

    def _schedule(self) -> None:
        """Have `_on_timer` called when the link wants it; a timer that is early enough already stays."""
        if self._closed:
            return
        wait_s = max(0.0, self.intake.deadline() - self._now())
        if self.intake.connected is None:
            wait_s = min(wait_s, _LOOK_S)
        at_s = self._loop.time() + wait_s
        if (due_s := self.updates.deadline()) is not None:
            at_s = min(at_s, due_s)
        if self._timer is not None:
            if self._timer.when() <= at_s:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now_s = self._now()
        self.intake.on_deadline(now_s)
        self._look_for_nobody(now_s)
        if self._unsent and self._loop.time() - self._unsent_since_s > _WRITE_S:
            self._detail(f"port {self.url} takes nothing: {len(self._unsent)} bytes dropped")
            self._unsent = b""
            self._watch_writing(False)
        self.turn()

    def _look_for_nobody(self, now_s: float) -> None:
        """Say, once for each opening, that nobody is there who could be served."""
        if self.intake.connected is not None:
            self._problems.end("nobody", f"a controller answers on port {self.url}")
            return
        if self._port is None or now_s - self._opened_s < _NOBODY_S or self.intake.link.hello is not None:
            return
        heard = self.intake.link.overheard
        if heard.is_text:
            line = f"port {self.url} carries text, is it the console? heard: '{heard.excerpt}'"
        elif heard.count:
            line = (
                f"port {self.url}: no controller answers; heard {heard.count} bytes that are no frames"
                f" (another baud rate?): '{heard.excerpt}'"
            )
        else:
            line = f"port {self.url}: no controller answers, nothing is heard: right port, cable, power?"
        self._problems.begin("nobody", line, "nobody")


def _close_late(opening: asyncio.Future[int]) -> None:
    """Close what was opened after nobody wanted it any more."""
    if not opening.cancelled() and opening.exception() is None:
        os.close(opening.result())
