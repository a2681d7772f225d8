"""One controller's serial port, served in a thread: open, pump, lose, open again."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable

import serial

from host_tools.errors import MissingError
from host_tools.uplink.birth import Birth
from host_tools.uplink.desk import BUSY, CommandDesk
from host_tools.uplink.intake import COMMIT_RECORDS, Answerer, Intake, Listener, link_into, nobody
from host_tools.uplink.queue import Queue
from host_tools.uplink.requests import Answer, Request
from host_tools.uplink.troubles import Troubles

BAUD = 115200

_READ_S = 0.02  # a read waits this long for more, so it is also the delay a command may meet
_READ_BYTES = 4096
_WRITE_S = 2.0
_COMMIT_S = 0.05
_REOPEN_S = 1.0
_REQUESTS_MAX = 64

_PORT_ERRORS = (serial.SerialException, OSError, ValueError)


def open_port(url: str, baud: int) -> serial.Serial:
    """Errors: MissingError in one line."""
    try:
        return serial.serial_for_url(url, baud, timeout=_READ_S, write_timeout=_WRITE_S, exclusive=True)
    except _PORT_ERRORS as error:
        raise MissingError(f"port {url} cannot be opened: {_reason(error)}") from None


class PortThread:
    """Serves one port until `stop`.  url: a device path or any pyserial URL (socket://HOST:PORT ...).

    attached(port, birth), detached(port, device, reason) and answer(answer) are called in the thread; `error` holds
    what ended it, where that was not `stop`.  answerer: of what the controller asks, called in the thread.
    """

    def __init__(
        self,
        url: str,
        queue: Queue,
        *,
        attached: Callable[[PortThread, Birth], None],
        detached: Callable[[PortThread, str, str], None],
        answer: Callable[[Answer], None],
        say: Callable[[str], None],
        baud: int = BAUD,
        answerer: Answerer = nobody,
    ) -> None:
        self.url = url
        self.error: BaseException | None = None
        listener = Listener(
            attached=lambda birth: attached(self, birth),
            detached=lambda device, reason: detached(self, device, reason),
            answered=lambda event: self._desk.answered(event),
            say=say,
        )
        self.intake = Intake(link_into(queue), queue, listener, answerer=answerer)
        self._desk = CommandDesk(self.intake.link, answer)
        self._answer = answer
        self._baud = baud
        self._troubles = Troubles(say)
        self._requests: deque[Request] = deque()
        self._committed_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name=f"gridkeel-port-{url}", daemon=True)

    def start(self, port: serial.Serial | None = None) -> None:
        """Begin with a port that is open, or with opening one."""
        self._port = port
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def submit(self, request: Request) -> None:
        """Hand a command over from another thread."""
        if len(self._requests) >= _REQUESTS_MAX:
            self._answer(Answer(request, BUSY, f"{_REQUESTS_MAX} commands are waiting for this port already"))
        else:
            self._requests.append(request)

    def _main(self) -> None:
        try:
            while not self._stop.is_set():
                self._serve_once()
        except BaseException as error:
            self.error = error
        finally:
            self.intake.line_lost()

    def _serve_once(self) -> None:
        """Serve one opening of the port, from there to its loss."""
        try:
            port, self._port = self._port or open_port(self.url, self._baud), None
            self._troubles.end(self.url, f"port {self.url} is back")
            with port:
                while not self._stop.is_set():
                    self._pump(port)
                self.intake.commit()
                port.write(self.intake.data_to_send())
        except MissingError as error:
            self._troubles.begin(self.url, f"{error}; trying again")
        except _PORT_ERRORS as error:
            self._troubles.begin(self.url, f"port {self.url} is lost ({_reason(error)}); trying again")
            self.intake.line_lost()
        self._tend_unconnected()

    def _tend_unconnected(self) -> None:
        """Wait before the next opening; commands that come meanwhile are answered, not kept."""
        end_s = time.monotonic() + _REOPEN_S
        while not self._stop.is_set() and (now_s := time.monotonic()) < end_s:
            self._submit_waiting(now_s)
            self.intake.on_deadline(now_s)
            self.intake.commit()
            self._stop.wait(_COMMIT_S)

    def _pump(self, port: serial.Serial) -> None:
        if self.intake.blocked:
            self._stop.wait(_COMMIT_S)
            data = b""
        else:
            data = port.read(_READ_BYTES)
        now_s = time.monotonic()
        if data:
            self.intake.receive(data, now_s)
        self._submit_waiting(now_s)
        self.intake.on_deadline(now_s)
        if self.intake.pending >= COMMIT_RECORDS or now_s - self._committed_s >= _COMMIT_S:
            self.intake.commit()
            self._committed_s = now_s
        out = self.intake.data_to_send()
        if out:
            port.write(out)

    def _submit_waiting(self, now_s: float) -> None:
        while self._requests:
            self._desk.submit(self._requests.popleft(), now_s)


def _reason(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else " ".join(str(error).split()) or type(error).__name__
