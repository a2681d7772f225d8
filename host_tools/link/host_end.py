"""The host's end of one link for whoever has a port and a clock: frames, commands, questions and the time of day.

    end.receive(data, now_s); end.on_deadline(now_s); port.write(end.data_to_send())
    for event in end.events(): ...

What becomes of records and questions is the caller's: it acknowledges and answers on `link`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from host_tools.link import events
from host_tools.link.host import HostLink
from host_tools.link.time_sender import TimeSender


class HostEnd:
    """A HostLink that keeps its device's clock.  Times are seconds of any steady clock.

    unix_time: UTC in seconds since 1970 at a now_s; None leaves the device's clock unset.  say: takes the line that
    says why a device does not take the time.
    """

    def __init__(self, link: HostLink, unix_time: Callable[[float], float] | None, say: Callable[[str], None]) -> None:
        self.link = link
        self._teller = TimeSender(link, unix_time, say) if unix_time else None

    def receive(self, data: bytes, now_s: float) -> None:
        """Take bytes from the port."""
        self.link.receive(data, now_s)

    def on_deadline(self, now_s: float) -> None:
        """Do what is due; call it at `deadline`, or as often as bytes come."""
        if now_s >= self.link.deadline():
            self.link.on_deadline(now_s)
        if self._teller:
            self._teller.on_deadline(now_s)

    def deadline(self) -> float:
        """Return the now_s at which on_deadline wants to run."""
        due_s = self._teller.deadline() if self._teller else None
        return self.link.deadline() if due_s is None else min(due_s, self.link.deadline())

    def events(self) -> Iterator[events.Event]:
        """Yield what happened since the last call, in its order, but for the ends of the time commands."""
        for event in self.link.events():
            if self._teller and isinstance(event, events.Answered) and self._teller.answered(event):
                continue
            yield event

    def data_to_send(self) -> bytes:
        """Return the bytes for the port."""
        return self.link.data_to_send()

    def line_lost(self) -> None:
        """The port is gone."""
        self.link.line_lost()
