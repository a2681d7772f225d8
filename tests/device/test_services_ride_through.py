from noalloc import without_heap
from trip_rig import Rig

from gridkeel import errors, ticks
from gridkeel.errors import ParameterError
from gridkeel.params import Parameters
from gridkeel.sensing.quality import LOW_VOLTAGE, WARM_UP_SHORT
from gridkeel.services.protection import BLOCKED, CEASED, RETURNING, RUN
from gridkeel.services.spread import SHARES, Spread, share_of

LATENCY_MS = 100


def test_a_limit_of_the_custom_table_that_changes_is_taken_up_at_once():
    rig = Rig("custom")
    rig.mains.at(49000)
    rig.run(500)
    assert rig.protection.state == RUN
    rig.parameters.update({"trip_under_mhz": 49100})
    assert rig.trip_ms(500) is not None
    assert rig.protection.trip == errors.UNDER_FREQUENCY


def test_ieee1547_frequency_trips_clear_by_their_time():
    for mhz, clock_ms, code in (
        (62001, 160, errors.OVER_FREQUENCY),
        (61201, 300000, errors.OVER_FREQUENCY),
        (58499, 300000, errors.UNDER_FREQUENCY),
        (56499, 160, errors.UNDER_FREQUENCY),
    ):
        rig = Rig()
        rig.mains.at(mhz)
        step_ms = 10 if clock_ms < 1000 else 100
        assert rig.trip_ms(400000, step_ms) == clock_ms - LATENCY_MS, mhz
        assert rig.protection.trip == code
    for mhz in (61200, 58500):
        rig = Rig()
        rig.mains.at(mhz)
        assert rig.trip_ms(400000, 500) is None


def test_ieee1547_rides_through_299_s_for_every_identity():
    for name in (b"a", b"d"):
        for mhz in (57000, 61800):
            rig = Rig(identity=name, trip_spread_ms=10000)
            rig.mains.at(mhz)
            tripped = rig.trip_ms(400000, 100)
            assert 299000 <= tripped + LATENCY_MS <= 300000


def test_voltage_trips():
    for pct, clock_ms, code in (
        (121, 160, errors.OVER_VOLTAGE),
        (111, 13000, errors.OVER_VOLTAGE),
        (87, 21000, errors.UNDER_VOLTAGE),
        (49, 2000, errors.UNDER_VOLTAGE),
    ):
        rig = Rig()
        rig.mains.volts(pct)
        assert rig.trip_ms(40000) == clock_ms - LATENCY_MS // 2, pct
        assert rig.protection.trip == code
    for pct in (110, 88):
        rig = Rig()
        rig.mains.volts(pct)
        assert rig.trip_ms(40000) is None
    for profile, clock_ms in (("ieee1547-cat1", 2000), ("ieee1547-cat2", 10000)):
        rig = Rig(profile)
        rig.mains.volts(69)
        assert rig.trip_ms(40000) == clock_ms - LATENCY_MS // 2


def test_momentary_cessation_blocks_and_comes_back_at_once():
    rig = Rig()
    rig.mains.volts(49)
    rig.run(1000)
    assert rig.protection.state == BLOCKED
    assert rig.protection.trip == errors.NO_FAULT
    rig.mains.volts(50)
    rig.mains.quality = WARM_UP_SHORT
    rig.run(100)
    assert rig.protection.state == BLOCKED
    rig.mains.quality = 0
    rig.run(10)
    assert rig.protection.state == RUN


def test_momentary_cessation_of_category_iii_over_110_pct():
    rig = Rig()
    for pct, state in ((110, RUN), (111, BLOCKED), (110, RUN)):
        rig.mains.volts(pct)
        rig.run(10)
        assert rig.protection.state == state, pct
    for profile in ("ieee1547-cat1", "ieee1547-cat2", "en50549"):
        rig = Rig(profile)
        rig.mains.volts(111)
        rig.run(100)
        assert rig.protection.state == RUN, profile


def test_a_blocked_controller_still_trips():
    rig = Rig()
    rig.mains.volts(5)
    rig.mains.quality = LOW_VOLTAGE
    assert rig.trip_ms(5000) == 2000 - LATENCY_MS // 2
    rig = Rig()
    rig.mains.volts(49)
    rig.run(500)
    rig.protection.samples_lost()
    assert rig.protection.state == CEASED


def test_without_momentary_cessation_a_lost_mains_ceases_at_once():
    rig = Rig("en50549")
    rig.mains.volts(49)
    assert rig.trip_ms(1000) == 0
    assert rig.protection.trip == errors.MAINS_LOST


def test_a_doubtful_estimate_does_not_stop_a_running_clock():
    rig = Rig("custom")
    rig.mains.at(47000)
    rig.run(50)
    rig.mains.at(50000)
    rig.mains.quality = WARM_UP_SHORT
    assert rig.trip_ms(1000) == 50
    assert rig.protection.trip == errors.UNDER_FREQUENCY


def test_clocks_start_over_when_the_limit_is_left():
    rig = Rig()
    rig.mains.at(61500)
    rig.run(290000, 100)
    rig.mains.at(61000)
    rig.run(10)
    rig.mains.at(61500)
    assert rig.trip_ms(400000, 100) == 300000 - LATENCY_MS


def test_rocof_is_ridden_through():
    for profile, ride in (("ieee1547-cat1", 500), ("ieee1547-cat2", 2000), ("ieee1547-cat3", 3000)):
        rig = Rig(profile)
        rig.mains.rocof_mhz_s = ride
        assert rig.trip_ms(5000) is None
        try:
            Rig(profile, trip_rocof_mhz_s=ride)
        except ParameterError as error:
            assert "rides through" in str(error)
        else:
            raise AssertionError("taken")


def test_enter_service_window_delay_and_ramp():
    rig = Rig()
    rig.protection.samples_lost()
    for mhz in (59499, 60101):
        rig.mains.at(mhz)
        rig.run(1000)
        assert rig.protection.state == CEASED
    for mhz in (59500, 60100):
        rig.mains.at(mhz)
        rig.run(10)
        assert rig.protection.state == RETURNING
    rig.mains.volts(111)
    rig.run(100)
    assert rig.protection.state == CEASED
    rig.mains.volts(110)
    rig.run(10)
    assert rig.protection.state == RETURNING
    rig.run(299900, 100)
    assert rig.protection.state == RETURNING
    rig.run(100)
    assert rig.protection.state == RUN
    assert rig.protection.enter_permille == 0
    rig.run(150000, 100)
    assert rig.protection.enter_permille == 500
    rig.run(150000, 100)
    assert rig.protection.enter_permille == 1000
    rig.run(600000, 1000)
    assert rig.protection.enter_permille == 1000


def test_a_start_enters_service_only_where_it_is_told_to():
    rig = Rig()
    assert rig.protection.enter_permille == 1000
    assert ticks.diff(rig.now, ticks.MASK - 100) < 1000
    rig = Rig(enter_at_start=1)
    assert rig.protection.enter_permille == 0
    assert ticks.diff(rig.now, ticks.MASK - 100) >= 300000


def test_no_ramp_is_no_limit():
    assert Rig("custom").protection.enter_permille == 1000


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
            rig = Rig("custom", name, stagger=stagger, start_delay_ms=0)
            rig.mains.at(47000)
            trips.append(rig.trip_ms(1000))
            rig.mains.at(50000)
            rig.run(59000)
            for _ in range(1200):
                if rig.protection.state == RUN:
                    break
                rig.run(10)
            returns.append(rig.now)
        assert trips[0] == 100
        assert (trips[1] >= 140) == bool(stagger)
        assert trips[1] <= 150
        assert (ticks.diff(returns[1], returns[0]) > 9000) == bool(stagger)


def test_no_heap():
    rigs = [Rig("ieee1547-cat3", b"one"), Rig("custom", b"two"), Rig("en50549", b"three")]
    for rig in rigs:
        rig.mains.at(45000)

    def walk():
        for k in range(3):
            rig = rigs[k]
            for _ in range(100):
                rig.now = ticks.add(rig.now, 10)
                rig.protection.update(rig.mains, rig.now)

    without_heap(walk)
    assert rigs[1].protection.state == CEASED
