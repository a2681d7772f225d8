"""A car at a virtual board's outlet in real time: the plant on the machine's clock, in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from gridkeel import evse
from gridkeel.evse import duty
from gridkeel.params import Parameters
from hil.plants.inverter.server import LiveInverter
from hil.plants.outlet import OutletPlant
from hil.plants.vehicle import VehicleConfig
from hil.virtual_board.outlet_port import OutletPort

STEP_S = 0.005


class OutletFeed:
    """A context manager around `plant`; what it may do is `plant.do(word)`, at any time, from any thread.

    address: for GRIDKEEL_CONNECTOR.  watch: told, once the board is there, how to ask for its contactor's coil.
    volts, power_w: of the mains and of the inverter now.  let: told the least and most power the car lets through.
    moves: (monotonic time, closed) of each move of the contactor's main contacts.
    """

    def __init__(
        self,
        plant: OutletPlant,
        volts: Callable[[], float] = lambda: 230.0,
        power_w: Callable[[], float] = lambda: 0.0,
        let: Callable[[tuple[float, float]], None] = lambda _range_w: None,
    ) -> None:
        self.plant = plant
        self._volts = volts
        self._power_w = power_w
        self._let = let
        self._energised: Callable[[], bool] = lambda: False
        self.moves: list[tuple[float, bool]] = []
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

    def words(self) -> str:
        """Say where the outlet stands."""
        duty_permille = self.plant.orders.duty_permille
        state = "closed" if self.plant.contactor.closed else "open"
        return f"{_meaning(duty_permille)}, contactor {state}"

    def check(self) -> None:
        """Raise RuntimeError where the plant's thread failed: it can only tell when asked."""
        if self._error:
            raise RuntimeError("the outlet's plant failed") from self._error

    def _run(self) -> None:
        try:
            while not self._stopping.wait(STEP_S):
                orders = self._port.exchange(self.plant.levels.pack())
                now_s = time.monotonic()
                was_closed = self.plant.contactor.closed
                self.plant.advance(now_s - self._start_s, self._energised(), orders, self._volts(), self._power_w())
                if self.plant.contactor.closed != was_closed:
                    self.moves.append((now_s, not was_closed))
                self._let(self.plant.range_w)
        except Exception as error:  # told by `check`: a thread has nobody else to tell
            self._error = error


def _meaning(duty_permille: int) -> str:
    if duty_permille == duty.DIGITAL:
        return "5 % duty, digital communication"
    if duty.ma_of(duty_permille):
        return f"basic charging at {duty_permille / 10:.1f} % duty"
    return "nothing offered" if duty_permille == duty.STEADY else "not available"


@contextlib.contextmanager
def outlet_of(parameters: Parameters, live: LiveInverter | None, volts: float) -> Iterator[OutletFeed | None]:
    """An outlet that fits a board's parameters, without a car yet, at mains of `volts`; None for a fixed vehicle.

    live: the inverter whose power the car lets through, None where there is none.
    """
    if parameters.evse == evse.FIXED:
        yield None
        return
    onboard = parameters.outlet == evse.AC
    plant = OutletPlant(
        VehicleConfig(onboard=onboard, phases=parameters.phases, nominal_v=float(parameters.nominal_v), digital_s=1.0)
    )
    if live is None:
        made = OutletFeed(plant, lambda: volts)
    else:
        made = OutletFeed(plant, lambda: volts, lambda: live.inverter.power_w, live.inverter.let)
    with made as feed:
        yield feed
