"""The connector and its EV in real time: the plant on the machine's clock, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hil.rigs.plants import Plants
from hil.virtual_board.connector_port import ConnectorPort

STEP_S = 0.005


class ConnectorFeed:
    """Moves the connector of `plants` while the context is open; its `do(word)` may be called from any thread.

    energised: asked for the level of the contactor's coil.
    moves: (monotonic time, closed) of each move of the contactor's main contacts.
    """

    def __init__(self, plants: Plants, port: ConnectorPort, energised: Callable[[], bool]) -> None:
        assert plants.connector is not None
        self._plants = plants
        self._plant = plants.connector
        self._port = port
        self._energised = energised
        self.moves: list[tuple[float, bool]] = []
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="connector", daemon=True)

    def __enter__(self) -> ConnectorFeed:
        self._start_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def check(self) -> None:
        """Raise RuntimeError where the plant's thread failed: it is noticed only when asked."""
        if self._error:
            raise RuntimeError("the connector's plant failed") from self._error

    def _run(self) -> None:
        try:
            while not self._stopping.wait(STEP_S):
                orders = self._port.exchange(self._plant.levels.pack())
                now_s = time.monotonic()
                was_closed = self._plant.contactor.closed
                self._plants.advance_connector(now_s - self._start_s, self._energised(), orders)
                if self._plant.contactor.closed != was_closed:
                    self.moves.append((now_s, not was_closed))
        except Exception as error:  # raised by `check`: a thread has no caller
            self._error = error
