"""The power side of a run: mains, inverter, and where a scenario has a car, the outlet between them."""

from __future__ import annotations

from hil.drivers.outlet_frames import NO_OUTLET, Orders
from hil.plants.inverter import Inverter
from hil.rigs.mains import Mains
from hil.rigs.recorder import Recorder
from hil.scenarios.scenario import Scenario


class Station:
    """Moves the plants on; `levels` is what the board measures at its outlet."""

    def __init__(self, scenario: Scenario, mains: Mains, inverter: Inverter, recorder: Recorder) -> None:
        self.outlet = scenario.outlet()
        self.orders = Orders()
        self._happens = list(scenario.happens)
        self._mains = mains
        self._inverter = inverter
        self._recorder = recorder

    @property
    def levels(self) -> bytes:
        return NO_OUTLET if self.outlet is None else self.outlet.levels.pack()

    def advance(self, now_us: int, energise: bool) -> None:
        """Move on to now_us with the contactor's coil at this level."""
        now_s = max(now_us / 1e6, self._inverter.now_s)
        closed = energise
        if self.outlet is not None:
            while self._happens and self._happens[0][0] <= now_s:
                self.outlet.do(self._happens.pop(0)[1])
            self.outlet.advance(now_s, energise, self.orders, self._mains.volts, self._inverter.power_w)
            self._inverter.let(self.outlet.range_w)
            closed = self.outlet.contactor.closed
        self._inverter.advance(now_s, self._mains.volts if closed else 0.0, self._mains.freq_hz)

    def keep_row(self, now_us: int, energise: bool) -> None:
        """Record where the plants stand."""
        inverter = self._inverter
        self._recorder.plant_row(now_us / 1e6, inverter, energise)
        if self.outlet is not None:
            self._recorder.outlet_row(now_us / 1e6, self.outlet)
