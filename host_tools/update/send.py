"""Sends a release over a serial line and follows what the controller makes of it, through its restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import serial

from gridkeel.update import refusals_text
from host_tools.errors import MissingError, ToolError
from host_tools.link import events
from host_tools.link.host import HostLink
from host_tools.link.readable import readable

_TEXTS = {name: text for _code, name, text in refusals_text.CATALOGUE}
_CODES = {code: name for code, name, _text in refusals_text.CATALOGUE}
_FAILED = ("invalid_signature", "download_failed", "installation_failed", "install_verification_failed")
_POLL_S = 0.01
_READ_BYTES = 4096
Watch = Callable[[str, float], None]


@dataclass(frozen=True)
class Result:
    """How an update ended."""

    ok: bool
    text: str


class _Following:
    """The link's events while a stream is offered, offered again after a break, and judged."""

    def __init__(self, stream: bytes, watch: Watch) -> None:
        self.link = HostLink()
        self.result: Result | None = None
        self._stream = stream
        self._watch = watch
        self._device = "the controller"
        self._taken = False  # the controller has the whole stream
        self._status = ""

    def follow(self) -> None:
        for event in self.link.events():
            if isinstance(event, events.Connected):
                self._device = f"{event.device_id} ({event.firmware})"
                if not self._taken:
                    self.link.offer(self._stream)
            elif isinstance(event, events.Record):
                self.link.acknowledge(event.sequence, event.boot_id)
                self._on_record(readable(event, self.link.dictionary))
            elif isinstance(event, events.Offered):
                self._on_offered(event)
            elif isinstance(event, events.Unusable):
                raise event.error
        offered = self.link.offered
        if offered:
            self._watch(f"{self._device}: {self._status or 'offered'}", offered[0] / offered[1])

    def _on_record(self, record: Mapping[str, object]) -> None:
        if record["message"] != "update":
            return
        self._status = str(record["status"])
        code = str(record["code"])
        self._watch(f"{self._device}: {self._status}", 1.0 if self._taken else 0.0)
        if self._status == "installed":
            self.result = Result(True, f"{self._device}: installed")
        elif self._status in _FAILED:
            self.result = Result(False, f"{self._device}: {self._status}: {_TEXTS.get(code, code)}")

    def _on_offered(self, event: events.Offered) -> None:
        if event.code == 0:
            self._taken = True
        elif event.code is not None:
            name = _CODES.get(event.code, str(event.code))
            self.result = Result(False, f"{self._device}: rejected: {_TEXTS.get(name, name)}")


def send_release(stream: bytes, port: str, baud: int, timeout_s: float, watch: Watch) -> Result:
    """Offer a stream until the controller has taken it, then wait for its own verdict.

    Errors: MissingError where the port is not there, ToolError where no verdict comes within timeout_s.
    """
    following = _Following(stream, watch)
    end_s = time.monotonic() + timeout_s
    try:
        with serial.Serial(port, baud, timeout=_POLL_S, write_timeout=5.0) as line:
            while following.result is None:
                now_s = time.monotonic()
                if now_s > end_s:
                    raise ToolError(f"no verdict within {timeout_s:g} s: {_hint(following)}")
                following.link.receive(line.read(_READ_BYTES), now_s)
                following.link.on_deadline(time.monotonic())
                following.follow()
                if data := following.link.data_to_send():
                    line.write(data)
    except (serial.SerialException, OSError) as error:
        raise MissingError(f"{port}: {error}") from None
    return following.result


def _hint(following: _Following) -> str:
    if following.link.hello is None:
        return "nothing answers at this port as a controller does"
    if following.link.offered is not None:
        return "power may flow: nothing is erased or switched then; send a set-point of 0 W, and repeat the command"
    return "the new image may still be on trial; `gridkeel monitor` shows what becomes of it"
