"""The connector in the control path: when the contactor closes, how it opens, and what the envelope is left."""

from evse_station import Station, charging, in_session

from gridkeel import errors, evse, limits
from gridkeel.evse import contactor, pilot, ports, pwm
from gridkeel.evse.times import STOP_BASIC_MS, STOP_SESSION_MS
from gridkeel.faults import Faults


def test_nothing_flows_without_a_vehicle():
    station = Station(evse=1).run(2000)
    connector = station.connector
    assert not connector.contactor.order
    assert (connector.charge_w, connector.discharge_w) == (0, 0)
    assert connector.charge_by == connector.discharge_by == limits.VEHICLE
    assert connector.orders[ports.DUTY_PERMILLE] == 1000


def test_b_gets_an_offer_and_c_the_contactor():
    station = Station(evse=1)
    connector = station.connector
    station.vehicle("B").run()
    assert connector.pwm.state == pwm.BASIC
    # 7,000 W at 230 V are 30.434 A
    assert connector.orders[ports.DUTY_PERMILLE] == 507
    assert not connector.contactor.order
    station.vehicle("C").run()
    assert connector.contactor.closed
    assert (connector.charge_w, connector.charge_by) == (7360, limits.CABLE_RATING)
    assert (connector.discharge_w, connector.discharge_by) == (0, limits.SESSION)


def test_three_phases_share_the_offer_and_carry_three_times_the_current():
    connector = charging(phases=3, cable_current_max_a=16).connector
    assert connector.charge_w == 11040
    assert connector.offered_ma == 10144
    assert connector.orders[ports.DUTY_PERMILLE] == 169


def test_the_offer_follows_wish_and_room_and_never_leaves_the_cable():
    station = charging(cable_current_max_a=16)
    for requested_w, headroom_w, offered_w in (
        (7000, 7400, 3680),
        (2000, 7400, 2000),
        (3000, 2500, 2500),
        (3000, 0, 0),
    ):
        station.requested_w = requested_w
        station.headroom_w = headroom_w
        station.run(10)
        assert station.connector.offered_w == offered_w
    station.requested_w = -3000
    station.headroom_w = 7400
    assert station.run(10).connector.offered_w == 0


def test_leaving_c_opens_within_100_ms_and_the_power_is_gone_in_the_same_block():
    for state in ("A", "B", "E"):
        station = charging()
        connector = station.connector
        station.vehicle(state)
        passed_ms = station.ms_until(lambda connector=connector: not connector.contactor.order)
        assert passed_ms <= 50, passed_ms
        assert connector.charge_w == 0
        assert connector.charge_by == limits.VEHICLE


def test_power_waits_for_the_contact_not_for_the_order():
    station = Station(evse=1)
    station.obeys = False
    station.vehicle("C")
    station.ms_until(lambda: station.connector.contactor.order)
    station.run(100)
    assert station.connector.contactor.order
    assert station.connector.charge_w == 0
    station.connector.levels[ports.CLOSED] = 1
    station.run(10)
    assert station.connector.charge_w == 7360


def test_power_is_never_allowed_over_an_open_contactor():
    station = charging()
    station.obeys = False
    station.connector.levels[ports.CLOSED] = 0
    station.run(300)
    assert station.connector.contactor.state == contactor.STUCK
    assert station.connector.charge_w == 0


def test_lost_mains_open_at_once_and_take_the_offer_back():
    station = charging()
    station.supply = False
    station.run(10)
    assert not station.connector.contactor.order
    assert station.connector.charge_w == 0
    assert station.connector.pwm.state == pwm.NONE
    station.supply = True
    station.run(1000)
    assert not station.connector.contactor.order


def test_an_offer_under_6_a_lets_the_vehicle_end_its_current_first():
    station = charging()
    connector = station.connector
    station.requested_w = 1000
    station.run(20)
    assert connector.orders[ports.DUTY_PERMILLE] == 1000
    assert connector.contactor.order
    assert connector.charge_w == 0
    station.power_w = 0
    station.run(10)
    assert not connector.contactor.order


def test_a_vehicle_that_goes_on_drawing_is_cut_off():
    station = charging()
    station.requested_w = 0
    station.run(10)
    passed_ms = station.ms_until(lambda: not station.connector.contactor.order)
    assert abs(passed_ms - STOP_BASIC_MS) <= 20, passed_ms


def test_state_d_gets_power_only_where_the_site_is_ventilated():
    for ventilation in (0, 1):
        station = Station(evse=1, ventilation=ventilation)
        station.vehicle("D").run()
        assert station.connector.contactor.closed == (ventilation == 1)
        faults = Faults()
        station.connector.report(faults)
        assert faults.is_active(errors.VENTILATION_WANTED) == (ventilation == 0)


def test_access_must_be_granted_where_it_is_not_free_and_is_forgotten_with_the_vehicle():
    station = Station(evse=1, access_free=0)
    connector = station.connector
    station.vehicle("C").run(1000)
    assert not connector.contactor.order
    assert connector.orders[ports.DUTY_PERMILLE] == 1000
    connector.grant(evse.GRANTED)
    station.run()
    assert connector.contactor.closed
    connector.grant(evse.REFUSED)
    station.run()
    assert not connector.contactor.order
    connector.grant(evse.GRANTED)
    station.vehicle("A").run()
    assert connector.authorized() == evse.WAITING


def test_refused_access_counts_where_it_is_free_too():
    station = charging()
    station.connector.grant(evse.REFUSED)
    station.run(20)
    assert station.connector.pwm.state == pwm.NONE


def test_a_session_s_consent_closes_and_its_withdrawal_opens():
    station = in_session()
    connector = station.connector
    assert connector.orders[ports.DUTY_PERMILLE] == 50
    assert connector.charge_w == 7360
    station.power_w = 7000
    connector.allow(False)
    station.run(10)
    assert connector.charge_w == 0
    assert connector.contactor.order
    station.power_w = 50
    station.run(10)
    assert not connector.contactor.order


def test_a_session_that_breaks_off_cuts_after_its_patience():
    station = in_session()
    station.power_w = 7000
    station.connector.allow(False)
    passed_ms = station.ms_until(lambda: not station.connector.contactor.order)
    assert passed_ms == STOP_SESSION_MS + 10


def test_unplugging_takes_the_session_s_consent_along():
    station = in_session()
    station.vehicle("A").run()
    assert not station.connector.allowed
    station.vehicle("C").run(1000)
    assert not station.connector.contactor.order


def test_the_vehicle_s_limits_bound_the_power_in_its_session():
    station = in_session()
    connector = station.connector
    connector.demand.limit(5000, None, None, 1)
    station.run(10)
    assert (connector.charge_w, connector.charge_by) == (5000, limits.VEHICLE)
    connector.demand.profile(((0, 4000), (60, 2000)), station.now)
    station.run(10)
    assert (connector.charge_w, connector.charge_by) == (4000, limits.SESSION)
    station.run(60000)
    assert connector.charge_w == 2000


def test_a_weld_puts_the_connector_out_of_service():
    station = charging()
    connector = station.connector
    station.obeys = False
    station.vehicle("B").run(300)
    assert connector.contactor.state == contactor.WELDED
    assert connector.orders[ports.DUTY_PERMILLE] == 0
    assert not connector.ready
    assert not connector.pilot.plugged
    faults = Faults()
    connector.report(faults)
    assert faults.is_active(errors.CONTACTOR_WELDED)


def test_a_contactor_that_does_not_close_is_tried_again_with_the_next_vehicle():
    station = Station(evse=1)
    connector = station.connector
    station.obeys = False
    station.vehicle("C").run(1000)
    assert connector.contactor.state == contactor.STUCK
    assert not connector.ready
    station.obeys = True
    station.run(1000)
    assert connector.contactor.state == contactor.STUCK
    station.vehicle("A").run()
    station.vehicle("C").run()
    assert connector.contactor.closed


def test_a_missing_diode_and_a_tripped_rcd_open():
    station = charging()
    connector = station.connector
    connector.levels[ports.RCD] = 1
    station.run(10)
    assert not connector.contactor.order
    faults = Faults()
    connector.report(faults)
    assert faults.is_active(errors.RCD_TRIPPED)
    station = charging()
    connector = station.connector
    station.diode = False
    station.run(110)
    assert connector.pilot.fault == errors.PILOT_DIODE
    assert not connector.contactor.order
    assert connector.charge_w == 0


def test_the_meter_counts_what_flows_in_through_a_closed_contactor():
    station = charging()
    station.power_w = 7200
    station.run(60000)
    assert station.connector.meter.energy_wh == 120
    station.power_w = -7200
    station.run(10000)
    assert station.connector.meter.energy_wh == 120
    station.power_w = 7200
    station.vehicle("A").run(10000)
    assert station.connector.meter.energy_wh == 120


def test_start_is_safe():
    station = Station(evse=2)
    assert station.connector.pilot.state == pilot.NONE
    assert not station.connector.contactor.order
    assert station.connector.orders[ports.DUTY_PERMILLE] == 1000
