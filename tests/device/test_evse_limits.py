"""The connector at its edges: what one vehicle or session leaves behind, what a wrong wish may not do."""

from charger_station import ChargerStation
from evse_station import Station, charging, in_session

from gridkeel import evse
from gridkeel.evse import dc, ports, pwm
from gridkeel.evse.demand import PROFILE_MAX, UNLIMITED_W, Demand
from gridkeel.evse.meter import Meter
from gridkeel.evse.times import STOP_BASIC_MS, STOP_SESSION_MS
from gridkeel.limits import UNKNOWN


def test_a_session_s_consent_counts_at_5_percent_alone():
    station = Station(evse=1, access_free=0)
    station.vehicle("C").run()
    station.connector.allow(True)
    station.run(1000)
    assert station.connector.pwm.state == pwm.NONE
    assert not station.connector.contactor.order and station.connector.charge_w == 0


def test_unplugging_forgets_what_the_vehicle_told_and_what_was_measured_for_it():
    station = in_session(connector=1)
    connector = station.connector
    connector.demand.limit(3000, None, None, 1)
    connector.demand.charge(50)
    connector.demand.profile(((0, 2000),), station.now)
    connector.dc.isolation = dc.VALID
    station.vehicle("A").run()
    assert connector.demand.most_w == connector.demand.profile_w == UNLIMITED_W
    assert connector.soc_pct_x100 == -1
    assert connector.dc.isolation == dc.NONE
    station.run(20)
    assert connector.demand.profile_w == UNLIMITED_W


def test_a_session_that_ends_forgets_them_too():
    bench = ChargerStation(connector=1).ready()
    bench.charger.allow(True)
    bench.run()
    bench.connector.dc.isolation = dc.VALID
    bench.charger.set_vehicle_limits(3000, None, None, None, None)
    bench.charger.set_charging_profile(((0, 2000),))
    bench.charger.session(False)
    assert bench.charger.isolation == dc.NONE
    bench.run(20)
    assert bench.connector.demand.most_w == bench.connector.demand.profile_w == UNLIMITED_W


def test_power_out_of_the_vehicle_is_waited_for_as_well():
    for power_w, held in ((-100, True), (-99, False), (99, False), (100, True)):
        station = in_session()
        station.power_w = power_w
        station.connector.allow(False)
        station.run(1000)
        assert station.connector.contactor.order is held, power_w
        assert station.connector.charge_w == 0


def test_a_second_withdrawal_is_given_its_whole_time():
    station = in_session()
    station.power_w = 7000
    for _ in range(2):
        station.connector.allow(False)
        station.run(STOP_SESSION_MS - 500)
        assert station.connector.contactor.order
        station.connector.allow(True)
        station.run(100)
    station = charging()
    for _ in range(2):
        station.requested_w = 0
        station.run(STOP_BASIC_MS - 500)
        assert station.connector.contactor.order
        station.requested_w = 7000
        station.connector.pwm.pause_ms = 0  # the pause of 10 s is longer than a withdrawal lasts
        station.run(100)
        assert station.connector.pwm.state == pwm.BASIC


def test_a_session_that_follows_basic_charging_has_a_session_s_patience():
    station = in_session()
    station.power_w = 7000
    connector = station.connector
    connector.pwm.state = pwm.BASIC
    connector.step(True, station.power_w, station.now)
    connector.pwm.state = pwm.DIGITAL
    station.run(10)
    connector.allow(False)
    assert station.ms_until(lambda: not connector.contactor.order) == STOP_SESSION_MS + 10


def test_offered_dc_current_is_bounded_at_a_low_voltage_and_by_the_rating():
    station = in_session(connector=1)
    connector = station.connector
    for port_mv, offered_ma in ((0, 46666), (20000, 46666), (150000, 46666), (350000, 20000)):
        connector.levels[ports.DC_MV] = port_mv
        station.run(10)
        assert connector.offered_ma == offered_ma, port_mv
    station.requested_w = station.headroom_w = 50000
    station.run(10)
    # 500 V by 20 A
    assert connector.rating_w == connector.offered_w == 10000


def test_the_end_of_an_isolation_test_ends_every_order():
    station = in_session(connector=1)
    connector = station.connector
    for on, isolation in ((False, dc.NONE), (True, dc.MEASURING)):
        connector.dc.target(400000, 10000)
        connector.dc.check(on)
        assert (connector.dc.mode, connector.dc.set_mv, connector.dc.set_ma) == (ports.DC_OFF, 0, 0)
        assert connector.dc.isolation == isolation
    station.run(20)
    assert (connector.orders[ports.DC_MODE], connector.orders[ports.SET_MV]) == (ports.DC_CHECK, 500000)
    assert connector.orders[ports.SET_MA] == 1000


def test_no_measurement_is_no_fault_and_no_pass():
    station = in_session(connector=1)
    station.connector.dc.check(True)
    station.connector.levels[ports.DC_MV] = 500000
    station.run(5000)
    assert station.connector.dc.isolation == dc.MEASURING


def test_wishes_below_zero_order_nothing():
    station = in_session(connector=1)
    dc_side = station.connector.dc
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
    for told, most_w in (
        ((5000, 230, 16, 3), 5000),
        ((20000, 230, 16, 3), 11040),
        ((20000, 230, 16, 1), 3680),
        ((None, None, None, 3), UNLIMITED_W),
        ((1 << 40, None, None, 1), UNLIMITED_W),
        ((-1, 230, 16, 1), 0),
    ):
        demand.limit(*told)
        assert demand.most_w == most_w, told


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
    station = Station(evse=1)
    station.vehicle("B").run(1000)
    assert (station.connector.meter.energy_wh, station.connector.meter._mj) == (0, 0)


def test_the_charger_tells_of_d_rcd_and_weld():
    bench = ChargerStation(ventilation=1).ready()
    bench.vehicle("D").run()
    assert bench.charger.wants_power and not bench.charger.rcd
    bench.connector.levels[ports.RCD] = 1
    assert bench.charger.rcd
    bench = ChargerStation().ready()
    bench.charger.allow(True)
    bench.run()
    bench.obeys = False
    bench.charger.allow(False)
    bench.run(300)
    assert bench.charger.welded and not bench.charger.ready


def test_the_cable_s_rating_bounds_what_is_told():
    bench = ChargerStation(cable_max_w=3000).ready()
    assert bench.charger.max_power_w == 3000


def test_without_consent_a_dc_connector_is_off_at_once():
    bench = ChargerStation(connector=1).ready()
    charger = bench.charger
    charger.allow(True)
    bench.run()
    charger.precharge(400, 2)
    assert bench.connector.dc.mode == ports.DC_PRECHARGE
    bench.power_w = 5000
    charger.dc_target(400, 10)
    charger.allow(False)
    assert (bench.connector.dc.mode, bench.connector.dc.set_ma) == (ports.DC_OFF, 0)


def test_a_dc_connector_s_limits_have_no_phases():
    bench = ChargerStation(connector=1, phases=3).ready()
    bench.charger.set_vehicle_limits(None, 400, 10, None, None)
    assert bench.connector.demand.most_w == 4000


def test_no_departure_is_planned_for_a_battery_of_unknown_charge():
    bench = ChargerStation(battery_wh=40000).ready()
    bench.soc_pct_x100 = -1
    bench.charger.set_vehicle_limits(None, None, None, 3600, 8000)
    assert bench.envelope.departure.left_s == 0


def test_a_state_of_charge_is_bounded():
    bench = ChargerStation().ready()
    for pct, pct_x100 in ((150, 10000), (-5, 0), (55, 5500)):
        bench.charger.set_vehicle_soc(pct)
        assert bench.connector.soc_pct_x100 == pct_x100


def test_no_session_no_renegotiation():
    bench = ChargerStation().ready()
    bench.charger.session(False)
    bench.charge_rating_w = 5000
    assert not bench.charger.renegotiate_asked
    bench.connector.grant(evse.REFUSED)
    assert not bench.charger.stop_asked


def test_power_that_is_unknown_is_counted_by_its_time_and_not_by_a_guess():
    meter = Meter()
    for now_ms, unmetered_ms in ((1000, 0), (1500, 500), (1400, 500), (2400, 1500), (100000000, 65535000)):
        meter.update(UNKNOWN, now_ms)
        assert (meter.unmetered_ms, meter.energy_wh, meter._mj) == (unmetered_ms, 0, 0)
    meter = Meter()
    for power_w, now_ms in ((0, 1000), (0, 1500), (-500, 2000)):
        meter.update(power_w, now_ms)
        assert meter.unmetered_ms == 0, "nothing and the way out are measured"
