"""Droop profiles: each curve against its source, and the lag."""

from mains_estimate import MainsEstimate
from noalloc import without_heap

from gridkeel.errors import ParameterError
from gridkeel.params import Parameters
from gridkeel.sensing.quality import LOW_VOLTAGE
from gridkeel.services.droop import Droop
from gridkeel.services.grid_codes.form import FULL
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number
from gridkeel.services.lag import Lag

SIXTY = {"nominal_hz": 60, "trip_under_mhz": 56500, "trip_over_mhz": 62000, "return_low_mhz": 59500}


def parameters_of(name, **more):
    index = number(DROOP_PROFILES, name)
    changes = {"droop_profile": index, "charge_max_w": 10000, "discharge_max_w": 10000}
    if index and DROOP_PROFILES[index - 1].nominal_hz == 60:
        changes.update(SIXTY)
        changes["return_high_mhz"] = 60100
        changes["sample_hz"] = 4800
    changes.update(more)
    return Parameters(changes)


def settled(name, mhz, **more):
    """Return where the response to a frequency leads."""
    parameters = parameters_of(name, **more)
    droop = Droop(parameters)
    droop.update(MainsEstimate(mhz, parameters.nominal_hz), 0)
    return droop.target_w


def check_curve(name, points):
    for mhz, power_w in points:
        assert settled(name, mhz) == power_w, (name, mhz, settled(name, mhz))


def test_ieee1547_default_is_deadband_36_mhz_and_droop_5_percent():
    for name in ("ieee1547-cat1", "ieee1547-cat3"):
        check_curve(name, ((60036, 0), (60066, 100), (61536, 5000), (63036, 10000), (59964, 0), (58464, -5000)))


def test_the_second_characteristic_of_ieee1547_is_that_of_its_source():
    check_curve("ieee1547-cat2-char2", ((60017, 0), (60917, 5000), (59083, -5000)))
    check_curve("ieee1547-cat3-char2", ((59983, 0), (60617, 5000), (59383, -5000)))


def test_lfsm_answers_on_its_side_only():
    check_curve("en50549-lfsm-o", ((50200, 0), (51450, 5000), (48000, 0)))
    check_curve("en50549-lfsm-u", ((49800, 0), (48550, -5000), (52000, 0)))
    check_curve("en50549-lfsm", ((50199, 0), (48550, -5000), (51450, 5000)))
    check_curve("en50549-fsm", ((50010, 0), (51260, 5000)))


def test_the_curves_of_fcr_are_those_of_their_sources():
    check_curve("fcr-ce", ((50010, 0), (50105, 5000), (49800, -10000), (49000, -10000)))
    for name in ("fcr-gb", "fcr-ie"):
        check_curve(name, ((50015, 0), (49500, -10000)))
    check_curve("fcr-nordic", ((50010, 0), (50255, 5000), (49500, -10000)))


def test_the_curves_of_the_dynamic_services_are_those_of_their_sources():
    check_curve("dynamic-containment", ((50015, 0), (50200, 500), (50350, 5250), (49500, -10000)))
    check_curve("dynamic-moderation", ((50100, 500), (49800, -10000)))
    check_curve("dynamic-regulation", ((50015, 0), (49800, -10000)))


def test_every_curve_is_sound():
    for profile in DROOP_PROFILES:
        assert profile.droop_source
        for curve in (profile.droop_over, profile.droop_under):
            for at in range(1, len(curve)):
                assert 0 < curve[at][0] - curve[at - 1][0] <= 10000, profile.name
                assert 0 <= curve[at - 1][1] <= curve[at][1] <= FULL, profile.name


def test_a_profile_of_another_nominal_frequency_is_refused():
    try:
        Parameters({"droop_profile": number(DROOP_PROFILES, "ieee1547-cat3")})
    except ParameterError as error:
        assert "60 Hz" in str(error)
    else:
        raise AssertionError("taken")


def time_to_90_percent(name, step_mhz):
    parameters = parameters_of(name)
    droop = Droop(parameters)
    final = abs(settled(name, parameters.nominal_hz * 1000 + step_mhz))
    mains = MainsEstimate(parameters.nominal_hz * 1000 + step_mhz, parameters.nominal_hz)
    droop.update(mains, 0)
    for now in range(10, 40000, 10):
        if abs(droop.update(mains, now)) * 10 >= final * 9:
            return now
    return None


def test_a_step_is_answered_to_90_percent_in_the_response_time():
    for name, response_ms in (
        ("ieee1547-cat1", 5000),
        ("ieee1547-cat1-char2", 1000),
        ("ieee1547-cat3-char2", 200),
        ("dynamic-containment", 500),
        ("fcr-gb", 5000),
    ):
        wanted = response_ms - 100
        for step_mhz in (400, -400):
            taken = time_to_90_percent(name, step_mhz)
            assert -10 <= taken - wanted <= 10 + wanted // 100, (name, taken)


def test_lag_arrives_exactly_from_both_sides():
    for target in (50000, -50000, 1, -1):
        lag = Lag()
        for _ in range(8000):
            lag.follow(target, 20, 30000)
        assert lag.power_w == target
        for _ in range(8000):
            lag.follow(0, 20, 30000)
        assert lag.power_w == 0


def test_lag_holds_while_no_time_passes():
    lag = Lag()
    lag.follow(1000, 10, 1000)
    seen = lag.power_w
    assert 20 <= seen <= 25
    assert lag.follow(1000, 0, 1000) == seen


def test_each_side_has_its_own_limit():
    assert settled("custom", 51000, droop_charge_max_w=3000, droop_discharge_max_w=2000) == 3000
    assert settled("custom", 49000, droop_charge_max_w=3000, droop_discharge_max_w=2000) == -2000


def test_a_limit_of_one_side_does_not_bind_the_other():
    limits = {"droop_charge_max_w": 3000, "droop_discharge_max_w": 2000}
    assert settled("custom", 50140, **limits) == 2500
    assert settled("custom", 49860, **limits) == -2000
    limits = {"droop_charge_max_w": 2000, "droop_discharge_max_w": 3000}
    assert settled("custom", 50140, **limits) == 2000
    assert settled("custom", 49860, **limits) == -2500


def test_each_side_answers_by_its_own_rating():
    assert settled("custom", 50500, charge_max_w=6000, discharge_max_w=4000) == 6000
    assert settled("custom", 49500, charge_max_w=6000, discharge_max_w=4000) == -4000


def test_no_microhertz_is_lost():
    droop = Droop(parameters_of("custom", droop_deadband_mhz=0, droop_span_mhz=50))
    mains = MainsEstimate(50000)
    mains.freq_uhz = mains.freq_short_uhz = 50001500
    assert droop.update(mains, 0) == 300
    droop = Droop(parameters_of("custom"))
    for uhz in (50019990, 50020000, 49980010, 49980000):
        mains.freq_uhz = mains.freq_short_uhz = uhz
        assert droop.update(mains, 0) == 0


def test_hysteresis_holds_the_response_on_the_way_back():
    droop = Droop(parameters_of("custom", droop_hysteresis_mhz=10))
    mains = MainsEstimate(50260)
    peak = droop.update(mains, 0)
    assert peak == 5000
    for mhz, same in ((50255, True), (50250, True), (50245, False)):
        mains.at(mhz)
        assert (droop.update(mains, 0) == peak) == same, mhz
    mains.at(50011)
    assert droop.update(mains, 0) > 0
    mains.at(50010)
    assert droop.update(mains, 0) == 0
    mains.at(49740)
    assert droop.update(mains, 0) == -5000
    mains.at(49750)
    assert droop.update(mains, 0) == -5000
    mains.at(50000)
    assert droop.update(mains, 0) == 0


def test_droop_is_active_until_the_lag_has_run_down():
    droop = Droop(parameters_of("ieee1547-cat1-char2"))
    mains = MainsEstimate(60500, 60)
    now = 0
    for _ in range(300):
        now += 10
        droop.update(mains, now)
    assert droop.active
    assert droop.freezes
    mains.at(60000)
    now += 10
    droop.update(mains, now)
    assert droop.active
    for _ in range(500):
        now += 10
        droop.update(mains, now)
    assert not droop.active


def test_a_doubtful_estimate_holds_the_target():
    droop = Droop(parameters_of("custom"))
    mains = MainsEstimate(49740)
    droop.update(mains, 0)
    mains.at(50000)
    mains.quality = LOW_VOLTAGE
    assert droop.update(mains, 10) == -5000


def test_no_heap():
    cases = [
        (Droop(parameters_of(name)), MainsEstimate(49470, 50)) for name in ("custom", "fcr-ce", "dynamic-containment")
    ]

    def walk():
        for k in range(len(cases)):
            droop = cases[k][0]
            for now in range(0, 400, 10):
                droop.update(cases[k][1], now)

    without_heap(walk)
