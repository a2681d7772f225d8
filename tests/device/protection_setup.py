"""A protection that runs on a mains set by hand, with its clock near the wrap."""

from mains_estimate import MainsEstimate

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.services.grid_codes.listed import TRIP_PROFILES, number
from gridkeel.services.protection import CEASED, RUN, Protection


class ProtectionSetup:
    """A protection that runs, a mains set by hand, and a clock near its wrap."""

    def __init__(self, profile="ieee1547-cat3", identity=b"", **more):
        index = number(TRIP_PROFILES, profile)
        changes = {"trip_profile": index}
        nominal_hz = TRIP_PROFILES[index - 1].nominal_hz if index else 50
        if nominal_hz == 60:
            changes.update({"nominal_hz": 60, "trip_under_mhz": 56500, "trip_over_mhz": 62000})
            changes.update({"return_low_mhz": 59500, "return_high_mhz": 60100})
        changes.update(more)
        self.parameters = Parameters(changes)
        self.protection = Protection(self.parameters, identity)
        self.mains = MainsEstimate(nominal_hz=nominal_hz)
        self.now = ticks.MASK - 100
        self.until_it_runs()

    def until_it_runs(self):
        """Return how long it takes."""
        since = self.now
        for _ in range(40000):
            if self.protection.state == RUN:
                return ticks.diff(self.now, since)
            self.run(10)
        raise AssertionError("it never runs")

    def run(self, ms, step_ms=10):
        for _ in range(ms // step_ms):
            self.now = ticks.add(self.now, step_ms)
            self.protection.update(self.mains, self.now)

    def trip_ms(self, most_ms, step_ms=10):
        """Return the time until it ceases, None where it does not within most_ms."""
        for elapsed in range(0, most_ms, step_ms):
            self.now = ticks.add(self.now, step_ms)
            if self.protection.update(self.mains, self.now) == CEASED:
                return elapsed
        return None
