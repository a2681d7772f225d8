"""The PWM of the control pilot: every row of its table, its times, fallback and pause."""

from noalloc import without_heap

from gridkeel import ticks
from gridkeel.evse import duty, names, pwm
from gridkeel.evse.pwm import BASIC, DIGITAL, NONE, OUT, STEP
from gridkeel.evse.times import PAUSE_MAX_MS, PAUSE_MS, RETRY_DOUBLINGS, RETRY_MS, STEP_X1_MS
from gridkeel.params import Parameters

WAIT_MS = 40000
WASM_GROUP = 1
COARSE_MS = 50


class PwmSetup:
    """An offer in steps of 10 ms with a vehicle plugged in, 16 A and consent."""

    def __init__(self, **changes):
        self.pwm = pwm.Pwm(Parameters(changes))
        self.now = ticks.MASK - 5000
        self.plugged = True
        self.out = False
        self.consent = True
        self.current_ma = 16000
        self.asks = False

    def _update(self):
        if self.asks:
            self.pwm.asked()
        self.pwm.update(self.plugged, self.out, self.consent, self.current_ma, self.now)

    def run(self, ms=20):
        update = self._update
        for _ in range(ms // 10):
            without_heap(update)
            self.now = ticks.add(self.now, 10)
        return self.pwm.state


def test_basic_charging_offers_the_current():
    post = PwmSetup(evse=1)
    assert post.run() == BASIC
    assert post.pwm.duty_permille == 266
    post.current_ma = 6000
    post.run()
    assert post.pwm.duty_permille == 100
    post.plugged = False
    assert post.run() == NONE
    assert post.pwm.duty_permille == duty.STEADY


def test_without_consent_or_6_a_nothing_is_offered():
    for change in ({"consent": False}, {"current_ma": 5999}):
        post = PwmSetup(evse=1)
        for name in change:
            setattr(post, name, change[name])
        assert post.run(1000) == NONE
        assert post.pwm.duty_permille == duty.STEADY


def test_an_offer_withdrawn_comes_back_after_the_pause_and_not_before():
    post = PwmSetup(evse=1)
    post.run()
    post.current_ma = 5999
    assert post.run(10) == NONE
    post.current_ma = 16000
    assert post.run(PAUSE_MS - 10) == NONE
    assert post.run(10) == BASIC


def test_the_next_vehicle_does_not_wait_for_the_pause_of_the_one_before():
    post = PwmSetup(evse=1)
    post.run()
    post.current_ma = 0
    post.run()
    post.current_ma = 16000
    post.plugged = False
    post.run()
    post.plugged = True
    assert post.run() == BASIC


def test_no_session_within_its_time_falls_back_through_3_s_of_steady_12_v():
    post = PwmSetup(evse=2, hlc_wait_s=40)
    assert post.run() == DIGITAL
    assert post.pwm.duty_permille == duty.DIGITAL
    assert post.run(WAIT_MS - 20) == DIGITAL
    assert post.run(10) == STEP
    assert post.pwm.duty_permille == duty.STEADY
    assert post.run(STEP_X1_MS - 10) == STEP
    post.run(20)
    assert post.pwm.state == BASIC
    assert post.pwm.duty_permille == 266


def test_a_session_keeps_the_5_percent_as_long_as_it_lasts_and_after_it():
    post = PwmSetup(evse=2, hlc_wait_s=5)
    post.run()
    post.pwm.session(True, False)
    assert post.run(20000) == DIGITAL
    post.pwm.session(False, False)
    assert post.run(20000) == DIGITAL
    post.pwm.session(False, False)
    assert post.run(20000) == DIGITAL


def test_a_session_over_that_never_was_changes_nothing():
    post = PwmSetup(evse=2, hlc_wait_s=5)
    post.run()
    post.pwm.session(False, False)
    assert post.run(5000) == STEP


def test_failed_communication_falls_back_at_once():
    post = PwmSetup(evse=2)
    post.run()
    post.pwm.session(True, False)
    post.run(1000)
    post.pwm.session(False, True)
    assert post.run(10) == STEP
    post.run(STEP_X1_MS + 10)
    assert post.pwm.state == BASIC


def test_the_fallback_ends_with_the_vehicle():
    post = PwmSetup(evse=2)
    post.run()
    post.pwm.session(False, True)
    post.run(STEP_X1_MS + 20)
    assert post.pwm.state == BASIC
    post.plugged = False
    post.run()
    post.plugged = True
    assert post.run() == DIGITAL


def test_no_power_without_consent_after_failed_communication():
    post = PwmSetup(evse=2)
    post.consent = False
    post.run()
    post.pwm.session(False, True)
    assert post.run(60000) == NONE


def test_a_dc_connector_has_nothing_to_fall_back_to_and_begins_anew():
    post = PwmSetup(evse=2, connector=1, hlc_wait_s=5)
    post.run()
    for _ in range(2):
        assert post.run(5000) in (DIGITAL, STEP)
        assert post.run(STEP_X1_MS + 20) in (DIGITAL, STEP)
        assert post.pwm.state != BASIC
    post.pwm.session(False, True)
    post.run(STEP_X1_MS + 30)
    assert post.pwm.state == DIGITAL


def test_a_dc_connector_that_began_anew_awaits_communication_as_long_as_before():
    for session, ordered in ((True, False), (False, False), (True, True)):
        post = PwmSetup(evse=2, connector=1, hlc_wait_s=5)
        until(post, DIGITAL)
        if session:
            post.pwm.session(True, False)
            post.run(1000)
        if ordered:
            post.pwm.session(False, False)
            post.run(1000)
        for _ in range(3):
            post.pwm.session(False, True)
            assert until(post, STEP) <= COARSE_MS
            until(post, DIGITAL)
            waited_ms = until(post, STEP)
            assert 5000 <= waited_ms <= 5000 + 2 * COARSE_MS
            until(post, DIGITAL)


def test_a_dc_connector_that_failed_outside_the_5_percent_begins_anew_all_the_same():
    post = PwmSetup(evse=2, connector=1, hlc_wait_s=5)
    post.run(5010)
    assert post.pwm.state == STEP
    post.pwm.session(False, True)
    post.run(STEP_X1_MS + 20)
    assert post.pwm.state == DIGITAL
    assert until(post, STEP) <= 5000 + COARSE_MS


def until(post, state, most_ms=400000):
    """Return how long it takes to a state, to COARSE_MS."""
    began = post.now
    while post.pwm.state != state:
        post._update()
        post.now = ticks.add(post.now, COARSE_MS)
        assert ticks.diff(post.now, began) < most_ms, "state %d never came" % state
    return ticks.diff(post.now, began)


def test_a_vehicle_that_asks_after_the_fallback_gets_the_5_percent_through_the_step():
    post = PwmSetup(evse=2, hlc_wait_s=5)
    until(post, BASIC)
    post.run(60000)
    post.asks = True
    assert post.run(10) == STEP
    assert post.pwm.duty_permille == duty.STEADY
    assert post.run(STEP_X1_MS - 20) == STEP
    assert post.run(30) == DIGITAL
    assert post.pwm.duty_permille == duty.DIGITAL


def test_a_vehicle_that_asked_and_falls_silent_falls_back_once_more():
    post = PwmSetup(evse=2, hlc_wait_s=5)
    until(post, BASIC)
    post.asks = True
    until(post, DIGITAL)
    post.asks = False
    assert post.run(4900) == DIGITAL
    assert until(post, BASIC) < 5000
    assert post.run(60000) == BASIC, "nobody asks: it stays"


def test_asking_changes_nothing_at_5_percent_without_a_vehicle_or_with_basic_charging_alone():
    post = PwmSetup(evse=2, hlc_wait_s=5)
    post.asks = True
    post.run(20)
    assert post.run(4900) == DIGITAL
    assert post.run(200) == STEP
    post = PwmSetup(evse=1)
    post.asks = True
    assert post.run(20000) == BASIC
    post = PwmSetup(evse=2)
    post.plugged = False
    post.asks = True
    assert post.run(20000) == NONE


def test_after_a_broken_session_the_first_try_is_at_5_percent_when_the_step_is_over():
    post = PwmSetup(evse=2)
    post.run()
    post.pwm.session(True, False)
    post.run(1000)
    post.pwm.session(False, True)
    post.asks = True
    assert STEP_X1_MS <= until(post, STEP) + until(post, DIGITAL) <= STEP_X1_MS + 3 * COARSE_MS


def test_each_further_failure_doubles_the_wait_up_to_a_bound():
    post = PwmSetup(evse=2)
    waits = []
    for _ in range(9):
        until(post, DIGITAL)
        post.pwm.session(True, False)
        post.run(100)
        post.pwm.session(False, True)
        until(post, STEP)
        post.asks = True
        waits.append(until(post, DIGITAL))
        post.asks = False
    expected = [STEP_X1_MS] + [(RETRY_MS << min(k, RETRY_DOUBLINGS)) + STEP_X1_MS for k in range(8)]
    for k in range(len(waits)):
        assert abs(waits[k] - expected[k]) <= 3 * COARSE_MS, (k, waits, expected)


def test_a_session_that_ends_in_order_or_an_unplugging_makes_the_next_failure_the_first():
    for unplugs in (False, True):
        post = PwmSetup(evse=2)
        for _ in range(3):
            until(post, DIGITAL)
            post.pwm.session(True, False)
            post.run(20)
            post.pwm.session(False, True)
            post.asks = True
            until(post, STEP)
            until(post, DIGITAL)
            post.asks = False
        if unplugs:
            post.plugged = False
            post.run()
            post.plugged = True
            post.run()
        else:
            post.pwm.session(True, False)
            post.run(20)
            post.pwm.session(False, False)
        post.pwm.session(True, False)
        post.run(20)
        post.pwm.session(False, True)
        until(post, STEP)
        post.asks = True
        assert until(post, DIGITAL) <= STEP_X1_MS + 3 * COARSE_MS


def test_without_consent_or_current_a_vehicle_that_asks_is_heard_all_the_same():
    for name, value in (("consent", False), ("current_ma", 0)):
        post = PwmSetup(evse=2, hlc_wait_s=5)
        until(post, STEP)
        setattr(post, name, value)
        until(post, NONE)
        post.run(10000)
        post.asks = True
        assert until(post, DIGITAL) <= STEP_X1_MS + 3 * COARSE_MS


def test_a_broken_session_after_a_retry_does_not_hold_the_5_percent_for_ever():
    post = PwmSetup(evse=2, hlc_wait_s=5)
    post.run()
    post.pwm.session(False, True)
    post.asks = True
    until(post, STEP)
    until(post, DIGITAL)
    post.asks = False
    assert until(post, STEP) <= 5000 + 3 * COARSE_MS


def test_the_least_current_is_6_a_to_the_milliampere():
    post = PwmSetup(evse=1)
    post.current_ma = 6000
    assert post.run() == BASIC
    assert post.pwm.duty_permille == duty.LEAST


def test_withdrawn_consent_ends_the_duty_and_none_begins_without_consent():
    post = PwmSetup(evse=1)
    post.run()
    post.consent = False
    assert post.run(10) == NONE
    assert post.run(PAUSE_MS + 1000) == NONE
    assert post.pwm.duty_permille == duty.STEADY
    post.consent = True
    assert post.run() == BASIC


def test_out_of_service_is_state_f_until_it_ends():
    for evse in (1, 2):
        post = PwmSetup(evse=evse)
        post.run()
        post.out = True
        post.run()
        assert (post.pwm.state, post.pwm.duty_permille) == (OUT, duty.OFF)
        post.out = False
        assert post.run() in (BASIC, DIGITAL)


def test_names_fit_the_numbers():
    assert names.PWM[OUT] == "out"
    assert len(names.PWM) == OUT + 1


def test_no_vehicle_may_begin_a_session_once_communication_failed():
    post = PwmSetup(evse=2)
    post.run()
    assert post.pwm.digital()
    post.pwm.session(True, False)
    post.run()
    assert post.pwm.digital()
    post.pwm.session(False, True)
    assert post.pwm.state == DIGITAL and not post.pwm.digital(), "and not a block later"
    assert post.run() == STEP and not post.pwm.digital()
    post.asks = True
    post.run(STEP_X1_MS + 50)
    assert post.pwm.digital()


def test_only_a_session_that_ended_in_order_makes_up_for_those_that_failed():
    one = pwm.Pwm(Parameters({"evse": 2}))
    one.update(True, False, False, 6000, 0)
    one._missed = 2
    one.session(False, False)  # none was up
    assert one._missed == 2
    one.session(True, False)
    one.session(True, False)
    assert one._missed == 2
    one.session(False, False)
    assert one._missed == 0


def test_who_asks_at_once_after_a_failure_has_failed_all_the_same():
    one = pwm.Pwm(Parameters({"evse": 2}))
    one.update(True, False, False, 6000, 0)
    one.session(True, False)
    one.session(False, True)
    one.asked()
    one.update(True, False, False, 6000, 10)
    assert (one.state, one._missed) == (pwm.STEP, 1)


def test_the_pause_counts_from_when_6_a_are_there_again():
    one = pwm.Pwm(Parameters({"evse": 1}))
    one.update(True, False, True, 7000, 0)
    assert one.state == BASIC
    for now in range(100, 20001, 100):
        one.update(True, False, True, 5999, now)
    one.update(True, False, True, 7000, 20000 + PAUSE_MS - 1)
    assert one.state == NONE
    one.update(True, False, True, 7000, 20000 + PAUSE_MS)
    assert one.state == BASIC


def test_a_retry_may_come_when_its_wait_is_over_to_the_millisecond():
    one = pwm.Pwm(Parameters({"evse": 2}))
    one._missed = 2
    assert not one._may(RETRY_MS - 1) and one._may(RETRY_MS)


def test_a_step_is_not_prolonged_by_a_vehicle_that_asks_in_it():
    one = pwm.Pwm(Parameters({"evse": 2}))
    one.update(True, False, False, 6000, 0)
    one.session(False, True)
    one.update(True, False, False, 6000, 10)
    assert one.state == STEP
    one.asked()
    one.update(True, False, False, 6000, 2000)
    one.update(True, False, False, 6000, 10 + STEP_X1_MS)
    assert one.state == NONE


def test_who_asked_too_early_must_ask_again():
    one = pwm.Pwm(Parameters({"evse": 2}))
    one._given_up, one._missed = True, 2
    one.asked()
    one.update(True, False, False, 6000, RETRY_MS - 1)
    one.update(True, False, False, 6000, RETRY_MS + 1)
    assert one.state == NONE
    one.asked()
    one.update(True, False, False, 6000, RETRY_MS + 2)
    assert one.state == STEP


def test_basic_charging_that_lasted_makes_the_pause_short_again():
    for lasted_ms, pause_ms in ((PAUSE_MAX_MS - 1, 2 * PAUSE_MS), (PAUSE_MAX_MS, PAUSE_MS)):
        one = pwm.Pwm(Parameters({"evse": 1}))
        one.update(True, False, True, 7000, 0)
        assert one.state == BASIC
        one.pause_ms = PAUSE_MS
        one.update(True, False, False, 7000, lasted_ms)
        assert one.pause_ms == pause_ms
    one = pwm.Pwm(Parameters({"evse": 1}))
    one.update(True, False, True, 7000, 0)
    one.pause_ms = PAUSE_MAX_MS
    one.update(True, False, False, 7000, 100)
    assert one.pause_ms == PAUSE_MAX_MS
