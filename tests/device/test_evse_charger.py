"""What a session sees and orders, through to the connector."""

from charger_setup import ChargerSetup

from gridkeel import evse
from gridkeel.evse import contactor, dc, pilot, ports
from gridkeel.evse.charger import Charger


def test_a_charger_has_the_ids_of_its_evse_and_its_meter():
    charger = ChargerSetup().charger
    assert charger.evse_id == "ZZ*GKL*EGK*7"
    assert charger.meter_id == "gk-7"
    assert 7 <= len(charger.evse_id) <= 37


def test_an_identity_of_any_length_gives_identifiers_of_theirs():
    setup = ChargerSetup()
    for identity, meter_id, evse_id in (
        (b"", "0", "ZZ*GKL*E0"),
        (b"x" * 40, "x" * 32, "ZZ*GKL*E" + "X" * 29),
    ):
        made = Charger(setup.connector._p, setup.connector, setup.services, setup.envelope, setup, setup, identity)
        assert (made.meter_id, made.evse_id) == (meter_id, evse_id)


def test_a_session_that_is_up_may_say_so_again():
    setup = ChargerSetup(connector=1).ready()
    charger = setup.charger
    charger.allow(True)
    setup.run()
    charger.dc_target(400, 10)
    charger.allow(True)
    charger.session(True)
    assert charger.allowed
    assert (setup.connector.dc.mode, setup.connector.dc.set_ma) == (ports.DC_SUPPLY, 10000)
    assert setup.connector.demand.dc_mv == 1000000


def test_the_meter_is_the_connector_s():
    setup = ChargerSetup().ready()
    setup.connector.meter.energy_wh = 4321
    assert setup.charger.energy_wh == 4321


def test_a_departure_needs_time_energy_and_a_state_of_charge_which_may_be_0():
    setup = ChargerSetup(battery_wh=40000).ready()
    departure = setup.envelope.departure
    for departure_s, energy_wh in ((None, 8000), (0, 8000), (3600, None), (3600, 0)):
        setup.charger.set_vehicle_limits(None, None, None, departure_s, energy_wh)
        assert departure.left_s == 0
    setup.charger.set_vehicle_soc(0)
    setup.charger.set_vehicle_limits(None, None, None, 3600, 8000)
    assert (departure.left_s, departure.soc_pct_x100) == (3600, 2000)


def test_the_vehicle_is_seen_as_it_comes():
    setup = ChargerSetup()
    charger = setup.charger
    setup.run()
    assert (charger.plugged, charger.wants_power, charger.digital, charger.ready) == (False, False, False, False)
    setup.vehicle("B").run()
    assert (charger.plugged, charger.wants_power, charger.digital, charger.ready) == (True, False, True, True)
    assert setup.connector.pilot.state == pilot.B
    setup.vehicle("C").run()
    assert charger.wants_power
    assert not charger.contactor_closed


def test_consent_closes_and_the_end_of_the_session_opens():
    setup = ChargerSetup().ready()
    charger = setup.charger
    charger.allow(True)
    setup.run()
    assert charger.contactor_closed
    charger.session(False)
    setup.run()
    assert not charger.contactor_closed
    assert charger.digital
    assert not charger.welded


def test_contactor_open_is_what_the_contact_says():
    charger = ChargerSetup().charger
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
    setup = ChargerSetup().ready()
    setup.charger.session(False, failed=True)
    setup.run(4000)
    assert not setup.charger.digital
    assert setup.charger.contactor_closed


def test_the_ratings_and_readings_of_an_ac_connector_are_seen():
    setup = ChargerSetup(phases=3, cable_current_max_a=16).ready()
    charger = setup.charger
    assert charger.three_phase
    assert (charger.max_current_a, charger.min_current_a) == (16, 6)
    # converter 7,400 W, inverter 11,000 W, cable 11,040 W
    assert charger.max_power_w == 7400
    setup.charge_rating_w = 5000
    assert charger.max_power_w == 5000
    setup.charge_rating_w = 0
    assert charger.max_power_w == 7400
    assert charger.voltage_v == 0
    assert charger.current_a == 0
    charger.allow(True)
    setup.power_w = 6930
    setup.run()
    assert charger.voltage_v == 231
    assert abs(charger.current_a - 10) < 0.001
    assert charger.offered_w == 7000
    assert abs(charger.offered_current_a - 10.144) < 0.001


def test_the_ratings_and_readings_of_a_dc_connector_are_seen():
    setup = ChargerSetup(connector=1).ready()
    charger = setup.charger
    assert (charger.max_current_a, charger.min_current_a) == (20, 1)
    assert charger.dc
    setup.connector.levels[ports.DC_MV] = 398500
    setup.connector.levels[ports.DC_MA] = 12300
    assert charger.voltage_v == 398.5
    assert charger.current_a == 12.3


def test_dc_orders_reach_the_connector():
    setup = ChargerSetup(connector=1).ready()
    charger = setup.charger
    charger.allow(True)
    setup.run()
    charger.cable_check(True)
    setup.run(20)
    assert charger.isolation == dc.MEASURING
    assert setup.connector.orders[ports.DC_MODE] == ports.DC_CHECK
    charger.cable_check(False)
    assert charger.isolation == dc.NONE
    charger.precharge(399.95, 2)
    setup.run(10)
    assert setup.connector.orders[ports.SET_MV] == 399950
    charger.dc_target(400, 12.5)
    setup.run(10)
    assert setup.connector.charge_w == 5000
    charger.dc_stop()
    setup.run(10)
    assert setup.connector.charge_w == 0
    charger.dc_target(400, 12.5)
    charger.allow(False)
    setup.run(10)
    assert setup.connector.orders[ports.DC_MODE] == ports.DC_OFF


def test_vehicle_limits_bound_the_connector_whichever_are_reported():
    setup = ChargerSetup(phases=3).ready()
    charger = setup.charger
    charger.allow(True)
    setup.run()
    for reported, most_w in (
        ((4000, None, None), 4000),
        ((None, 230, 16), 11040),
        ((None, 230, None), 22080),
        ((9000, 230, 10), 6900),
        ((-5, None, None), 0),
    ):
        charger.set_vehicle_limits(reported[0], reported[1], reported[2], None, None)
        setup.run(10)
        assert setup.connector.charge_w == most_w, reported


def test_departure_reaches_the_envelope_where_the_battery_is_known():
    for battery_wh, left_s in ((0, 0), (40000, 3600)):
        setup = ChargerSetup(battery_wh=battery_wh).ready()
        setup.charger.set_vehicle_limits(None, None, None, 3600, 8000)
        assert setup.envelope.departure.left_s == left_s
    # 30 % + 8 kWh of 40
    assert setup.envelope.departure.soc_pct_x100 == 5000
    setup.charger.set_vehicle_soc(90)
    setup.charger.set_vehicle_limits(None, None, None, 3600, 8000)
    assert setup.envelope.departure.soc_pct_x100 == 10000


def test_the_vehicle_s_state_of_charge_goes_before_the_inverter_s_until_the_session_ends():
    setup = ChargerSetup().ready()
    setup.charger.set_vehicle_soc(96)
    setup.envelope.connector = setup.connector
    setup.discharge_rating_w = 0
    setup.charger.allow(True)
    setup.run()
    assert setup.envelope.limit(3000, setup, True) == 0
    setup.charger.session(False)
    assert setup.connector.demand.soc_pct_x100 == -1


def test_a_profile_bounds_by_the_clock():
    setup = ChargerSetup().ready()
    charger = setup.charger
    charger.allow(True)
    setup.run()
    charger.set_charging_profile(((0, 3000), (10, 1000), (20, 5000)))
    found = []
    for _ in range(3):
        setup.run(1000)
        found.append(setup.connector.charge_w)
        setup.run(9000)
    assert found == [3000, 1000, 5000]
    charger.set_charging_profile(())
    setup.run(10)
    assert setup.connector.charge_w == 7360


def test_the_schedule_is_that_of_the_price_plan():
    setup = ChargerSetup(plan_charge_w=6000, plan_discharge_w=4000).ready()
    charger = setup.charger
    assert charger.schedule == ()
    number = charger.schedule_number
    plan = setup.services.plan
    plan.begin(7, 900, 6, -1000, 100, 300, setup.connector.now_ms)
    plan.put(7, 0, (50, 50, 50, 400, 200, 60))
    # the plan began 1,000 s ago, the second slot has 800 s to go; the dear and the middle slot take nothing
    assert charger.schedule == ((0, 6000), (1700, 0), (3500, 6000))
    assert charger.schedule_number != number
    number = charger.schedule_number
    plan.begin(8, 900, 1, 600, 100, 300, setup.connector.now_ms)
    assert charger.schedule == ()
    plan.put(8, 0, (50,))
    assert charger.schedule == ((0, 7360), (600, 6000))
    assert charger.schedule_number != number


def test_every_plug_in_is_counted():
    setup = ChargerSetup()
    for number in (1, 2, 3):
        setup.vehicle("B").run()
        setup.vehicle("C").run()
        assert setup.charger.plug_number == number
        setup.vehicle("A").run()


def test_a_rating_that_changes_asks_for_new_schedules():
    setup = ChargerSetup().ready()
    charger = setup.charger
    assert charger.schedule == ()
    assert not charger.renegotiate_asked
    setup.charge_rating_w = 5000
    assert charger.renegotiate_asked
    assert charger.schedule == ()
    assert not charger.renegotiate_asked
    setup.charge_rating_w = 4000
    assert charger.renegotiate_asked
    charger.set_charging_profile(((0, 4000),))
    assert not charger.renegotiate_asked


def test_refused_access_asks_the_session_to_stop():
    setup = ChargerSetup(access_free=0).ready()
    charger = setup.charger
    assert (charger.authorized, charger.stop_asked) == (evse.WAITING, False)
    setup.connector.grant(evse.GRANTED)
    assert charger.authorized == evse.GRANTED
    setup.connector.grant(evse.REFUSED)
    assert charger.stop_asked
    charger.session(False)
    assert not charger.stop_asked
