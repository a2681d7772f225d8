"""The controllers of a fleet: gridkeel.controller's walk from an estimate to a command, over arrays of int64.

Left out is what every charger has of its own and no grid study sees: samples, Modbus bytes, faults told on the link.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkeel.services.protection import RUN
from hil.fleet.droop import FleetDroop
from hil.fleet.envelope import FleetEnvelope, Inverters
from hil.fleet.estimate import Estimates
from hil.fleet.parameters import FleetParameters
from hil.fleet.protection import FleetProtection
from hil.fleet.setpoint import FleetSetpoint

Ints = NDArray[np.int64]


class FleetControllers:
    """n controllers; after `step` and `samples_lost`: wish_w and command_w, watts into the vehicle, and the states."""

    def __init__(self, parameters: FleetParameters) -> None:
        n = parameters.n
        self.n = n
        self.protection = FleetProtection(parameters)
        self.droop = FleetDroop(parameters)
        self.setpoint = FleetSetpoint(parameters)
        self.envelope = FleetEnvelope(parameters)
        self.wish_w: Ints = np.zeros(n, dtype=np.int64)
        self.command_w: Ints = np.zeros(n, dtype=np.int64)

    @property
    def state(self) -> Ints:
        """States as gridkeel.services.protection numbers them."""
        return self.protection.state

    def step(self, mains: Estimates, inverters: Inverters, now_ms: int) -> None:
        """Take one estimate a charger and decide the commands."""
        self.protection.update(mains, now_ms)
        self.droop.update(mains)
        self._decide(inverters, now_ms)

    def samples_lost(self, inverters: Inverters, now_ms: int) -> None:
        """No block came within its time, at none of them."""
        self.protection.samples_lost()
        self._decide(inverters, now_ms)

    def _decide(self, inverters: Inverters, now_ms: int) -> None:
        running = self.protection.state == RUN
        if not running.all():
            self.droop.reset(~running)
        self.setpoint.update(now_ms, running & inverters.driving)
        self.wish_w = (self.setpoint.power_w + self.droop.power_w) * running
        self.envelope.read(inverters)
        self.command_w = self.envelope.limit(self.wish_w)
