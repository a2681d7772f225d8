"""Running the monitor: live, once, or as lines for machines."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.table import Table

from host_tools.monitor.fleet import Controller, Fleet
from host_tools.monitor.table import table_of
from host_tools.uplink.address import Broker
from host_tools.uplink.subscriber import Subscriber

_REFRESH_S = 0.25
_FRAME_ROWS = 8  # title, head, rules and caption around the rows of a table


class Monitor:
    """A fleet fed by a subscription.  on_update: called in its thread for every change, under the fleet's lock."""

    def __init__(self, broker: Broker, on_update: Callable[[Controller, float], None] | None = None) -> None:
        self._broker = broker
        self._on_update = on_update
        self._fleet = Fleet()
        self._lock = threading.Lock()
        self._trouble = ""
        self._subscriber = Subscriber(broker, self._take, on_state=self._state)

    def __enter__(self) -> Monitor:
        self._subscriber.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._subscriber.stop()

    def table(self, width: int, rows_max: int | None = None) -> Table:
        with self._lock:
            return table_of(
                self._fleet,
                time.monotonic(),
                broker=self._broker.name,
                trouble=self._trouble,
                width=width,
                rows_max=rows_max,
            )

    def _take(self, topic: str, payload: bytes) -> None:
        now_s = time.monotonic()
        with self._lock:
            controller = self._fleet.take(topic, payload, now_s)
            if controller is not None and self._on_update is not None:
                self._on_update(controller, now_s)

    def _state(self, trouble: str) -> None:
        self._trouble = trouble


def watch(broker: Broker, stop: threading.Event, console: Console) -> None:
    """Show the live table until `stop`.  Errors: MissingError where the broker cannot be reached."""
    with Monitor(broker) as monitor, Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        while True:
            live.update(monitor.table(console.width, max(1, console.height - _FRAME_ROWS)), refresh=True)
            if stop.wait(_REFRESH_S):
                return


def print_once(broker: Broker, stop: threading.Event, console: Console, listen_s: float) -> None:
    """Listen for a while and print one table.  Errors: as in `watch`."""
    with Monitor(broker) as monitor:
        stop.wait(listen_s)
        console.print(monitor.table(console.width))


def print_lines(broker: Broker, stop: threading.Event, write: Callable[[str], None]) -> None:
    """Write one JSON line for every update until `stop`, or until nobody reads them.  Errors: as in `watch`."""

    def update(controller: Controller, now_s: float) -> None:
        try:
            write(json.dumps(controller.document(now_s)))
        except BrokenPipeError:
            stop.set()

    with Monitor(broker, update):
        stop.wait()
