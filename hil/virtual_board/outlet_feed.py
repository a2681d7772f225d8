"""A car at a virtual board's outlet in real time: the plant on the machine's clock, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hil.plants.outlet import OutletPlant
from hil.virtual_board.outlet_port import OutletPort

STEP_S = 0.005


class OutletFeed:
    """A context manager around `plant`; what it may do is `plant.do(word)`, at any time, from any thread.

    address: for GRIDKEEL_OUTLET.  watch: told once the board is there, how its contactor's coil stands; volts and
    power_w: of the mains and of the inverter now.
    """

    def __init__(
        self, plant: OutletPlant, volts: Callable[[], float] = lambda: 230.0, power_w: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.plant = plant
        self._volts = volts
        self._power_w = power_w
        self._energised: Callable[[], bool] = lambda: False
        self._port = OutletPort()
        self.address = self._port.address
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)

    def __enter__(self) -> OutletFeed:
        self._start_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._port.__exit__()

    def watch(self, energised: Callable[[], bool]) -> None:
        """Take how to ask for the contactor's coil."""
        self._energised = energised

    def check(self) -> None:
        """Raise RuntimeError where the plant's thread failed: it can only tell when asked."""
        if self._error:
            raise RuntimeError("the outlet's plant failed") from self._error

    def _run(self) -> None:
        try:
            while not self._stopping.wait(STEP_S):
                orders = self._port.exchange(self.plant.levels.pack())
                now_s = time.monotonic() - self._start_s
                self.plant.advance(now_s, self._energised(), orders, self._volts(), self._power_w())
        except Exception as error:  # told by `check`: a thread has nobody else to tell
            self._error = error
