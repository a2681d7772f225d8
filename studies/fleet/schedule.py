"""gridkeel.services.schedule for a fleet that was sent one plan: the firmware's own class over arrays of parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.schedule import PRICES_A_MESSAGE, Plan
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]


class FleetPlan:
    """One price plan for n chargers, each with its own power in cheap and dear slots; power_w while `alive`."""

    def __init__(self, parameters: FleetParameters) -> None:
        self.plan = Plan(parameters)

    @property
    def alive(self) -> bool:
        return bool(self.plan.alive)

    @property
    def power_w(self) -> Ints:
        return np.atleast_1d(np.asarray(self.plan.power_w, dtype=np.int64))

    def send(self, number: int, slot_s: int, prices: list[int], start_in_s: int, limits: tuple[int, int], now_ms: int):
        """Announce a plan and hand over all of its prices; limits: charge_to, discharge_from."""
        if not self.plan.begin(number, slot_s, len(prices), start_in_s, *limits, now_ms):
            raise ValueError(f"no plan: {len(prices)} slots of {slot_s} s from {start_in_s} s, limits {limits}")
        for first in range(0, len(prices), PRICES_A_MESSAGE):
            self.plan.put(number, first, prices[first : first + PRICES_A_MESSAGE])

    def update(self, now_ms: int) -> None:
        """Follow the clock."""
        self.plan.update(now_ms)
