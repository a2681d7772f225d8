"""A fleet model and as many of the firmware's own controllers, fed with the same estimates."""

from __future__ import annotations

import numpy as np

from gridkeel import errors, inverter, limits
from gridkeel.controller import Controller
from gridkeel.params import Parameters
from hil.fleet.envelope import Inverters
from hil.fleet.estimate import Estimates
from hil.fleet.model import FleetControllers
from hil.fleet.parameters import FleetParameters
from hil.fleet.spread import shares_of

ESTIMATE = ("freq_uhz", "freq_short_uhz", "rocof_mhz_s", "voltage_mv", "cycle_mv", "quality")
MEASURED = ("charge_rating_w", "discharge_rating_w", "soc_pct_x100")


class GivenMains:
    """Stands where the estimator does: every block makes the estimate that was set by hand."""

    def __init__(self, nominal_uhz):
        self.nominal_uhz = nominal_uhz

    def update(self, _samples, _n):
        return True

    def block_lost(self):
        """The estimate is given, so there is nothing to forget."""


class GivenInverter:
    """Stands where the inverter's driver does: ratings and state of charge are set by hand."""

    fault = errors.NO_FAULT
    bus_errors = 0
    power_w = 0
    apparent_va = inject_max_var = absorb_max_var = limits.NO_BOUND

    def soc_age(self, _now_ms):
        return 0

    def command(self, power_w, _now_ms):
        self.commanded_w = power_w

    def react(self, wanted, _var, _now_ms):
        assert not wanted, "a fleet's model knows no reactive power"


class Pair:
    """The firmware's controllers on one side, the model on the other; `differences` names where they part."""

    def __init__(self, changes):
        parameters = [Parameters(one) for one in changes]
        self.n = len(parameters)
        self.nominal_uhz = parameters[0].nominal_hz * 1_000_000
        identities = [b"charger-%d" % k for k in range(self.n)]
        self.firmware = [
            Controller(one, identity=identity) for one, identity in zip(parameters, identities, strict=True)
        ]
        for one in self.firmware:
            one.mains = GivenMains(self.nominal_uhz)
            one.inverter = GivenInverter()
        self.model = FleetControllers(FleetParameters.of(parameters), shares_of(identities))

    def step(self, estimates, inverters, now_ms, lost=False):
        """estimates, inverters: one dict a charger."""
        for one, mains, reading in zip(self.firmware, estimates, inverters, strict=True):
            for name in ESTIMATE:
                setattr(one.mains, name, mains[name])
            for name in MEASURED:
                setattr(one.inverter, name, reading[name])
            one.inverter.state = inverter.DRIVING if reading["driving"] else inverter.READY
            if lost:
                one.samples_lost(now_ms)
            else:
                one.step(None, 0, now_ms)
        readings = Inverters(
            *(_column(inverters, name) for name in MEASURED), np.array([one["driving"] for one in inverters])
        )
        if lost:
            self.model.samples_lost(readings, now_ms)
        else:
            gathered = Estimates(*(_column(estimates, name) for name in ESTIMATE), self.nominal_uhz)
            self.model.step(gathered, readings, now_ms)

    def setpoint(self, powers_w, lifetimes_ms, now_ms):
        """Offer a set-point to each."""
        for one, power_w, lifetime_ms in zip(self.firmware, powers_w, lifetimes_ms, strict=True):
            one.setpoint.set(power_w, lifetime_ms, now_ms)
        self.model.setpoint.set(powers_w, lifetimes_ms, now_ms)

    def enable(self, wanted):
        for one, on in zip(self.firmware, wanted, strict=True):
            one.protection.enabled = on
        self.model.protection.enabled[:] = wanted

    def differences(self):
        model = self.model
        sides = {
            "state": ([one.protection.state for one in self.firmware], model.state),
            "trip": ([one.protection.trip for one in self.firmware], model.protection.trip),
            "enter": ([one.protection.enter_permille for one in self.firmware], model.protection.enter_permille),
            "droop_w": ([one.services.droop.power_w for one in self.firmware], model.droop.power_w),
            "setpoint_w": ([one.setpoint.power_w for one in self.firmware], model.setpoint.power_w),
            "alive": ([one.setpoint.alive for one in self.firmware], model.setpoint.alive),
            "base_w": ([one.services.arbiter.base_w for one in self.firmware], model.arbiter.base_w),
            "wish_w": ([one.wish_w for one in self.firmware], model.wish_w),
            "command_w": ([one.command_w for one in self.firmware], model.command_w),
        }
        return {name: (a, b.tolist()) for name, (a, b) in sides.items() if a != b.tolist()}


def _column(rows, name):
    return np.array([row[name] for row in rows], dtype=np.int64)
