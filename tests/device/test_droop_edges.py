"""Droop, its lag and its curves where one thing gives way to another."""

from mains_estimate import MainsEstimate

from gridkeel.params import Parameters
from gridkeel.sensing.quality import WARM_UP_LONG
from gridkeel.services.curve import share_of
from gridkeel.services.droop import Droop
from gridkeel.services.grid_codes.listed import DROOP_PROFILES
from gridkeel.services.lag import STEP_MAX_MS, Lag

SPAN = {"droop_deadband_mhz": 0, "droop_span_mhz": 500, "charge_max_w": 10000, "discharge_max_w": 10000}
W_A_MHZ = 20


def apart(mhz, short_mhz=None):
    """Mains so far from 50 Hz, the short window perhaps elsewhere."""
    mains = MainsEstimate()
    mains.at(50000 + mhz, None if short_mhz is None else 50000 + short_mhz)
    return mains


def droop_of(**changes):
    return Droop(Parameters(dict(SPAN, **changes)))


def test_the_short_window_counts_past_its_switch_on_either_side_and_is_reported():
    droop = droop_of(fast_switch_mhz=15)
    for short_mhz, rules in ((215, False), (216, True), (185, False), (184, True)):
        mains = apart(200, short_mhz)
        assert droop.update(mains) == W_A_MHZ * (short_mhz if rules else 200), short_mhz
        assert droop.short_rules == rules, short_mhz
        assert not mains.quality, "what the estimator says is the estimator's"


def test_the_short_window_counts_while_the_long_one_warms_up():
    mains = apart(200, 210)
    mains.quality = WARM_UP_LONG
    assert droop_of(fast_switch_mhz=15).update(mains) == W_A_MHZ * 210


def test_hysteresis_holds_on_both_sides_and_ends_at_the_nominal_frequency():
    for side in (1, -1):
        droop = droop_of(droop_hysteresis_mhz=50)
        for mhz, held_mhz in ((200, 200), (160, 200), (120, 170), (130, 170), (1, 51), (0, 0)):
            assert droop.update(apart(side * mhz)) == side * W_A_MHZ * held_mhz, (side, mhz)


def test_hysteresis_holds_nothing_from_before_it_was_switched_off():
    droop = droop_of(droop_hysteresis_mhz=50)
    for hysteresis_mhz, mhz in ((50, 200), (0, 100), (50, 100)):
        droop._p.update({"droop_hysteresis_mhz": hysteresis_mhz})
        assert droop.update(apart(mhz)) == W_A_MHZ * mhz


def test_the_other_side_is_answered_without_hysteresis():
    droop = droop_of(droop_hysteresis_mhz=50)
    droop.update(apart(200))
    assert droop.update(apart(-10)) == -W_A_MHZ * 10


def test_custom_parameters_say_how_fast_and_whether_the_base_is_frozen():
    for frozen in (0, 1):
        droop = droop_of(droop_response_ms=1000, droop_frozen_base=frozen)
        assert 0 < droop.update(apart(200), 10) < W_A_MHZ * 20
        assert droop.freezes == (frozen == 1)
    assert (
        droop_of(droop_response_ms=50).update(apart(200), 10) == W_A_MHZ * 200
    )  # all of it is sensing's and the bus's


def test_a_response_is_active_from_its_target_on():
    droop = droop_of(droop_response_ms=60000)
    droop.update(apart(1), 0)
    assert (droop.power_w, droop.active) == (0, True)


def test_a_reset_forgets_the_response_its_lag_and_its_hysteresis():
    droop = droop_of(droop_response_ms=1000, droop_hysteresis_mhz=50)
    for now_ms in range(0, 5000, 10):
        droop.update(apart(200), now_ms)
    droop.reset()
    assert (droop.power_w, droop.target_w, droop.active) == (0, 0, False)
    assert droop.update(apart(160), 5000) < W_A_MHZ * 20
    assert droop.target_w == W_A_MHZ * 160


def test_a_lag_moves_by_no_more_than_a_block_and_never_backwards_in_time():
    block, longer = Lag(), Lag()
    assert STEP_MAX_MS == 20
    assert longer.follow(1000, 1000, 2000) == block.follow(1000, STEP_MAX_MS, 2000) > 0
    assert longer.follow(1000, -20, 2000) == block.power_w


def test_without_a_response_time_it_follows_at_once_whatever_the_clock_says():
    lag = Lag()
    for elapsed_ms in (20, 0, -20):
        assert lag.follow(1000 + elapsed_ms, elapsed_ms, 0) == 1000 + elapsed_ms


def test_a_lag_at_its_target_stays():
    lag = Lag()
    lag.follow(0, 20, 0)
    for _ in range(2000):
        assert lag.follow(0, 20, 30000) == 0  # there already
    for _ in range(2000):
        assert lag.follow(1000, 0, 30000) == 0  # no time passes


def test_a_lag_is_rounded_to_the_nearest_watt():
    lag = Lag()
    lag._mw = 499
    assert lag.follow(1000, 0, 1000) == 0
    lag._mw = 500
    assert lag.follow(1000, 0, 1000) == 1
    lag._mw = 374
    assert lag.follow(1000, 0, 1000) == 0


def test_a_lag_that_is_reset_is_at_zero():
    lag = Lag()
    lag.follow(1000, 20, 0)
    lag.reset()
    assert lag.power_w == 0
    assert lag.follow(0, 0, 30000) == 0


def test_a_curve_stays_level_past_its_last_point():
    curve = (10, 0, 100, 4000)
    assert share_of(curve, 2, 99999, 10000) == 3999
    assert share_of(curve, 2, 100000, 10000) == 4000
    assert share_of(curve, 2, 110000, 10000) == 4000


def test_thousandths_of_a_curve_count():
    assert share_of((0, 0, 10, 10000), 2, 1, 50000) == 5
    assert share_of((0, 0, 10, 10000), 2, 1999, 50000) == 9995


def test_every_profile_is_still_to_the_edge_of_its_deadband_and_answers_behind_it():
    for profile in DROOP_PROFILES:
        for pairs in (profile.droop_over, profile.droop_under):
            if pairs:
                curve = sum(pairs, ())
                assert share_of(curve, len(pairs), curve[0] * 1000 + 1, 10000) == 0, profile.name
                assert share_of(curve, len(pairs), curve[0] * 1000 + 1000, 50000) > 0, profile.name


def test_the_edges_of_the_deadbands_are_those_of_the_sources():
    edges = {profile.name: profile.droop_over[0][0] for profile in DROOP_PROFILES if profile.droop_over}
    for name, mhz in (("fcr-ce", 10), ("fcr-gb", 15), ("fcr-ie", 15), ("fcr-nordic", 10)):
        assert edges[name] == mhz
    for name in ("dynamic-containment", "dynamic-moderation", "dynamic-regulation"):
        assert edges[name] == 15
