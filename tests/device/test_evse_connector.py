"""The connector in the control path: when the contactor closes, how it opens, and what the envelope is left."""

from connector_setup import ConnectorSetup, charging, in_session

from gridkeel import errors, evse, limits
from gridkeel.evse import contactor, pilot, ports, pwm
from gridkeel.evse.times import STOP_BASIC_MS, STOP_SESSION_MS
from gridkeel.faults import Faults


def test_nothing_flows_without_a_vehicle():
    setup = ConnectorSetup(evse=1).run(2000)
    connector = setup.connector
    assert not connector.contactor.order
    assert (connector.charge_w, connector.discharge_w) == (0, 0)
    assert connector.charge_by == connector.discharge_by == limits.VEHICLE
    assert connector.orders[ports.DUTY_PERMILLE] == 1000


def test_state_b_gets_a_duty_and_state_c_the_contactor():
    setup = ConnectorSetup(evse=1)
    connector = setup.connector
    setup.vehicle("B").run()
    assert connector.pwm.state == pwm.BASIC
    # 7,000 W at 230 V are 30.434 A
    assert connector.orders[ports.DUTY_PERMILLE] == 507
    assert not connector.contactor.order
    setup.vehicle("C").run()
    assert connector.contactor.closed()
    assert (connector.charge_w, connector.charge_by) == (7360, limits.CABLE_RATING)
    assert (connector.discharge_w, connector.discharge_by) == (0, limits.SESSION)


def test_three_phases_share_the_offer_and_carry_three_times_the_current():
    connector = charging(phases=3, cable_current_max_a=16).connector
    assert connector.charge_w == 11040
    assert connector.offered_ma == 10144
    assert connector.orders[ports.DUTY_PERMILLE] == 169


def test_the_offered_current_follows_request_and_headroom_within_the_cable_s_rating():
    setup = charging(cable_current_max_a=16)
    for requested_w, headroom_w, offered_w in (
        (7000, 7400, 3680),
        (2000, 7400, 2000),
        (3000, 2500, 2500),
        (3000, 0, 0),
    ):
        setup.requested_w = requested_w
        setup.headroom_w = headroom_w
        setup.run(10)
        assert setup.connector.offered_w == offered_w
    setup.requested_w = -3000
    setup.headroom_w = 7400
    assert setup.run(10).connector.offered_w == 0


def test_leaving_c_opens_within_100_ms_and_the_power_is_gone_in_the_same_block():
    for state in ("A", "B", "E"):
        setup = charging()
        connector = setup.connector
        setup.vehicle(state)
        passed_ms = setup.ms_until(lambda connector=connector: not connector.contactor.order)
        assert passed_ms <= 50, passed_ms
        assert connector.charge_w == 0
        assert connector.charge_by == limits.VEHICLE


def test_power_waits_for_the_contact_not_for_the_order():
    setup = ConnectorSetup(evse=1)
    setup.obeys = False
    setup.vehicle("C")
    setup.ms_until(lambda: setup.connector.contactor.order)
    setup.run(100)
    assert setup.connector.contactor.order
    assert setup.connector.charge_w == 0
    setup.connector.levels[ports.CLOSED] = 1
    setup.run(10)
    assert setup.connector.charge_w == 7360


def test_power_is_never_allowed_over_an_open_contactor():
    setup = charging()
    setup.obeys = False
    setup.connector.levels[ports.CLOSED] = 0
    setup.run(300)
    assert setup.connector.contactor.state == contactor.STUCK
    assert setup.connector.charge_w == 0


def test_lost_mains_open_the_contactor_and_withdraw_the_duty_at_once():
    setup = charging()
    setup.supply = False
    setup.run(10)
    assert not setup.connector.contactor.order
    assert setup.connector.charge_w == 0
    assert setup.connector.pwm.state == pwm.NONE
    setup.supply = True
    setup.run(1000)
    assert not setup.connector.contactor.order


def test_an_offer_under_6_a_lets_the_vehicle_end_its_current_first():
    setup = charging()
    connector = setup.connector
    setup.requested_w = 1000
    setup.run(20)
    assert connector.orders[ports.DUTY_PERMILLE] == 1000
    assert connector.contactor.order
    assert connector.charge_w == 0
    setup.power_w = 0
    setup.run(10)
    assert not connector.contactor.order


def test_a_vehicle_that_goes_on_drawing_is_cut_off():
    setup = charging()
    setup.requested_w = 0
    setup.run(10)
    passed_ms = setup.ms_until(lambda: not setup.connector.contactor.order)
    assert abs(passed_ms - STOP_BASIC_MS) <= 20, passed_ms


def test_state_d_gets_power_only_where_the_site_is_ventilated():
    for ventilation in (0, 1):
        setup = ConnectorSetup(evse=1, ventilation=ventilation)
        setup.vehicle("D").run()
        assert setup.connector.contactor.closed() == (ventilation == 1)
        faults = Faults()
        setup.connector.report(faults)
        assert faults.is_active(errors.VENTILATION_WANTED) == (ventilation == 0)


def test_access_must_be_granted_where_it_is_not_free_and_is_forgotten_with_the_vehicle():
    setup = ConnectorSetup(evse=1, access_free=0)
    connector = setup.connector
    setup.vehicle("C").run(1000)
    assert not connector.contactor.order
    assert connector.orders[ports.DUTY_PERMILLE] == 1000
    connector.grant(evse.GRANTED)
    setup.run()
    assert connector.contactor.closed()
    connector.grant(evse.REFUSED)
    setup.run()
    assert not connector.contactor.order
    connector.grant(evse.GRANTED)
    setup.vehicle("A").run()
    assert connector.authorized() == evse.WAITING


def test_refused_access_counts_where_it_is_free_too():
    setup = charging()
    setup.connector.grant(evse.REFUSED)
    setup.run(20)
    assert setup.connector.pwm.state == pwm.NONE


def test_a_session_s_consent_closes_and_its_withdrawal_opens():
    setup = in_session()
    connector = setup.connector
    assert connector.orders[ports.DUTY_PERMILLE] == 50
    assert connector.charge_w == 7360
    setup.power_w = 7000
    connector.allow(False)
    setup.run(10)
    assert connector.charge_w == 0
    assert connector.contactor.order
    setup.power_w = 50
    setup.run(10)
    assert not connector.contactor.order


def test_a_session_that_breaks_off_is_cut_after_its_waiting_time():
    setup = in_session()
    setup.power_w = 7000
    setup.connector.allow(False)
    passed_ms = setup.ms_until(lambda: not setup.connector.contactor.order)
    assert passed_ms == STOP_SESSION_MS + 10


def test_unplugging_takes_the_session_s_consent_along():
    setup = in_session()
    setup.vehicle("A").run()
    assert not setup.connector.allowed
    setup.vehicle("C").run(1000)
    assert not setup.connector.contactor.order


def test_the_vehicle_s_limits_bound_the_power_in_its_session():
    setup = in_session()
    connector = setup.connector
    connector.demand.limit(5000, None, None, 1)
    setup.run(10)
    assert (connector.charge_w, connector.charge_by) == (5000, limits.VEHICLE)
    connector.demand.profile(((0, 4000), (60, 2000)), setup.now)
    setup.run(10)
    assert (connector.charge_w, connector.charge_by) == (4000, limits.SESSION)
    setup.run(60000)
    assert connector.charge_w == 2000


def test_a_weld_puts_the_connector_out_of_service():
    setup = charging()
    connector = setup.connector
    setup.obeys = False
    setup.vehicle("B").run(300)
    assert connector.contactor.state == contactor.WELDED
    assert connector.orders[ports.DUTY_PERMILLE] == 0
    assert not connector.ready
    assert not connector.pilot.plugged()
    faults = Faults()
    connector.report(faults)
    assert faults.is_active(errors.CONTACTOR_WELDED)


def test_a_contactor_that_does_not_close_is_tried_again_with_the_next_vehicle():
    setup = ConnectorSetup(evse=1)
    connector = setup.connector
    setup.obeys = False
    setup.vehicle("C").run(1000)
    assert connector.contactor.state == contactor.STUCK
    assert not connector.ready
    setup.obeys = True
    setup.run(1000)
    assert connector.contactor.state == contactor.STUCK
    setup.vehicle("A").run()
    setup.vehicle("C").run()
    assert connector.contactor.closed()


def test_a_missing_diode_and_a_tripped_rcd_open():
    setup = charging()
    connector = setup.connector
    connector.levels[ports.RCD] = 1
    setup.run(10)
    assert not connector.contactor.order
    faults = Faults()
    connector.report(faults)
    assert faults.is_active(errors.RCD_TRIPPED)
    setup = charging()
    connector = setup.connector
    setup.diode = False
    setup.run(110)
    assert connector.pilot.fault == errors.PILOT_DIODE
    assert not connector.contactor.order
    assert connector.charge_w == 0


def test_the_meter_counts_what_flows_in_through_a_closed_contactor():
    setup = charging()
    setup.power_w = 7200
    setup.run(60000)
    assert setup.connector.meter.energy_wh == 120
    setup.power_w = -7200
    setup.run(10000)
    assert setup.connector.meter.energy_wh == 120
    setup.power_w = 7200
    setup.vehicle("A").run(10000)
    assert setup.connector.meter.energy_wh == 120


def test_a_connector_starts_safe():
    setup = ConnectorSetup(evse=2)
    assert setup.connector.pilot.state == pilot.NONE
    assert not setup.connector.contactor.order
    assert setup.connector.orders[ports.DUTY_PERMILLE] == 1000
