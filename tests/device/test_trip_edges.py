"""Trips, their clocks and the return at the edges: the bounds themselves, and what starts over."""

from mains_estimate import MainsEstimate
from protection_setup import ProtectionSetup

from gridkeel import errors, ticks
from gridkeel.params import Parameters
from gridkeel.sensing.quality import LOW_VOLTAGE, WARM_UP_LONG
from gridkeel.services.grid_codes.listed import TRIP_PROFILES, number
from gridkeel.services.protection import CEASED, RETURNING, RUN, SAFE, Protection
from gridkeel.services.spread import SHARES, share_of

LATE = max((share_of(b"gk-%d" % k), b"gk-%d" % k) for k in range(60))[1]  # the last of its window


def test_a_clock_is_never_shorter_than_20_ms():
    for latency_ms, expected in ((150, 20), (130, 30)):
        setup = ProtectionSetup(response_latency_ms=latency_ms)
        setup.mains.at(62001)
        assert setup.trip_ms(200, 1) == expected


def test_the_patience_with_a_doubtful_estimate_knows_no_latency():
    setup = ProtectionSetup("en50549")
    setup.mains.quality = LOW_VOLTAGE
    assert setup.trip_ms(1000) == 300
    assert setup.protection.trip == errors.SAMPLES_LOST


def test_a_staggered_trip_of_a_profile_comes_by_its_allowance_sooner_and_no_more():
    for spread_ms, earliest, latest in ((0, 60, 60), (10, 50, 52), (10000, 27, 29)):
        setup = ProtectionSetup(identity=LATE, trip_spread_ms=spread_ms)
        setup.mains.at(56499)
        assert earliest <= setup.trip_ms(1000, 1) <= latest, spread_ms


def test_a_custom_trip_of_the_voltage_is_not_staggered():
    setup = ProtectionSetup("custom", LATE)
    setup.mains.volts(49)
    assert setup.trip_ms(1000, 1) == 0
    assert setup.protection.trip == errors.MAINS_LOST


def test_mains_at_their_limit_are_not_lost():
    setup = ProtectionSetup("custom")
    setup.mains.volts(50)
    assert setup.trip_ms(1000) is None


def test_a_low_voltage_is_that_of_ten_cycles_and_a_lost_mains_that_of_one():
    for voltage_pct, cycle_pct, fault in (
        (70, 100, errors.UNDER_VOLTAGE),
        (100, 70, None),
        (100, 10, errors.MAINS_LOST),
    ):
        setup = ProtectionSetup("en50549")
        setup.mains.voltage_mv = 2300 * voltage_pct
        setup.mains.cycle_mv = 2300 * cycle_pct
        setup.trip_ms(20000)
        assert setup.protection.trip == (fault or errors.NO_FAULT), (voltage_pct, cycle_pct)


def test_another_trip_table_starts_the_clocks_over():
    setup = ProtectionSetup("custom")
    setup.mains.quality = LOW_VOLTAGE
    assert setup.trip_ms(100) is None
    setup.parameters.update({"trip_profile": number(TRIP_PROFILES, "en50549")})
    setup.mains.quality = 0
    setup.mains.at(47000)
    assert setup.trip_ms(1000) == 100


def test_the_clocks_of_a_trip_are_over_with_the_return():
    for mhz, rocof, clock_ms in ((47000, 0, 100), (50000, 4001, 500)):
        setup = ProtectionSetup("custom")
        for _ in range(2):
            setup.mains.at(mhz)
            setup.mains.rocof_mhz_s = rocof
            assert setup.trip_ms(1000) == clock_ms
            setup.mains.at(50000)
            setup.mains.rocof_mhz_s = 0
            setup.until_it_runs()


def test_rocof_falling_by_its_limit_does_not_trip():
    setup = ProtectionSetup("custom")
    setup.mains.rocof_mhz_s = -4000
    assert setup.trip_ms(2000) is None


def test_the_rocof_clock_is_staggered_to_later():
    setup = ProtectionSetup("custom", LATE)
    setup.mains.rocof_mhz_s = 4001
    assert 540 <= setup.trip_ms(1000) <= 550


def test_after_a_gap_in_the_samples_rocof_says_nothing():
    setup = ProtectionSetup("custom")
    setup.mains.rocof_mhz_s = 50000
    setup.mains.quality = WARM_UP_LONG
    assert setup.trip_ms(2000) is None
    setup.mains.quality = 0
    assert setup.trip_ms(2000) == 500


def test_power_that_nobody_commanded_ceases_and_keeps_from_returning():
    setup = ProtectionSetup("custom")
    assert setup.protection.update(setup.mains, setup.now, True) == CEASED
    assert setup.protection.trip == errors.POWER_UNCOMMANDED
    assert setup.protection.update(setup.mains, setup.now, True) == CEASED
    assert setup.protection.update(setup.mains, setup.now, False) == RETURNING
    assert setup.protection.update(setup.mains, setup.now, True) == CEASED
    setup = ProtectionSetup("custom")
    setup.mains.volts(49)
    assert setup.protection.update(setup.mains, setup.now, True) == CEASED
    assert setup.protection.trip == errors.MAINS_LOST, "what the mains do comes first"


def test_the_voltage_window_holds_its_ends():
    setup = ProtectionSetup()
    setup.protection.samples_lost()
    for pct, state in ((84, CEASED), (85, RETURNING), (111, CEASED), (110, RETURNING)):
        setup.mains.volts(pct)
        setup.run(10)
        assert setup.protection.state == state, pct


def test_the_spread_of_the_return_is_no_longer_than_its_delay():
    for delay_ms, spread_ms, most_ms in ((2000, 10000, 4000), (20000, 1000, 21000), (2000, 0, 2000)):
        setup = ProtectionSetup("custom", LATE, return_delay_ms=delay_ms, return_spread_ms=spread_ms)
        setup.protection.samples_lost()
        took_ms = setup.until_it_runs() - 10  # the window is seen at the first step
        assert most_ms - 100 <= took_ms <= most_ms, (delay_ms, spread_ms)


def test_before_any_trip_a_mains_that_leaves_its_window_is_safe():
    protection = Protection(Parameters())
    mains = MainsEstimate()
    assert protection.update(mains, 0) == RETURNING
    mains.at(50101)
    assert protection.update(mains, 10) == SAFE
    mains.at(50000)
    assert protection.update(mains, 400) == RETURNING
    protection.samples_lost()
    assert protection.state == SAFE
    protection.samples_lost()
    assert (protection.state, protection.trip) == (SAFE, errors.NO_FAULT)
    assert protection.update(mains, 600) == RETURNING
    assert protection.update(mains, 1099) == RETURNING
    assert protection.update(mains, 1100) == RUN


def test_who_was_put_to_safe_stays_so_outside_the_window():
    setup = ProtectionSetup("custom")
    setup.protection.samples_lost()
    setup.protection.enabled = False
    setup.run(10)
    setup.protection.enabled = True
    setup.protection.samples_lost()
    assert setup.protection.state == SAFE
    setup.mains.at(50101)
    setup.run(10)
    assert setup.protection.state == SAFE


def test_a_late_step_on_the_ramp_is_its_end():
    setup = ProtectionSetup(enter_at_start=1)
    setup.now = ticks.add(setup.now, 600000)
    setup.protection.update(setup.mains, setup.now)
    assert setup.protection.enter_permille == 1000


def test_service_is_entered_at_once_without_a_ramp():
    assert ProtectionSetup("custom", enter_at_start=1).protection.enter_permille == 1000


def test_the_late_identity_is_late():
    assert share_of(LATE) > SHARES * 95 // 100
