"""The trips of each profile are those of its source, threshold by threshold and clock by clock."""

from gridkeel import errors
from gridkeel.params import Parameters
from gridkeel.services.grid_codes.listed import GRID_CODES, TRIP_PROFILES, number

OVER_HZ, UNDER_HZ = errors.OVER_FREQUENCY, errors.UNDER_FREQUENCY
OVER_V, UNDER_V = errors.OVER_VOLTAGE, errors.UNDER_VOLTAGE
SAMPLES, MAINS = errors.SAMPLES_LOST, errors.MAINS_LOST

# IEEE 1547-2018, table 18: all categories alike
FREQUENCY_1547 = ((OVER_HZ, 62000, 160), (OVER_HZ, 61200, 300000), (UNDER_HZ, 58500, 300000), (UNDER_HZ, 56500, 160))
# tables 11 to 13: per mille of the nominal voltage, ms
EXPECTED = {
    "ieee1547-cat1": FREQUENCY_1547
    + ((OVER_V, 1200, 160), (OVER_V, 1100, 2000), (UNDER_V, 700, 2000), (UNDER_V, 450, 160), (SAMPLES, 0, 660)),
    "ieee1547-cat2": FREQUENCY_1547
    + ((OVER_V, 1200, 160), (OVER_V, 1100, 2000), (UNDER_V, 700, 10000), (UNDER_V, 450, 160), (SAMPLES, 0, 660)),
    "ieee1547-cat3": FREQUENCY_1547
    + ((OVER_V, 1200, 160), (OVER_V, 1100, 13000), (UNDER_V, 880, 21000), (UNDER_V, 500, 2000), (SAMPLES, 0, 2500)),
    "en50549": (  # the defaults of a grid monitor by EN 50549
        (OVER_HZ, 51500, 200),
        (UNDER_HZ, 47500, 200),
        (OVER_V, 1150, 200),
        (UNDER_V, 850, 1500),
        (MAINS, 500, 0),
        (SAMPLES, 0, 300),
    ),
}


SIXTY = {"nominal_hz": 60, "trip_under_mhz": 56500, "trip_over_mhz": 62000, "return_low_mhz": 59500}


def trips_of(one):
    """Return (fault, limit, ms) of each trip in the order of EXPECTED."""
    named = (
        (OVER_HZ, one.over_frequency_trips),
        (UNDER_HZ, one.under_frequency_trips),
        (OVER_V, one.over_voltage_trips),
        (UNDER_V, one.under_voltage_trips),
        (MAINS, one.loss_of_mains),
        (SAMPLES, ((0, one.no_estimate_ms),)),
    )
    return tuple([(fault, limit, clock_ms) for fault, pairs in named for limit, clock_ms in pairs])


def test_the_lists_give_the_trips_of_the_sources():
    assert {one.name for one in TRIP_PROFILES} == set(EXPECTED)
    for one in TRIP_PROFILES + tuple([code for code in GRID_CODES if code.name in EXPECTED]):
        assert trips_of(one) == EXPECTED[one.name], one.name


def test_every_trip_that_a_device_reads_is_that_of_its_source():
    assert {profile.name for profile in TRIP_PROFILES} == set(EXPECTED)
    for name, trips in EXPECTED.items():
        changes = {"trip_profile": number(TRIP_PROFILES, name)}
        if name.startswith("ieee1547"):
            changes.update(SIXTY, return_high_mhz=60100)
        grid = Parameters(changes).grid
        faults, limits, clocks_ms = grid.trip_faults, grid.trip_limits, grid.trip_clocks_ms
        assert len(faults) == len(limits) == len(clocks_ms)
        assert tuple([(faults[k], limits[k], clocks_ms[k]) for k in range(len(faults))]) == trips, name
