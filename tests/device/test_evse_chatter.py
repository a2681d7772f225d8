"""How often the contactor closes: pilots that flip, powers around 6 A, consents that come and go, for ten minutes."""

from connector_setup import ConnectorSetup, charging, in_session
from small_heap import sample

from gridkeel import ticks
from gridkeel.evse import contactor, pwm
from gridkeel.evse.times import PAUSE_MAX_MS, PAUSE_MS

WASM_GROUP = 0
TEN_MINUTES = 600000
MOST = 12  # closings in any ten minutes, whatever is asked


class Relay:
    """A contactor whose contact follows its order in the next step."""

    def __init__(self, step_ms):
        self.contactor = contactor.Contactor()
        self.now = ticks.MASK - 100000
        self.step_ms = step_ms
        self.feedback = 0
        self.closings = []

    def run(self, wanted_at, ms):
        before = self.contactor.operations
        for at in range(0, ms, self.step_ms):
            self.contactor.update(wanted_at(at), self.feedback, self.now)
            if self.contactor.operations != before:
                before = self.contactor.operations
                self.closings.append(at)
            self.feedback = 1 if self.contactor.order else 0
            self.now = ticks.add(self.now, self.step_ms)
        return self


def most_in_ten_minutes(closings):
    most = 0
    for i in range(len(closings)):
        most = max(most, len([at for at in closings[i:] if at - closings[i] < TEN_MINUTES]))
    return most


def flips(on_ms, off_ms):
    return lambda at: at % (on_ms + off_ms) < on_ms


def test_no_rhythm_closes_it_more_often_than_the_bound():
    for on_ms, off_ms in sample(
        (
            (50, 50),
            (130, 130),
            (500, 500),
            (1100, 100),
            (2500, 500),
            (6000, 1000),
            (20000, 100),
            (40000, 10000),
            (70000, 1000),
            (121000, 500),
            (200000, 1000),
        ),
        3,
    ):
        step_ms = 10 if on_ms < 1000 else 50
        relay = Relay(step_ms).run(flips(on_ms, off_ms), 3 * TEN_MINUTES // 2)
        assert 1 <= most_in_ten_minutes(relay.closings) <= MOST, (on_ms, off_ms, relay.closings)


def test_opening_as_soon_as_it_closes_does_not_close_it_more_often():
    relay = Relay(50)
    relay.run(lambda _at: not relay.contactor.closed(), 2 * TEN_MINUTES)
    assert most_in_ten_minutes(relay.closings) == MOST
    # 0, then 1, 2, 4 ... s apart, and every two minutes in the end
    gaps = [relay.closings[i + 1] - relay.closings[i] for i in range(len(relay.closings) - 1)]
    assert gaps[0] < 1000 and [gap // 1000 for gap in gaps[1:8]] == [1, 2, 4, 8, 16, 32, 64]
    assert min(gaps[9:]) >= 110000


def test_the_contactor_opens_at_once_however_often():
    relay = Relay(10)
    for _ in range(5):
        relay.run(lambda _at: True, 200000)
        assert relay.contactor.closed()
        relay.run(lambda _at: False, 10)
        assert not relay.contactor.order
        relay.run(lambda _at: False, 300)


def test_closings_are_forgotten_after_a_quiet_while():
    relay = Relay(50)
    relay.run(flips(3000, 1000), 60000)
    relay.run(lambda _at: False, 2 * TEN_MINUTES)
    before = relay.contactor.operations
    relay.run(lambda _at: True, 50)
    assert relay.contactor.operations == before + 1


def test_a_pilot_between_b_and_c_closes_it_twice_and_no_more():
    for low in ("B", "A"):
        setup = ConnectorSetup(evse=1)
        setup.vehicle("B").run(500)
        for turn in range(10000 // 130):
            setup.vehicle("C" if turn % 2 else low).run(130)
        assert setup.connector.contactor.operations <= 2, low
        # Once it stays in C, it charges again within what was earned.
        setup.vehicle("C")
        assert setup.ms_until(lambda connector=setup.connector: connector.contactor.closed()) <= 15000


def test_pilots_of_every_rhythm_stay_within_the_bound():
    for period_ms in sample((80, 300, 1000, 3000, 10000, 30000), 3):
        setup = ConnectorSetup(evse=1)
        setup.vehicle("B").run(500)
        for turn in range(300000 // period_ms):
            setup.vehicle("C" if turn % 2 else "B").run(period_ms)
        assert setup.connector.contactor.operations <= MOST, period_ms


def test_a_plug_that_bounces_and_a_pilot_that_is_shorted_now_and_then_stay_within_the_bound_too():
    for low, on_ms, off_ms in sample(
        (
            ("A", 500, 100),
            ("A", 1000, 1000),
            ("A", 5000, 500),
            ("A", 500, 2900),
            ("A", 1000, 2900),
            ("E", 500, 500),
            ("E", 12000, 12000),
        ),
        3,
    ):
        setup = ConnectorSetup(evse=1)
        setup.vehicle("B").run(500)
        for _ in range(300000 // (on_ms + off_ms)):
            setup.vehicle("C").run(on_ms)
            setup.vehicle(low).run(off_ms)
        assert 2 <= setup.connector.contactor.operations <= MOST, (low, on_ms, off_ms)


def test_vehicles_that_come_and_go_wait_for_nothing():
    setup = ConnectorSetup(evse=1)
    for vehicle in range(10):
        setup.vehicle("A").run(3100)
        setup.vehicle("B").run(500)
        setup.vehicle("C").run(1000)
        assert setup.connector.contactor.closed(), vehicle


def square(period_ms, low_w, high_w):
    return lambda at: low_w if at % period_ms < period_ms // 2 else high_w


def saw(period_ms, low_w, high_w):
    return lambda at: low_w + (high_w - low_w) * (at % period_ms) // period_ms


def test_a_requested_power_around_6_a_pauses_for_longer_each_time():
    # 1,380 W are 6 A
    for requested_at in sample(
        (
            square(500, 1300, 1450),
            square(4000, 1300, 1450),
            square(12000, 1300, 1450),
            square(12000, 0, 7000),
            square(24000, 1300, 7000),
            square(60000, 1300, 7000),
            saw(12000, 1200, 1600),
            saw(30000, 1200, 3000),
        ),
        3,
    ):
        setup = charging()
        for at in range(0, TEN_MINUTES // 2, 100):
            setup.requested_w = requested_at(at)
            setup.power_w = setup.connector.charge_w
            setup.run(100)
        assert setup.connector.contactor.operations <= 5, setup.connector.contactor.operations


def test_exactly_6_a_come_back_after_a_longer_pause():
    setup = charging()
    setup.requested_w = 1370
    setup.power_w = 0
    setup.run(1000)
    assert setup.connector.pwm.state == pwm.NONE
    setup.requested_w = 1380
    took_ms = setup.ms_until(lambda: setup.connector.pwm.state == pwm.BASIC)
    assert 4 * PAUSE_MS - 100 <= took_ms <= 4 * PAUSE_MS + 100
    assert setup.run(500).connector.contactor.closed()


def test_the_pause_doubles_and_starts_over_after_an_offer_that_lasted():
    setup = charging()
    for pause_ms in (PAUSE_MS, 2 * PAUSE_MS, 4 * PAUSE_MS):
        setup.requested_w = 0
        setup.run(100)
        setup.requested_w = 7000
        took_ms = setup.ms_until(lambda: setup.connector.pwm.state == pwm.BASIC, 2 * pause_ms)
        assert abs(took_ms - pause_ms) <= 100, (pause_ms, took_ms)
        setup.run(500)
    setup.run(PAUSE_MAX_MS)
    setup.requested_w = 0
    setup.run(100)
    setup.requested_w = 7000
    assert setup.ms_until(lambda: setup.connector.pwm.state == pwm.BASIC) <= PAUSE_MS + 100


def test_consents_protection_and_access_that_flap_stay_within_the_bound():
    for name in ("allowed", "supply", "access"):
        setup = charging() if name == "access" else in_session()
        for turn in range(TEN_MINUTES // 2 // 1000):
            on = bool(turn % 2)
            if name == "supply":
                setup.supply = on
                setup.connector.allow(True)
            elif name == "allowed":
                setup.connector.allow(on)
            else:
                setup.connector.grant(1 if on else 2)
            setup.power_w = 0
            setup.run(1000)
        assert 2 <= setup.connector.contactor.operations <= MOST, (name, setup.connector.contactor.operations)
