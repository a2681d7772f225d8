"""The connector keeps the times and figures that the standards and docs/evse.md give."""

from evse_station import Station, charging, in_session

from gridkeel.evse import contactor, dc, duty, pilot, ports, pwm, times
from gridkeel.params import Parameters


def test_the_figures_of_the_standards():
    # IEC 61851-1 Annex A: 3 s to end the current, from 6 s on it may be cut; ISO 15118-3: T_step_X1
    assert (times.STOP_BASIC_MS, times.STEP_X1_MS) == (6000, 3000)
    assert duty.DIGITAL == 50 and duty.LEAST_MA == 6000
    assert pilot.DIODE_MV == -10000
    # IEC 61851-23: 500 and 100 ohms a volt
    assert (dc.VALID_OHM_V, dc.FAULT_OHM_V) == (500, 100)


def test_our_own_times():
    assert (times.DEBOUNCE_MS, times.DIODE_MS, times.CONTACTOR_MS) == (30, 100, 200)
    assert (times.STOP_SESSION_MS, times.PAUSE_MS, times.ISOLATION_MS) == (3000, 10000, 1000)
    assert (times.PAUSE_MAX_MS, times.RETRY_MS, times.RETRY_DOUBLINGS) == (320000, 6000, 5)
    assert (times.REST_MS, times.CALM_MS, times.REPLUG_MS) == (1000, 120000, 3000)


def test_no_wait_of_basic_charging_is_shortened_under_6_5_a():
    one = pwm.Pwm(Parameters({"evse": 1}))
    one.pause_ms = times.PAUSE_MS
    for current_ma, waits_ms in ((6499, 4 * times.PAUSE_MS), (6500, times.PAUSE_MS)):
        one.state = pwm.BASIC
        one.update(True, False, False, current_ma, 0)
        one.pause_ms = times.PAUSE_MS
        one.update(True, False, True, current_ma, waits_ms - 1)
        assert one.state == pwm.NONE
        one.update(True, False, True, current_ma, waits_ms)
        assert one.state == pwm.BASIC


def test_a_session_may_begin_at_5_percent_alone():
    one = pwm.Pwm(Parameters({"evse": 2}))
    assert not one.digital
    one.update(True, False, True, 6000, 0)
    assert one.digital


def test_a_pilot_that_leaves_c_opens_the_contacts_within_100_ms():
    # two blocks of 20 ms and a contactor's 20 ms are left to it
    for state in ("A", "B", "E"):
        station = charging()
        station.vehicle(state)
        assert station.ms_until(lambda station=station: not station.connector.contactor.order) <= 40, state


def test_a_vehicle_that_draws_on_after_the_offer_ended_is_cut_between_6_s_and_7():
    station = charging()
    station.requested_w = 0
    station.run(10)
    assert 5900 <= station.ms_until(lambda: not station.connector.contactor.order) <= 7000


def test_a_session_s_power_is_cut_3_s_after_its_consent():
    station = in_session()
    station.power_w = 7000
    station.connector.allow(False)
    assert 2900 <= station.ms_until(lambda: not station.connector.contactor.order) <= 3100


def test_a_contactor_is_given_200_ms():
    station = Station(evse=1)
    station.obeys = False
    station.vehicle("C")
    station.ms_until(lambda: station.connector.contactor.order)
    assert 180 <= station.ms_until(lambda: station.connector.contactor.state == contactor.STUCK) <= 220


def test_a_measured_isolation_counts_after_1_s():
    station = in_session(connector=1)
    station.connector.dc.check(True)
    station.connector.levels[ports.DC_MV] = 500000
    station.connector.levels[ports.ISOLATION_KOHM] = 1000
    passed_ms = station.ms_until(lambda: station.connector.dc.isolation == dc.VALID)
    assert passed_ms == 1010, passed_ms  # seen in one step, judged in the one 1,000 ms later


def test_the_5_percent_are_followed_by_3_s_without():
    station = Station(evse=2, hlc_wait_s=5)
    station.vehicle("B").run(5100)
    assert station.connector.pwm.state == pwm.STEP
    assert 2900 <= station.ms_until(lambda: station.connector.pwm.state == pwm.BASIC) <= 3050
