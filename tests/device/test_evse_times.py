"""The connector keeps the times and figures that the standards and docs/evse.md give."""

from connector_setup import ConnectorSetup, charging, in_session

from gridkeel.evse import contactor, dc, duty, pilot, ports, pwm, times
from gridkeel.params import Parameters


def test_the_constants_are_the_figures_of_the_standards():
    # IEC 61851-1 Annex A: 3 s to end the current, from 6 s on it may be cut; ISO 15118-3: T_step_X1
    assert (times.STOP_BASIC_MS, times.STEP_X1_MS) == (6000, 3000)
    assert duty.DIGITAL == 50 and duty.LEAST_MA == 6000
    assert pilot.DIODE_MV == -10000
    # IEC 61851-23: 500 and 100 ohms a volt
    assert (dc.VALID_OHM_V, dc.FAULT_OHM_V) == (500, 100)


def test_the_constants_are_the_figures_of_the_page():
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
    assert not one.digital()
    one.update(True, False, True, 6000, 0)
    assert one.digital()


def test_a_pilot_that_leaves_c_opens_the_contacts_within_100_ms():
    # two blocks of 20 ms and a contactor's 20 ms are left to it
    for state in ("A", "B", "E"):
        setup = charging()
        setup.vehicle(state)
        assert setup.ms_until(lambda setup=setup: not setup.connector.contactor.order) <= 40, state


def test_a_vehicle_that_draws_on_after_the_offer_ended_is_cut_between_6_s_and_7():
    setup = charging()
    setup.requested_w = 0
    setup.run(10)
    assert 5900 <= setup.ms_until(lambda: not setup.connector.contactor.order) <= 7000


def test_a_session_s_power_is_cut_3_s_after_its_consent():
    setup = in_session()
    setup.power_w = 7000
    setup.connector.allow(False)
    assert 2900 <= setup.ms_until(lambda: not setup.connector.contactor.order) <= 3100


def test_a_contactor_is_given_200_ms():
    setup = ConnectorSetup(evse=1)
    setup.obeys = False
    setup.vehicle("C")
    setup.ms_until(lambda: setup.connector.contactor.order)
    assert 180 <= setup.ms_until(lambda: setup.connector.contactor.state == contactor.STUCK) <= 220


def test_a_measured_isolation_counts_after_1_s():
    setup = in_session(connector=1)
    setup.connector.dc.check(True)
    setup.connector.levels[ports.DC_MV] = 500000
    setup.connector.levels[ports.ISOLATION_KOHM] = 1000
    passed_ms = setup.ms_until(lambda: setup.connector.dc.isolation == dc.VALID)
    assert passed_ms == 1010, passed_ms  # seen in one step, judged in the one 1,000 ms later


def test_the_5_percent_are_followed_by_3_s_without():
    setup = ConnectorSetup(evse=2, hlc_wait_s=5)
    setup.vehicle("B").run(5100)
    assert setup.connector.pwm.state == pwm.STEP
    assert 2900 <= setup.ms_until(lambda: setup.connector.pwm.state == pwm.BASIC) <= 3050
