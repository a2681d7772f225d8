"""Running the monitor: live on a terminal, as lines, or one snapshot."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from host_tools.monitor.controller import Controller
from host_tools.monitor.fleet import Fleet
from host_tools.monitor.keys import HELP, Keyboard, reading
from host_tools.monitor.table import events_of, head_of, lines_of, table_of
from host_tools.monitor.view import View
from host_tools.mqtt.address import Broker
from host_tools.mqtt.subscriber import WATCHED, Subscriber
from host_tools.screen import Screen

_REDRAW_S = 0.5
_STILL_S = 2.0  # a screen on which nothing changed but the ages
_DRAWING_SHARE = 20  # drawing may take this part of the time at most, on however slow a machine
_EVENT_LINES = 6
_TOTALS_S = 10.0  # between two lines of totals where nobody looks at a screen
_GROWING_S = 1.0  # a snapshot waits while controllers still come, this long after the last
_SNAPSHOT_MOST_S = 60.0


class Monitor:
    """A fleet fed by a subscription.

    stop: ends the wait for a broker too.  on_update: called in its thread for every change, under the fleet's lock.
    """

    def __init__(
        self, broker: Broker, stop: threading.Event, on_update: Callable[[Controller, float], None] | None = None
    ) -> None:
        self.broker = broker
        self.fleet = Fleet()
        self.lock = threading.Lock()
        self.trouble = ""
        self._stop = stop
        self._on_update = on_update
        self._subscriber = Subscriber(broker, self._take, on_state=self._state, filters=WATCHED)

    def __enter__(self) -> Monitor:
        self._subscriber.start(self._stop)
        return self

    def __exit__(self, *_details: object) -> None:
        self._subscriber.stop()

    def listen(self, listen_s: float) -> None:
        """Wait `listen_s`, and on while controllers that are new keep coming."""
        begun_s = grown_s = time.monotonic()
        count = 0
        while not self._stop.wait(0.1):
            now_s = time.monotonic()
            if len(self.fleet.controllers) != count:
                count, grown_s = len(self.fleet.controllers), now_s
            still = now_s - grown_s >= _GROWING_S or now_s - begun_s >= _SNAPSHOT_MOST_S
            if now_s - begun_s >= listen_s and (still or listen_s < _GROWING_S):
                return

    def _take(self, topic: str, payload: bytes) -> None:
        now_s = time.monotonic()
        with self.lock:
            controller = self.fleet.take(topic, payload, now_s)
            if controller is not None and self._on_update is not None:
                self._on_update(controller, now_s)

    def _state(self, trouble: str) -> None:
        self.trouble = trouble


class LiveScreen:
    """The live screen: draws the rows there is room for, as seldom as it may."""

    def __init__(self, monitor: Monitor, view: View, console: Console, stop: threading.Event) -> None:
        self._monitor = monitor
        self._view = view
        self._console = console
        self._stop = stop
        self._wake = threading.Event()
        self.keyboard = Keyboard(view, self._end)

    def run(self) -> None:
        """Draw until `stop`, or until the key that ends it."""
        with reading(self._press), Live(console=self._console, auto_refresh=False, screen=True) as live:
            version, drawn_s = -1, 0.0
            while not self._stop.is_set():
                now_s = time.monotonic()
                if self._wake.is_set() or self._changed(version) or now_s - drawn_s >= _STILL_S:
                    self._wake.clear()
                    version, drawn_s = self._monitor.fleet.version, now_s
                    live.update(self.picture(now_s), refresh=True)
                spent_s = time.monotonic() - now_s
                self._pause(max(_REDRAW_S, _DRAWING_SHARE * spent_s))

    def picture(self, now_s: float) -> Group:
        """Return what the screen shows now."""
        width, height = self._console.width, self._console.height
        monitor, view = self._monitor, self._view
        with monitor.lock:
            # Title, a line of trouble, the table's head, where we are, settings and keys take six lines.
            events = events_of(monitor.fleet.events, now_s, _EVENT_LINES if view.events and height >= 16 else 0)
            room = max(1, height - 6 - len(events))
            rows = view.rows(monitor.fleet, now_s, room)
            table = lines_of(rows, now_s, width)
            head = head_of(view.totals, monitor.broker.name, monitor.fleet, monitor.trouble)
        last = view.first + len(rows)
        place = f"rows {view.first + 1 if rows else 0} to {last} of {view.count}, {self.keyboard.line}"
        lines = [*events, Text(place, style="dim"), Text(HELP, style="dim")]
        for line in (head, *lines):
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(head, *table, *lines)

    def _changed(self, version: int) -> bool:
        return self._monitor.fleet.version != version

    def _pause(self, longest_s: float) -> None:
        """Wait; a key ends it early, but for the time that drawing at every key would cost."""
        end_s = time.monotonic() + longest_s
        while not self._stop.is_set() and time.monotonic() < end_s:
            if self._wake.wait(min(0.1, longest_s)):
                return

    def _press(self, key: str) -> None:
        self.keyboard.press(key, max(1, self._console.height - 6))
        self._wake.set()

    def _end(self) -> None:
        self._stop.set()
        self._wake.set()


def watch(broker: Broker, view: View, stop: threading.Event, console: Console) -> None:
    """Show the live screen until `stop`.  Errors: MissingError where the broker cannot be reached."""
    with Monitor(broker, stop) as monitor:
        LiveScreen(monitor, view, console, stop).run()


def print_once(broker: Broker, view: View, stop: threading.Event, screen: Screen, listen_s: float) -> None:
    """Listen for a while and print one table.  Errors: as in `watch`."""
    with Monitor(broker, stop) as monitor:
        monitor.listen(listen_s)
        now_s = time.monotonic()
        with monitor.lock:
            rows = view.rows(monitor.fleet, now_s, len(monitor.fleet.controllers) or 1)
            screen.table(table_of(rows, now_s))
            for event in monitor.fleet.events:
                screen.say(f"{now_s - event.at_s:.0f} s ago {event.device}: {event.words}")
            screen.result(head_of(view.totals, broker.name, monitor.fleet, monitor.trouble).plain)


def snapshot(broker: Broker, stop: threading.Event, listen_s: float) -> dict[str, Any]:
    """Listen for a while and return everything that is known then.  Errors: as in `watch`."""
    with Monitor(broker, stop) as monitor:
        monitor.listen(listen_s)
        with monitor.lock:
            return {"broker": broker.name, "trouble": monitor.trouble, **monitor.fleet.document(time.monotonic())}


def print_changes(broker: Broker, stop: threading.Event, write: Callable[[str], None]) -> None:
    """Write a line for each event (a fault, a controller that comes or goes) and the totals now and then."""
    with Monitor(broker, stop) as monitor:
        seen, said, next_s = 0, "", time.monotonic() + 1.0
        while True:
            with monitor.lock:
                events, seen = monitor.fleet.events_since(seen)
                words = monitor.fleet.totals(time.monotonic()).words() if time.monotonic() >= next_s else said
            try:
                for event in events:
                    write(f"{_clock()} {event.device}: {event.words}")
                if words != said:
                    said, next_s = words, time.monotonic() + _TOTALS_S
                    write(f"{_clock()} {words}")
            except BrokenPipeError:
                return
            if stop.wait(_REDRAW_S):
                return


def _clock() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S")


def print_lines(broker: Broker, stop: threading.Event, write: Callable[[str], None]) -> None:
    """Write one JSON line for every update until `stop`, or until nobody reads them.  Errors: as in `watch`."""

    def update(controller: Controller, now_s: float) -> None:
        try:
            write(json.dumps(controller.document(now_s)))
        except BrokenPipeError:
            stop.set()

    with Monitor(broker, stop, update):
        stop.wait()
