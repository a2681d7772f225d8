"""Every service of a fleet, made once, in the order of gridkeel.services.bundle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.protection import RUN
from studies.fleet.droop import FleetDroop
from studies.fleet.estimate import Estimates
from studies.fleet.events import FleetEvents
from studies.fleet.fast_reserve import FleetReserve
from studies.fleet.parameters import FleetParameters
from studies.fleet.protection import FleetProtection
from studies.fleet.regulation import FleetRegulation
from studies.fleet.schedule import FleetPlan
from studies.fleet.setpoint import FleetSetpoint
from studies.fleet.spread import FleetSpread


class FleetServices:
    """The services of n chargers by name.

    places: each charger's place in the windows of staggering (spread.shares_of), shape (n,) or (1,).
    """

    def __init__(self, parameters: FleetParameters, places: NDArray[np.int64]) -> None:
        spread = FleetSpread(parameters, places)
        self.protection = FleetProtection(parameters, spread)
        self.droop = FleetDroop(parameters)
        self.reserve = FleetReserve(parameters)
        self.setpoint = FleetSetpoint(parameters)
        self.regulation = FleetRegulation(parameters)
        self.events = FleetEvents(parameters, spread)
        self.plan = FleetPlan(parameters)

    def follow(self, mains: Estimates, now_ms: int) -> None:
        """Give a new estimate to those that listen to the mains."""
        self.protection.update(mains, now_ms)
        self.droop.update(mains, now_ms)
        self.reserve.update(mains, now_ms)

    def cease(self) -> None:
        """Primary response starts over where power may not flow."""
        running = self.protection.state == RUN
        if not running.all():
            self.droop.reset(~running)
            self.reserve.cut(~running)
