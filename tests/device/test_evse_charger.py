"""What a session sees and orders, through to the connector."""

from charger_station import ChargerStation

from gridkeel import evse
from gridkeel.evse import contactor, dc, pilot, ports


def test_identity():
    charger = ChargerStation().charger
    assert charger.evse_id == "ZZ*GKL*EGK*7"
    assert charger.meter_id == "gk-7"
    assert 7 <= len(charger.evse_id) <= 37


def test_the_vehicle_shows_as_it_comes():
    bench = ChargerStation()
    charger = bench.charger
    bench.run()
    assert (charger.plugged, charger.wants_power, charger.digital, charger.ready) == (False, False, False, False)
    bench.vehicle("B").run()
    assert (charger.plugged, charger.wants_power, charger.digital, charger.ready) == (True, False, True, True)
    assert bench.connector.pilot.state == pilot.B
    bench.vehicle("C").run()
    assert charger.wants_power
    assert not charger.contactor_closed


def test_consent_closes_and_the_end_of_the_session_opens():
    bench = ChargerStation().ready()
    charger = bench.charger
    charger.allow(True)
    bench.run()
    assert charger.contactor_closed
    charger.session(False)
    bench.run()
    assert not charger.contactor_closed
    assert charger.digital
    assert not charger.welded


def test_open_is_what_the_contact_says():
    charger = ChargerStation().charger
    state = charger._connector.contactor
    for found, closed, is_open in (
        (contactor.OPEN, False, True),
        (contactor.CLOSING, False, False),
        (contactor.CLOSED, True, False),
        (contactor.OPENING, False, False),
        (contactor.WELDED, False, False),
        (contactor.STUCK, False, True),
    ):
        state.state = found
        assert (charger.contactor_closed, charger.contactor_open) == (closed, is_open), found
        assert charger.contactor_stuck == (found == contactor.STUCK)


def test_failed_communication_ends_in_basic_charging():
    bench = ChargerStation().ready()
    bench.charger.session(False, failed=True)
    bench.run(4000)
    assert not bench.charger.digital
    assert bench.charger.contactor_closed


def test_ac_ratings_and_figures():
    bench = ChargerStation(phases=3, cable_current_max_a=16).ready()
    charger = bench.charger
    assert charger.three_phase
    assert (charger.max_current_a, charger.min_current_a) == (16, 6)
    # converter 7,400 W, inverter 11,000 W, cable 11,040 W
    assert charger.max_power_w == 7400
    bench.charge_rating_w = 5000
    assert charger.max_power_w == 5000
    bench.charge_rating_w = 0
    assert charger.max_power_w == 7400
    assert charger.voltage_v == 0
    assert charger.current_a == 0
    charger.allow(True)
    bench.power_w = 6930
    bench.run()
    assert charger.voltage_v == 231
    assert abs(charger.current_a - 10) < 0.001
    assert charger.offered_w == 7000
    assert abs(charger.offered_current_a - 10.144) < 0.001


def test_dc_ratings_and_figures():
    bench = ChargerStation(connector=1).ready()
    charger = bench.charger
    assert (charger.max_current_a, charger.min_current_a) == (20, 1)
    assert charger.dc
    bench.connector.levels[ports.DC_MV] = 398500
    bench.connector.levels[ports.DC_MA] = 12300
    assert charger.voltage_v == 398.5
    assert charger.current_a == 12.3


def test_dc_orders_reach_the_connector():
    bench = ChargerStation(connector=1).ready()
    charger = bench.charger
    charger.allow(True)
    bench.run()
    charger.cable_check(True)
    bench.run(20)
    assert charger.isolation == dc.MEASURING
    assert bench.connector.orders[ports.DC_MODE] == ports.DC_CHECK
    charger.cable_check(False)
    assert charger.isolation == dc.NONE
    charger.precharge(399.95, 2)
    bench.run(10)
    assert bench.connector.orders[ports.SET_MV] == 399950
    charger.dc_target(400, 12.5)
    bench.run(10)
    assert bench.connector.charge_w == 5000
    charger.dc_stop()
    bench.run(10)
    assert bench.connector.charge_w == 0
    charger.dc_target(400, 12.5)
    charger.allow(False)
    bench.run(10)
    assert bench.connector.orders[ports.DC_MODE] == ports.DC_OFF


def test_vehicle_limits_bound_the_connector_whichever_are_told():
    bench = ChargerStation(phases=3).ready()
    charger = bench.charger
    charger.allow(True)
    bench.run()
    for told, most_w in (
        ((4000, None, None), 4000),
        ((None, 230, 16), 11040),
        ((None, 230, None), 22080),
        ((9000, 230, 10), 6900),
        ((-5, None, None), 0),
    ):
        charger.set_vehicle_limits(told[0], told[1], told[2], None, None)
        bench.run(10)
        assert bench.connector.charge_w == most_w, told


def test_departure_reaches_the_envelope_where_the_battery_is_known():
    for battery_wh, left_s in ((0, 0), (40000, 3600)):
        bench = ChargerStation(battery_wh=battery_wh).ready()
        bench.charger.set_vehicle_limits(None, None, None, 3600, 8000)
        assert bench.envelope.departure.left_s == left_s
    # 30 % + 8 kWh of 40
    assert bench.envelope.departure.soc_pct_x100 == 5000
    bench.charger.set_vehicle_soc(90)
    bench.charger.set_vehicle_limits(None, None, None, 3600, 8000)
    assert bench.envelope.departure.soc_pct_x100 == 10000


def test_the_vehicle_s_state_of_charge_stands_before_the_inverter_s_and_ends_with_the_session():
    bench = ChargerStation().ready()
    bench.charger.set_vehicle_soc(96)
    bench.envelope.connector = bench.connector
    bench.discharge_rating_w = 0
    bench.charger.allow(True)
    bench.run()
    assert bench.envelope.limit(3000, bench, True) == 0
    bench.charger.session(False)
    assert bench.connector.soc_pct_x100 == -1


def test_a_profile_bounds_by_the_clock():
    bench = ChargerStation().ready()
    charger = bench.charger
    charger.allow(True)
    bench.run()
    charger.set_charging_profile(((0, 3000), (10, 1000), (20, 5000)))
    found = []
    for _ in range(3):
        bench.run(1000)
        found.append(bench.connector.charge_w)
        bench.run(9000)
    assert found == [3000, 1000, 5000]
    charger.set_charging_profile(())
    bench.run(10)
    assert bench.connector.charge_w == 7360


def test_the_schedule_is_the_plan_s():
    bench = ChargerStation(plan_charge_w=6000, plan_discharge_w=4000).ready()
    charger = bench.charger
    assert charger.schedule == ()
    number = charger.schedule_number
    plan = bench.services.plan
    plan.begin(7, 900, 6, -1000, 100, 300, bench.connector.now_ms)
    plan.put(7, 0, (50, 50, 50, 400, 200, 60))
    # the plan began 1,000 s ago, the second slot has 800 s to go; the dear and the middle slot take nothing
    assert charger.schedule == ((0, 6000), (1700, 0), (3500, 6000))
    assert charger.schedule_number != number
    number = charger.schedule_number
    plan.begin(8, 900, 1, 600, 100, 300, bench.connector.now_ms)
    assert charger.schedule == ()
    plan.put(8, 0, (50,))
    assert charger.schedule == ((0, 7360), (600, 6000))
    assert charger.schedule_number != number


def test_every_plug_in_is_counted():
    bench = ChargerStation()
    for number in (1, 2, 3):
        bench.vehicle("B").run()
        bench.vehicle("C").run()
        assert bench.charger.plug_number == number
        bench.vehicle("A").run()


def test_a_rating_that_changes_asks_for_new_schedules():
    bench = ChargerStation().ready()
    charger = bench.charger
    assert charger.schedule == ()
    assert not charger.renegotiate_asked
    bench.charge_rating_w = 5000
    assert charger.renegotiate_asked
    assert charger.schedule == ()
    assert not charger.renegotiate_asked
    bench.charge_rating_w = 4000
    assert charger.renegotiate_asked
    charger.set_charging_profile(((0, 4000),))
    assert not charger.renegotiate_asked


def test_refused_access_asks_the_session_to_stop():
    bench = ChargerStation(access_free=0).ready()
    charger = bench.charger
    assert (charger.authorized, charger.stop_asked) == (evse.WAITING, False)
    bench.connector.grant(evse.GRANTED)
    assert charger.authorized == evse.GRANTED
    bench.connector.grant(evse.REFUSED)
    assert charger.stop_asked
    charger.session(False)
    assert not charger.stop_asked
