"""The connector at its edges: ventilation, an order taken back, what a session leaves."""

from connector_setup import ConnectorSetup, in_session

from gridkeel import limits, ticks
from gridkeel.evse import contactor, pwm
from gridkeel.evse.contactor import CLOSED, CLOSING, OPENING, WELDED
from gridkeel.evse.times import CALM_MS, CONTACTOR_MS
from gridkeel.params import Parameters


def test_ventilation_lets_d_charge_and_no_state_that_asks_for_nothing():
    for ventilation, state, closes in ((0, "D", False), (1, "D", True), (1, "B", False), (1, "C", True)):
        setup = ConnectorSetup(evse=1, ventilation=ventilation)
        setup.vehicle("B").run()
        setup.vehicle(state).run()
        assert setup.connector.contactor.closed() == closes, (ventilation, state)


def test_a_contact_that_closes_after_its_order_is_taken_back_has_its_whole_time_to_open():
    one = contactor.Contactor()
    now = ticks.MASK - 100
    one.update(True, 0, now)
    for _ in range(CONTACTOR_MS // 10 - 1):
        now = ticks.add(now, 10)
        one.update(True, 0, now)
    assert one.state == CLOSING
    for _ in range(CONTACTOR_MS // 10):
        now = ticks.add(now, 10)
        one.update(False, 1, now)
        assert one.state == OPENING
    one.update(False, 1, ticks.add(now, 20))
    assert one.state == WELDED


def test_without_6_a_nothing_is_offered_not_even_for_a_moment():
    one = pwm.Pwm(Parameters({"evse": 1}))
    for now in range(0, 20000, 10):
        one.update(True, False, True, 5999, now)
        assert (one.state, one.duty_permille) == (pwm.NONE, 1000)


def test_a_vehicle_that_leaves_takes_its_permission_along_and_nothing_lapsed():
    setup = in_session()
    setup.vehicle("A").run()
    assert (setup.connector.allowed, setup.connector.lapsed) == (False, False)


def test_basic_charging_is_not_bound_by_what_a_failed_session_asked_for():
    setup = in_session()
    connector = setup.connector
    connector.demand.most_w = 1000
    setup.run(20)
    assert (connector.charge_w, connector.charge_by) == (1000, limits.VEHICLE)
    connector.pwm.session(False, True)
    setup.run(5000)
    assert connector.pwm.state == pwm.BASIC
    assert connector.contactor.state == CLOSED
    assert (connector.charge_w, connector.charge_by) == (7360, limits.CABLE_RATING)


def rest_ms(openings, since_ms=0):
    """Return how long a contactor must be wanted that was opened so often, the last time since_ms ago."""
    one = contactor.Contactor()
    now = ticks.MASK - 100
    one._count, one._last_ms = openings, ticks.add(now, -since_ms)
    one.update(False, 0, now)
    for waited_ms in (0, 999, 1000, 1999, 2000, 3999, 4000, 7999, 8000):
        one.update(True, 0, ticks.add(now, waited_ms))
        if one.order:
            assert one.operations == 1
            return waited_ms
    return None


def test_a_contactor_rests_twice_as_long_after_each_opening_and_forgets_one_every_two_minutes():
    assert [rest_ms(openings) for openings in range(7)] == [0, 0, 1000, 2000, 4000, 8000, None]
    for since_ms, expected in (
        (CALM_MS - 8001, 8000),
        (CALM_MS, 4000),
        (2 * CALM_MS - 4001, 4000),
        (2 * CALM_MS, 2000),
        (3 * CALM_MS, 1000),
        (4 * CALM_MS, 0),
        (9 * CALM_MS, 0),
    ):
        assert rest_ms(5, since_ms) == expected, since_ms


def test_an_opening_is_counted_up_to_the_ninth():
    one = contactor.Contactor()
    one._last_ms = 0
    for count, expected in ((0, 1), (8, 9), (9, 9)):
        one.state, one.order, one._count, one._last_ms = CLOSED, True, count, 0
        one.update(False, 1, 10)
        assert (one.state, one._count) == (OPENING, expected)
    one.state, one.order, one._count, one._last_ms = CLOSED, True, 0, ticks.add(0, -3 * CALM_MS)
    one.update(False, 1, 10)
    assert one._count == 1, "what was quiet for long is owed nothing"
