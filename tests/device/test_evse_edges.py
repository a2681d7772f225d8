"""The connector at its edges: ventilation, an order taken back, what a session leaves."""

from connector_setup import ConnectorSetup, in_session

from gridkeel import limits, ticks
from gridkeel.evse import contactor, pwm
from gridkeel.evse.contactor import CLOSED, CLOSING, OPENING, WELDED
from gridkeel.evse.times import CONTACTOR_MS
from gridkeel.params import Parameters


def test_ventilation_lets_d_charge_and_no_state_that_asks_for_nothing():
    for ventilation, state, closes in ((0, "D", False), (1, "D", True), (1, "B", False), (1, "C", True)):
        setup = ConnectorSetup(evse=1, ventilation=ventilation)
        setup.vehicle("B").run()
        setup.vehicle(state).run()
        assert setup.connector.contactor.closed == closes, (ventilation, state)


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
