"""The controllers of a fleet: gridkeel.controller's walk from an estimate to a command, over arrays of int64.

Modelled: protection with its trip tables, droop with its profiles, fast reserve, set-point, regulation, events, one
price plan for all, baseline, staggering, envelope without horizon, departure and temperature. Left out is what no grid
study sees: samples, Modbus bytes, faults reported on the link, reactive power, accounting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.fleet.arbiter import FleetArbiter
from studies.fleet.bundle import FleetServices
from studies.fleet.envelope import FleetEnvelope, Inverters
from studies.fleet.estimate import Estimates
from studies.fleet.parameters import FleetParameters

Ints = NDArray[np.int64]


class FleetControllers:
    """n controllers; after `step` and `samples_lost`: requested_w, permitted_w, into the vehicle, and the states.

    places: each charger's place in the windows of staggering (spread.shares_of), shape (n,) or (1,).
    """

    def __init__(self, parameters: FleetParameters, places: Ints) -> None:
        n = parameters.n
        self.n = n
        self.services = FleetServices(parameters, places)
        self.arbiter = FleetArbiter(parameters, self.services)
        self.envelope = FleetEnvelope(parameters)
        self.requested_w: Ints = np.zeros(n, dtype=np.int64)
        self.permitted_w: Ints = np.zeros(n, dtype=np.int64)

    @property
    def state(self) -> Ints:
        """States as gridkeel.services.protection numbers them."""
        return self.services.protection.state

    def step(self, mains: Estimates, inverters: Inverters, now_ms: int) -> None:
        """Take one estimate a charger and decide the commands."""
        self.services.follow(mains, now_ms)
        self._decide(inverters, now_ms)

    def samples_lost(self, inverters: Inverters, now_ms: int) -> None:
        """No block came within its time, at none of them."""
        self.services.protection.samples_lost()
        self._decide(inverters, now_ms)

    def _decide(self, inverters: Inverters, now_ms: int) -> None:
        self.services.cease()
        self.requested_w = self.arbiter.decide(inverters.driving, now_ms)
        self.envelope.read(inverters)
        self.permitted_w = self.envelope.limit(self.requested_w)
