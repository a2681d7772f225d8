"""The connector at its edges: what one vehicle or session leaves behind, what a wrong request may not do."""

from charger_setup import ChargerSetup
from connector_setup import ConnectorSetup, charging, in_session

from gridkeel import evse
from gridkeel.evse import dc, ports, pwm
from gridkeel.evse.demand import PROFILE_MAX, UNLIMITED_W, Demand
from gridkeel.evse.meter import Meter
from gridkeel.evse.times import STOP_BASIC_MS, STOP_SESSION_MS
from gridkeel.limits import UNKNOWN


def test_a_session_s_consent_counts_at_5_percent_alone():
    setup = ConnectorSetup(evse=1, access_free=0)
    setup.vehicle("C").run()
    setup.connector.allow(True)
    setup.run(1000)
    assert setup.connector.pwm.state == pwm.NONE
    assert not setup.connector.contactor.order and setup.connector.charge_w == 0


def test_unplugging_forgets_what_the_vehicle_reported_and_what_was_measured_for_it():
    setup = in_session(connector=1)
    connector = setup.connector
    connector.demand.limit(3000, None, None, 1)
    connector.demand.charge(50)
    connector.demand.profile(((0, 2000),), setup.now)
    connector.dc.isolation = dc.VALID
    setup.vehicle("A").run()
    assert connector.demand.most_w == connector.demand.profile_w == UNLIMITED_W
    assert connector.demand.soc_pct_x100 == -1
    assert connector.dc.isolation == dc.NONE
    setup.run(20)
    assert connector.demand.profile_w == UNLIMITED_W


def test_the_end_of_a_session_forgets_them_too():
    setup = ChargerSetup(connector=1).ready()
    setup.charger.allow(True)
    setup.run()
    setup.connector.dc.isolation = dc.VALID
    setup.charger.set_vehicle_limits(3000, None, None, None, None)
    setup.charger.set_charging_profile(((0, 2000),))
    setup.charger.session(False)
    assert setup.charger.isolation == dc.NONE
    setup.run(20)
    assert setup.connector.demand.most_w == setup.connector.demand.profile_w == UNLIMITED_W


def test_power_out_of_the_vehicle_is_waited_for_as_well():
    for power_w, held in ((-100, True), (-99, False), (99, False), (100, True)):
        setup = in_session()
        setup.power_w = power_w
        setup.connector.allow(False)
        setup.run(1000)
        assert setup.connector.contactor.order is held, power_w
        assert setup.connector.charge_w == 0


def test_a_second_withdrawal_is_given_its_whole_time():
    setup = in_session()
    setup.power_w = 7000
    for _ in range(2):
        setup.connector.allow(False)
        setup.run(STOP_SESSION_MS - 500)
        assert setup.connector.contactor.order
        setup.connector.allow(True)
        setup.run(100)
    setup = charging()
    for _ in range(2):
        setup.requested_w = 0
        setup.run(STOP_BASIC_MS - 500)
        assert setup.connector.contactor.order
        setup.requested_w = 7000
        setup.connector.pwm.pause_ms = 0  # the pause of 10 s is longer than a withdrawal lasts
        setup.run(100)
        assert setup.connector.pwm.state == pwm.BASIC


def test_a_session_that_follows_basic_charging_has_a_session_s_patience():
    setup = in_session()
    setup.power_w = 7000
    connector = setup.connector
    connector.pwm.state = pwm.BASIC
    connector.step(True, setup.power_w, setup.now)
    connector.pwm.state = pwm.DIGITAL
    setup.run(10)
    connector.allow(False)
    assert setup.ms_until(lambda: not connector.contactor.order) == STOP_SESSION_MS + 10


def test_offered_dc_current_is_bounded_at_a_low_voltage_and_by_the_rating():
    setup = in_session(connector=1)
    connector = setup.connector
    for port_mv, offered_ma in ((0, 46666), (20000, 46666), (150000, 46666), (350000, 20000)):
        connector.levels[ports.DC_MV] = port_mv
        setup.run(10)
        assert connector.offered_ma == offered_ma, port_mv
    setup.requested_w = setup.headroom_w = 50000
    setup.run(10)
    # 500 V by 20 A
    assert connector.rating_w() == connector.offered_w == 10000


def test_the_end_of_an_isolation_test_ends_every_order():
    setup = in_session(connector=1)
    connector = setup.connector
    for on, isolation in ((False, dc.NONE), (True, dc.MEASURING)):
        connector.dc.target(400000, 10000)
        connector.dc.check(on)
        assert (connector.dc.mode, connector.dc.set_mv, connector.dc.set_ma) == (ports.DC_OFF, 0, 0)
        assert connector.dc.isolation == isolation
    setup.run(20)
    assert (connector.orders[ports.DC_MODE], connector.orders[ports.SET_MV]) == (ports.DC_CHECK, 500000)
    assert connector.orders[ports.SET_MA] == 1000


def test_no_measurement_is_no_fault_and_no_pass():
    setup = in_session(connector=1)
    setup.connector.dc.check(True)
    setup.connector.levels[ports.DC_MV] = 500000
    setup.run(5000)
    assert setup.connector.dc.isolation == dc.MEASURING


def test_requests_below_zero_order_nothing():
    setup = in_session(connector=1)
    dc_side = setup.connector.dc
    dc_side.target(-400000, -10000)
    assert (dc_side.set_mv, dc_side.set_ma, dc_side.demand_w) == (0, 0, 0)
    dc_side.precharge(400000, -5)
    assert (dc_side.set_mv, dc_side.set_ma) == (400000, 0)


def test_a_profile_is_taken_to_its_last_entry_and_no_further():
    assert PROFILE_MAX == 24  # ISO 15118-2, table of ChargingProfile
    demand = Demand()
    demand.profile([(10 * k, 1000 + k) for k in range(30)], 0)
    assert demand.profile_w == 1000
    demand.update(235000)
    assert demand.profile_w == 1023
    demand.profile(((0, -5),), 0)
    assert demand.profile_w == 0
    demand.profile(((0, 5000000),), 0)
    assert demand.profile_w == UNLIMITED_W
    demand.profile(((5, 1000),), 0)
    demand.update(4999)
    assert demand.profile_w == UNLIMITED_W
    demand.update(5000)
    assert demand.profile_w == 1000


def test_a_profile_may_begin_late_or_never():
    demand = Demand()
    demand.profile(((0, 3000), (100, 2000), (1 << 40, 0)), 0)
    for passed_s, power_w in ((50, 3000), (99, 3000), (100, 2000), (86399, 2000)):
        demand.update(passed_s * 1000)
        assert demand.profile_w == power_w


def test_before_a_vehicle_says_anything_nothing_is_known_of_it():
    demand = Demand()
    assert (demand.soc_pct_x100, demand.most_w, demand.profile_w) == (-1, UNLIMITED_W, UNLIMITED_W)
    for told in ((None, None, 16, 1), (None, 230, None, 1)):
        demand.limit(*told)
        assert demand.most_w == UNLIMITED_W


def test_the_smaller_of_the_vehicle_s_limits_counts():
    demand = Demand()
    for reported, most_w in (
        ((5000, 230, 16, 3), 5000),
        ((20000, 230, 16, 3), 11040),
        ((20000, 230, 16, 1), 3680),
        ((None, None, None, 3), UNLIMITED_W),
        ((1 << 40, None, None, 1), UNLIMITED_W),
        ((-1, 230, 16, 1), 0),
    ):
        demand.limit(*reported)
        assert demand.most_w == most_w, reported


def test_the_meter_counts_no_gap_and_nothing_before_it_began():
    meter = Meter()
    meter.update(100000, 50000)
    assert meter.energy_wh == 0 and meter._mj == 0
    meter.update(36000, 350000)  # five minutes without a reading: one second of it counts
    assert meter.energy_wh == 10
    meter.update(36000, 350050)
    meter.update(36000, 350100)
    assert meter.energy_wh == 11 and meter._mj == 0


def test_the_meter_counts_nothing_backwards_and_nothing_through_an_open_contactor():
    meter = Meter()
    meter.update(36000, 1000)
    meter.update(36000, 1050)
    meter.update(36000, 950)
    assert (meter.energy_wh, meter._mj) == (0, 36000 * 50)
    setup = ConnectorSetup(evse=1)
    setup.vehicle("B").run(1000)
    assert (setup.connector.meter.energy_wh, setup.connector.meter._mj) == (0, 0)


def test_the_charger_reports_state_d_rcd_and_weld():
    setup = ChargerSetup(ventilation=1).ready()
    setup.vehicle("D").run()
    assert setup.charger.wants_power and not setup.charger.rcd
    setup.connector.levels[ports.RCD] = 1
    assert setup.charger.rcd
    setup = ChargerSetup().ready()
    setup.charger.allow(True)
    setup.run()
    setup.obeys = False
    setup.charger.allow(False)
    setup.run(300)
    assert setup.charger.welded and not setup.charger.ready


def test_the_cable_s_rating_bounds_the_reported_limits():
    setup = ChargerSetup(cable_max_w=3000).ready()
    assert setup.charger.max_power_w == 3000


def test_without_consent_a_dc_connector_is_off_at_once():
    setup = ChargerSetup(connector=1).ready()
    charger = setup.charger
    charger.allow(True)
    setup.run()
    charger.precharge(400, 2)
    assert setup.connector.dc.mode == ports.DC_PRECHARGE
    setup.power_w = 5000
    charger.dc_target(400, 10)
    charger.allow(False)
    assert (setup.connector.dc.mode, setup.connector.dc.set_ma) == (ports.DC_OFF, 0)


def test_a_dc_connector_s_limits_have_no_phases():
    setup = ChargerSetup(connector=1, phases=3).ready()
    setup.charger.set_vehicle_limits(None, 400, 10, None, None)
    assert setup.connector.demand.most_w == 4000


def test_no_departure_is_planned_for_a_battery_of_unknown_charge():
    setup = ChargerSetup(battery_wh=40000).ready()
    setup.soc_pct_x100 = -1
    setup.charger.set_vehicle_limits(None, None, None, 3600, 8000)
    assert setup.envelope.departure.left_s == 0


def test_a_state_of_charge_is_bounded():
    setup = ChargerSetup().ready()
    for pct, pct_x100 in ((150, 10000), (-5, 0), (55, 5500)):
        setup.charger.set_vehicle_soc(pct)
        assert setup.connector.demand.soc_pct_x100 == pct_x100


def test_without_a_session_no_renegotiation_is_asked_for():
    setup = ChargerSetup().ready()
    setup.charger.session(False)
    setup.charge_rating_w = 5000
    assert not setup.charger.renegotiate_asked
    setup.connector.grant(evse.REFUSED)
    assert not setup.charger.stop_asked


def test_power_that_is_unknown_is_counted_by_its_time_and_not_by_a_guess():
    meter = Meter()
    for now_ms, unmetered_ms in ((1000, 0), (1500, 500), (1400, 500), (2400, 1500), (100000000, 65535000)):
        meter.update(UNKNOWN, now_ms)
        assert (meter.unmetered_ms, meter.energy_wh, meter._mj) == (unmetered_ms, 0, 0)
    meter = Meter()
    for power_w, now_ms in ((0, 1000), (0, 1500), (-500, 2000)):
        meter.update(power_w, now_ms)
        assert meter.unmetered_ms == 0, "nothing and the way out are measured"
