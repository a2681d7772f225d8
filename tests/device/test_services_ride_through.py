"""Protection by trip profile: clocks, momentary cessation, enter service, spread."""

from noalloc import without_heap
from protection_setup import ProtectionSetup

from gridkeel import errors, ticks
from gridkeel.errors import ParameterError
from gridkeel.params import Parameters
from gridkeel.sensing.quality import LOW_VOLTAGE, WARM_UP_SHORT
from gridkeel.services.protection import BLOCKED, CEASED, RETURNING, RUN
from gridkeel.services.spread import SHARES, Spread, share_of

LATENCY_MS = 100


def test_a_limit_of_the_custom_table_that_changes_is_taken_up_at_once():
    setup = ProtectionSetup("custom")
    setup.mains.at(49000)
    setup.run(500)
    assert setup.protection.state == RUN
    setup.parameters.update({"trip_under_mhz": 49100})
    assert setup.trip_ms(500) is not None
    assert setup.protection.trip == errors.UNDER_FREQUENCY


def test_ieee1547_frequency_trips_clear_by_their_time():
    for mhz, clock_ms, code in (
        (62001, 160, errors.OVER_FREQUENCY),
        (61201, 300000, errors.OVER_FREQUENCY),
        (58499, 300000, errors.UNDER_FREQUENCY),
        (56499, 160, errors.UNDER_FREQUENCY),
    ):
        setup = ProtectionSetup()
        setup.mains.at(mhz)
        step_ms = 10 if clock_ms < 1000 else 100
        assert setup.trip_ms(400000, step_ms) == clock_ms - LATENCY_MS, mhz
        assert setup.protection.trip == code
    for mhz in (61200, 58500):
        setup = ProtectionSetup()
        setup.mains.at(mhz)
        assert setup.trip_ms(400000, 500) is None


def test_ieee1547_rides_through_299_s_for_every_identity():
    for name in (b"a", b"d"):
        for mhz in (57000, 61800):
            setup = ProtectionSetup(identity=name, trip_spread_ms=10000)
            setup.mains.at(mhz)
            tripped = setup.trip_ms(400000, 100)
            assert 299000 <= tripped + LATENCY_MS <= 300000


def test_voltages_past_their_limits_trip_after_their_clocks():
    for pct, clock_ms, code in (
        (121, 160, errors.OVER_VOLTAGE),
        (111, 13000, errors.OVER_VOLTAGE),
        (87, 21000, errors.UNDER_VOLTAGE),
        (49, 2000, errors.UNDER_VOLTAGE),
    ):
        setup = ProtectionSetup()
        setup.mains.volts(pct)
        assert setup.trip_ms(40000) == clock_ms - LATENCY_MS // 2, pct
        assert setup.protection.trip == code
    for pct in (110, 88):
        setup = ProtectionSetup()
        setup.mains.volts(pct)
        assert setup.trip_ms(40000) is None
    for profile, clock_ms in (("ieee1547-cat1", 2000), ("ieee1547-cat2", 10000)):
        setup = ProtectionSetup(profile)
        setup.mains.volts(69)
        assert setup.trip_ms(40000) == clock_ms - LATENCY_MS // 2


def test_momentary_cessation_blocks_and_comes_back_at_once():
    setup = ProtectionSetup()
    setup.mains.volts(49)
    setup.run(1000)
    assert setup.protection.state == BLOCKED
    assert setup.protection.trip == errors.NO_FAULT
    setup.mains.volts(50)
    setup.mains.quality = WARM_UP_SHORT
    setup.run(100)
    assert setup.protection.state == BLOCKED
    setup.mains.quality = 0
    setup.run(10)
    assert setup.protection.state == RUN


def test_momentary_cessation_of_category_iii_over_110_pct():
    setup = ProtectionSetup()
    for pct, state in ((110, RUN), (111, BLOCKED), (110, RUN)):
        setup.mains.volts(pct)
        setup.run(10)
        assert setup.protection.state == state, pct
    for profile in ("ieee1547-cat1", "ieee1547-cat2", "en50549"):
        setup = ProtectionSetup(profile)
        setup.mains.volts(111)
        setup.run(100)
        assert setup.protection.state == RUN, profile


def test_a_blocked_controller_still_trips():
    setup = ProtectionSetup()
    setup.mains.volts(5)
    setup.mains.quality = LOW_VOLTAGE
    assert setup.trip_ms(5000) == 2000 - LATENCY_MS // 2
    setup = ProtectionSetup()
    setup.mains.volts(49)
    setup.run(500)
    setup.protection.samples_lost()
    assert setup.protection.state == CEASED


def test_without_momentary_cessation_a_lost_mains_ceases_at_once():
    setup = ProtectionSetup("en50549")
    setup.mains.volts(49)
    assert setup.trip_ms(1000) == 0
    assert setup.protection.trip == errors.MAINS_LOST


def test_a_doubtful_estimate_does_not_stop_a_running_clock():
    setup = ProtectionSetup("custom")
    setup.mains.at(47000)
    setup.run(50)
    setup.mains.at(50000)
    setup.mains.quality = WARM_UP_SHORT
    assert setup.trip_ms(1000) == 50
    assert setup.protection.trip == errors.UNDER_FREQUENCY


def test_clocks_start_over_when_the_limit_is_left():
    setup = ProtectionSetup()
    setup.mains.at(61500)
    setup.run(290000, 100)
    setup.mains.at(61000)
    setup.run(10)
    setup.mains.at(61500)
    assert setup.trip_ms(400000, 100) == 300000 - LATENCY_MS


def test_rocof_is_ridden_through():
    for profile, ride in (("ieee1547-cat1", 500), ("ieee1547-cat2", 2000), ("ieee1547-cat3", 3000)):
        setup = ProtectionSetup(profile)
        setup.mains.rocof_mhz_s = ride
        assert setup.trip_ms(5000) is None
        try:
            ProtectionSetup(profile, trip_rocof_mhz_s=ride)
        except ParameterError as error:
            assert "rides through" in str(error)
        else:
            raise AssertionError("taken")


def test_enter_service_waits_for_its_window_and_delay_and_ramps():
    setup = ProtectionSetup()
    setup.protection.samples_lost()
    for mhz in (59499, 60101):
        setup.mains.at(mhz)
        setup.run(1000)
        assert setup.protection.state == CEASED
    for mhz in (59500, 60100):
        setup.mains.at(mhz)
        setup.run(10)
        assert setup.protection.state == RETURNING
    setup.mains.volts(111)
    setup.run(100)
    assert setup.protection.state == CEASED
    setup.mains.volts(110)
    setup.run(10)
    assert setup.protection.state == RETURNING
    setup.run(299900, 100)
    assert setup.protection.state == RETURNING
    setup.run(100)
    assert setup.protection.state == RUN
    assert setup.protection.enter_permille == 0
    setup.run(150000, 100)
    assert setup.protection.enter_permille == 500
    setup.run(150000, 100)
    assert setup.protection.enter_permille == 1000
    setup.run(600000, 1000)
    assert setup.protection.enter_permille == 1000


def test_a_start_enters_service_only_where_it_is_configured():
    setup = ProtectionSetup()
    assert setup.protection.enter_permille == 1000
    assert ticks.diff(setup.now, ticks.MASK - 100) < 1000
    setup = ProtectionSetup(enter_at_start=1)
    assert setup.protection.enter_permille == 0
    assert ticks.diff(setup.now, ticks.MASK - 100) >= 300000


def test_without_an_enter_service_ramp_nothing_is_limited():
    assert ProtectionSetup("custom").protection.enter_permille == 1000


def test_identities_spread_evenly():
    tenths = [0] * 10
    for k in range(300):
        tenths[share_of(b"gk-%03d" % k) * 10 // SHARES] += 1
    assert min(tenths) > 15, tenths
    assert max(tenths) < 45, tenths


def test_spread_stays_in_its_window_and_can_be_switched_off():
    parameters = Parameters()
    for name in (b"a", b"bench-1", b"charger-77"):
        spread = Spread(parameters, name)
        for window_ms in (0, 1, 50, 1023, 1024, 10000, 3600000):
            offset = spread.of(window_ms)
            assert offset == 0 if not window_ms else 0 <= offset < window_ms
            assert abs(offset - window_ms * spread.share // SHARES) <= 1
    parameters.update({"stagger": 0})
    assert Spread(parameters, b"bench-1").of(10000) == 0


def test_trips_and_returns_are_staggered():
    places = sorted([(share_of(b"gk-%d" % k), b"gk-%d" % k) for k in range(60)])
    early, late = places[0][1], places[-1][1]
    for stagger in (1, 0):
        trips = []
        returns = []
        for name in (early, late):
            setup = ProtectionSetup("custom", name, stagger=stagger, start_delay_ms=0)
            setup.mains.at(47000)
            trips.append(setup.trip_ms(1000))
            setup.mains.at(50000)
            setup.run(59000)
            for _ in range(1200):
                if setup.protection.state == RUN:
                    break
                setup.run(10)
            returns.append(setup.now)
        assert trips[0] == 100
        assert (trips[1] >= 140) == bool(stagger)
        assert trips[1] <= 150
        assert (ticks.diff(returns[1], returns[0]) > 9000) == bool(stagger)


def test_no_heap():
    setups = [
        ProtectionSetup("ieee1547-cat3", b"one"),
        ProtectionSetup("custom", b"two"),
        ProtectionSetup("en50549", b"three"),
    ]
    for setup in setups:
        setup.mains.at(45000)

    def walk():
        for k in range(3):
            setup = setups[k]
            for _ in range(100):
                setup.now = ticks.add(setup.now, 10)
                setup.protection.update(setup.mains, setup.now)

    without_heap(walk)
    assert setups[1].protection.state == CEASED
