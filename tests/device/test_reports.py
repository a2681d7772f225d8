"""When records are due: rhythm, other intervals for a time, limits."""

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.reports import BATTERY, TELEMETRY, Reports

START = ticks.MASK - 5000  # the tick wraps within each of these


class ReportsSetup:
    def __init__(self, **changes):
        self.parameters = Parameters(changes)
        self.now = START
        self.reports = Reports(self.parameters, self.now)

    def count(self, ms, step_ms=10):
        """Return how many records of each kind become due."""
        found = [0, 0]
        for _ in range(ms // step_ms):
            self.now = ticks.add(self.now, step_ms)
            for kind in (TELEMETRY, BATTERY):
                found[kind] += self.reports.due(kind, self.now)
        return found


def test_records_come_at_the_intervals_of_the_parameters():
    assert ReportsSetup(telemetry_ms=100, battery_ms=1000).count(10000) == [100, 10]


def test_an_interval_of_zero_sends_no_battery_record():
    setup = ReportsSetup(battery_ms=0)
    assert setup.count(20000)[BATTERY] == 0
    setup.parameters.battery_ms = 1000  # set over the link: one comes at once
    assert setup.count(4500)[BATTERY] == 5


def test_a_host_gets_other_intervals_until_their_lifetime_ends():
    setup = ReportsSetup(telemetry_ms=1000, battery_ms=10000)
    assert setup.reports.ask(100, 500, 5000, setup.now)
    telemetry, battery = setup.count(5000)
    assert telemetry in (50, 51)
    assert battery in (10, 11)
    assert setup.count(20000) in ([20, 2], [21, 2], [20, 3])


def test_a_slow_rhythm_becomes_fast_at_once():
    setup = ReportsSetup(telemetry_ms=60000, battery_ms=60000)
    setup.count(1000)
    assert setup.reports.ask(20, 100, 1000, setup.now)
    assert setup.count(10) == [1, 1]


def test_a_slower_interval_is_kept_too():
    setup = ReportsSetup(telemetry_ms=100, battery_ms=1000)
    assert setup.reports.ask(5000, 20000, 60000, setup.now)
    assert setup.count(20000)[TELEMETRY] <= 5


def test_intervals_outside_the_limits_change_nothing():
    setup = ReportsSetup(telemetry_ms=1000, battery_ms=10000)
    for asked in (
        (19, 1000, 1000),
        (60001, 1000, 1000),
        (100, 99, 1000),
        (100, 0, 1000),
        (100, 60001, 1000),
        (100, 1000, 0),
        (100, 1000, 3600001),
    ):
        assert not setup.reports.ask(*asked, setup.now)
    assert setup.count(10000) == [10, 1]


def test_a_late_round_catches_up_and_a_long_pause_does_not():
    setup = ReportsSetup(telemetry_ms=100, battery_ms=1000)
    setup.now = ticks.add(setup.now, 350)
    assert [setup.reports.due(TELEMETRY, setup.now) for _ in range(4)] == [True, True, True, False]
    setup.now = ticks.add(setup.now, 60000)
    assert [setup.reports.due(TELEMETRY, setup.now) for _ in range(2)] == [True, False]


def test_the_rest_is_what_is_left_of_the_interval():
    setup = ReportsSetup(telemetry_ms=100)
    assert setup.reports.rest_ms(ticks.add(START, 30)) == 70
    assert setup.reports.rest_ms(ticks.add(START, 130)) == -30
