"""A fleet model and as many of the firmware's own controllers, fed with the same estimates."""

from __future__ import annotations

import numpy as np

from gridkeel import errors, inverter, limits
from gridkeel.controller import Controller
from gridkeel.inverter.following import Following
from gridkeel.params import Parameters
from gridkeel.services.schedule import PRICES_A_MESSAGE
from studies.fleet.envelope import Inverters
from studies.fleet.estimate import Estimates
from studies.fleet.model import FleetControllers
from studies.fleet.parameters import FleetParameters
from studies.fleet.spread import shares_of

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
    apparent_va = inject_max_var = absorb_max_var = limits.NO_BOUND

    def __init__(self, parameters):
        self.following = Following(parameters)  # never told of a measurement: it follows

    def measured_w(self, _now_ms):
        return 0

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
            one.inverter = GivenInverter(one.parameters)
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
        taken = [
            one.setpoint.set(power_w, lifetime_ms, now_ms)
            for one, power_w, lifetime_ms in zip(self.firmware, powers_w, lifetimes_ms, strict=True)
        ]
        assert taken == self.model.services.setpoint.set(powers_w, lifetimes_ms, now_ms).tolist()

    def regulate(self, shares, now_ms):
        """Give each a signal of secondary regulation."""
        taken = [
            one.services.regulation.signal(share, now_ms) for one, share in zip(self.firmware, shares, strict=True)
        ]
        assert taken == self.model.services.regulation.signal(shares, now_ms).tolist()

    def demand(self, events, now_ms):
        """Offer an event to each: (kind, start_in_s, duration_s, depth_w, recovery_s)."""
        taken = [one.services.event.take(*event, now_ms) for one, event in zip(self.firmware, events, strict=True)]
        columns = [list(column) for column in zip(*events, strict=True)]
        assert taken == self.model.services.events.take(*columns, now_ms).tolist()

    def plan(self, number, slot_s, prices, start_in_s, limits, now_ms):
        """Send the same plan to all."""
        for one in self.firmware:
            assert one.services.plan.begin(number, slot_s, len(prices), start_in_s, *limits, now_ms)
            for first in range(0, len(prices), PRICES_A_MESSAGE):
                assert one.services.plan.put(number, first, prices[first : first + PRICES_A_MESSAGE])
        self.model.services.plan.send(number, slot_s, prices, start_in_s, limits, now_ms)

    def enable(self, wanted):
        for one, on in zip(self.firmware, wanted, strict=True):
            one.protection.allow(on)
        self.model.services.protection.enabled[:] = wanted

    def differences(self):
        """Return {what: (the firmware's, the model's)} of everything that is not the same."""
        model, own = self.model, self.model.services
        services = [one.services for one in self.firmware]
        sides = {
            "state": ([one.protection.state for one in services], model.state),
            "trip": ([one.protection.trip for one in services], own.protection.trip),
            "enter": ([one.protection.enter_permille for one in services], own.protection.enter_permille),
            "droop_w": ([one.droop.power_w for one in services], own.droop.power_w),
            "droop_mw": ([one.droop._lag._mw for one in services], own.droop._lag._mw),
            "held_uhz": ([one.droop._held_uhz for one in services], own.droop._held_uhz),
            "droop_target_w": ([one.droop.target_w for one in services], own.droop.target_w),
            "reserve": ([one.fast_reserve.state for one in services], own.reserve.state),
            "reserve_w": ([one.fast_reserve.power_w for one in services], self._each(own.reserve.power_w)),
            "setpoint_w": ([one.setpoint.power_w for one in services], own.setpoint.power_w),
            "alive": ([one.setpoint.alive for one in services], own.setpoint.alive),
            "regulation_w": ([one.regulation.power_w for one in services], own.regulation.power_w),
            "regulated": ([one.regulation.alive for one in services], own.regulation.alive),
            "event": ([one.event.state for one in services], own.events.state),
            "event_w": ([one.event.power_w for one in services], own.events.power_w),
            "rules": ([one.event.rules for one in services], own.events.rules),
            "plan": ([one.plan.alive for one in services], self._each(np.array([own.plan.alive]))),
            "plan_w": ([one.plan.power_w for one in services], self._each(own.plan.power_w)),
            "base_w": ([one.arbiter.base_w for one in services], model.arbiter.base_w),
            "requested_w": ([one.services.arbiter.requested_w for one in self.firmware], model.requested_w),
            "permitted_w": ([one.envelope.permitted_w for one in self.firmware], model.permitted_w),
        }
        return {name: (a, b.tolist()) for name, (a, b) in sides.items() if a != b.tolist()}

    def _each(self, values):
        return np.broadcast_to(values, (self.n,))


def _column(rows, name):
    return np.array([row[name] for row in rows], dtype=np.int64)
