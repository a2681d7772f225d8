"""Sends the time of day to a device: when the link opens and every few seconds from then on."""

from __future__ import annotations

from collections.abc import Callable

from host_tools.link import events
from host_tools.link.commands import RETRY_S
from host_tools.link.host import HostLink

SEND_S = 5.0
# Under the first repeat: a stamp is sent once, because one that is repeated would be old by then.
TIMEOUT_S = RETRY_S / 2
FIELDS = ("command", "unix_s", "ms")

_REASONS = {
    "out_of_range": "is outside what a controller accepts (2025 to 2099): set this host's clock",
    "refused": "jumped: it is accepted once it has been repeated some times",
}


class TimeSender:
    """Sends TIME over one link.  unix_time: UTC in seconds since 1970 at a now_s of the link's steady clock."""

    def __init__(self, link: HostLink, unix_time: Callable[[float], float], say: Callable[[str], None]) -> None:
        self._link = link
        self._unix_time = unix_time
        self._say = say
        self._next_s: float | None = None  # None: at once, when the link is open
        self._asked: set[int] = set()
        self._result = "ok"

    def deadline(self) -> float | None:
        """Return the now_s at which on_deadline wants to run, None while the link is closed."""
        if not self._link.connected:
            return None
        return self._next_s or 0.0

    def on_deadline(self, now_s: float) -> None:
        """Send the time where it is due; call it as often as bytes are taken from the link."""
        if not self._link.connected:
            self._next_s = None
            return
        if self._next_s is not None and now_s < self._next_s:
            return
        self._next_s = now_s + SEND_S
        row = self._link.dictionary.by_name.get("time")
        if row is None or row.names != FIELDS:
            return  # a firmware older, or newer, than the command as it is here
        # What does not fit the field is as absurd at its end, and is refused there.
        unix_ms = min(max(round(self._unix_time(now_s) * 1000), 0), 0xFFFFFFFF * 1000)
        self._asked.add(self._link.command("time", TIMEOUT_S, unix_s=unix_ms // 1000, ms=unix_ms % 1000))

    def answered(self, event: events.Answered) -> bool:
        """Take the end of a command; return False where it is not one of these.  A refusal is said once."""
        if event.command_id not in self._asked:
            return False
        self._asked.discard(event.command_id)
        if event.error is None:
            self._follow(self._results().get(event.values["result"], "unknown"))
        return True

    def _results(self) -> dict[int, str]:
        return self._link.dictionary.enums.get("RESULTS", {})

    def _follow(self, result: str) -> None:
        if result != self._result:
            hello = self._link.hello
            device = ascii(hello.device_id) if hello is not None else ""
            if result == "ok":
                self._say(f"controller {device} takes this host's time again")
            else:
                self._say(f"controller {device} does not take this host's time, which {_REASONS.get(result, result)}")
        self._result = result
