"""The grid services with their arbiter on an estimate that is set by hand."""

from mains_estimate import MainsEstimate

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.services import protection
from gridkeel.services.bundle import Services


class ServicesSetup:
    def __init__(self, **changes):
        changes.setdefault("setpoint_ramp_w_s", 1000000)
        self.parameters = Parameters(changes)
        self.services = Services(self.parameters)
        self.arbiter = self.services.arbiter
        self.mains = MainsEstimate(nominal_hz=self.parameters.nominal_hz)
        self.now = ticks.MASK - 700
        self.required_w = 0
        self.ready = True
        self.run(1200 if self.parameters.enter_at_start else 600)
        assert self.services.protection.state == protection.RUN

    def run(self, ms, step_ms=10):
        for _ in range(ms // step_ms):
            self.now = ticks.add(self.now, step_ms)
            self.services.follow(self.mains, self.now)
            self.services.decide(self.now, self.ready, self.required_w)

    def seen(self, ms=20):
        self.run(ms)
        return self.arbiter.level, self.arbiter.limiter, self.arbiter.requested_w
