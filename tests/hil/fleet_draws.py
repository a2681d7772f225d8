"""Draws of the fleet model's property test: parameters, and a story of estimates and commands.

A story is made of actions that hold for some blocks, so that clocks get the time to run out.  An estimate is often
made from the one before it: doubt comes over a clock that runs, over a hysteresis that holds.
"""

from hypothesis import strategies as st

from gridkeel.sensing import quality
from gridkeel.services import events, fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, TRIP_PROFILES

CHARGERS = 3
DOUBTFUL = (quality.WARM_UP_SHORT, quality.LOW_VOLTAGE, quality.OUT_OF_RANGE)
BITS = (*DOUBTFUL, quality.WARM_UP_LONG, quality.CLIPPED, quality.BLOCK_LOST, quality.PHASE_JUMP)
NOMINAL_MV = 230_000

parameters = st.fixed_dictionaries(
    {
        "droop_deadband_mhz": st.integers(0, 1000),
        "droop_span_mhz": st.sampled_from([50, 480, 777, 2500, 10000]),
        "fast_switch_mhz": st.sampled_from([0, 15, 1000]),
        "baseline_w": st.integers(-12000, 12000),
        "setpoint_ramp_w_s": st.sampled_from([10, 777, 2000, 1000000]),
        "charge_max_w": st.sampled_from([0, 7400, 11001, 50000]),
        "discharge_max_w": st.sampled_from([0, 3333, 7400, 50000]),
        "v2g_enable": st.integers(0, 1),
        "trip_frequency_ms": st.sampled_from([20, 100, 160]),
        "trip_rocof_mhz_s": st.sampled_from([3001, 4000]),
        "trip_rocof_ms": st.sampled_from([20, 60, 500]),
        "return_delay_ms": st.sampled_from([1000, 2000]),
        "start_delay_ms": st.sampled_from([0, 30, 500]),
        "droop_response_ms": st.sampled_from([0, 100, 333, 5000, 60000]),
        "droop_frozen_base": st.integers(0, 1),
        "droop_hysteresis_mhz": st.sampled_from([0, 0, 15, 500]),
        "droop_charge_max_w": st.sampled_from([1000, 50000]),
        "droop_discharge_max_w": st.sampled_from([1000, 50000]),
        "response_latency_ms": st.sampled_from([0, 100, 500]),
        "power_min_w": st.sampled_from([-50000, -2000]),
        "power_max_w": st.sampled_from([50000, 2000]),
        "stagger": st.integers(0, 1),
        "trip_spread_ms": st.sampled_from([0, 50, 3000]),
        "return_spread_ms": st.sampled_from([0, 700, 2000]),
        "enter_at_start": st.integers(0, 1),
        "enter_ramp_s": st.sampled_from([0, 1, 3]),
        "cable_max_w": st.sampled_from([3000, 50000]),
        "ev_charge_max_w": st.sampled_from([2500, 50000]),
        "ev_discharge_max_w": st.sampled_from([2500, 50000]),
        "fast_reserve_w": st.sampled_from([0, 2960, 2961, 50000]),
        "fast_reserve_confirm_ms": st.sampled_from([0, 40, 500]),
        "regulation_w": st.sampled_from([0, 3000, 50000]),
        "regulation_ramp_w_s": st.sampled_from([10, 999, 1000000]),
        "regulation_expiry_ms": st.sampled_from([1000, 10000]),
        "regulation_fallback": st.sampled_from([-3333, 0, 10000]),
        "demand_response_spread_s": st.sampled_from([0, 0, 1, 5, 3600]),
        "plan_charge_w": st.sampled_from([0, 7400, 50000]),
        "plan_discharge_w": st.sampled_from([0, 5000, 50000]),
    }
)
# What a whole fleet shares: nominal frequency with its window and limits, droop profile, trip table.
AT_50 = {"nominal_hz": 50}
AT_60 = {
    "nominal_hz": 60,
    "trip_over_mhz": 62000,
    "trip_under_mhz": 56500,
    "return_low_mhz": 59500,
    "return_high_mhz": 60100,
}
CUSTOM = {**AT_50, "droop_profile": 0, "trip_profile": 0}


def _fitting(listed, nominal_hz):
    return [0] + [k for k, one in enumerate(listed, start=1) if one.nominal_hz == nominal_hz]


def _settings(common):
    """What a whole fleet shares: a droop and a trip profile, or a grid code."""
    nominal_hz = common["nominal_hz"]
    pairs = [
        (droop, trip) for droop in _fitting(DROOP_PROFILES, nominal_hz) for trip in _fitting(TRIP_PROFILES, nominal_hz)
    ]
    profiles = [{**common, "droop_profile": droop, "trip_profile": trip} for droop, trip in pairs]
    codes = [{**common, "grid_code": code} for code in _fitting(GRID_CODES, nominal_hz)[1:]]
    return st.one_of(st.sampled_from(profiles), st.sampled_from(profiles), st.sampled_from(codes))


shared = st.one_of(
    st.just(CUSTOM),
    *(_settings(common) for common in (AT_50, AT_60)),
)


@st.composite
def fleets(draw):
    """Parameters of every charger; each may have a fast reserve of its own."""
    common = draw(shared)
    nominal_hz = common["nominal_hz"]
    rows = [0, 0] + [k for k, row in enumerate(fast_reserve.TABLE) if row[fast_reserve.NOMINAL_HZ] == nominal_hz]
    changes = draw(st.lists(parameters, min_size=CHARGERS, max_size=CHARGERS))
    return [{**one, **common, "fast_reserve": draw(st.sampled_from(rows))} for one in changes]


# Calm values are as frequent as wild ones, or hardly a controller would ever come as far as running.
apart_uhz = st.one_of(st.just(0), st.integers(-20_000, 20_000), st.integers(-2_000_000, 2_000_000))
voltages = st.fixed_dictionaries(
    {
        "voltage_mv": st.sampled_from([NOMINAL_MV] * 4 + [195_500, 195_499, 100_000, 253_001, 280_000]),
        "cycle_mv": st.sampled_from([NOMINAL_MV] * 6 + [115_000, 114_999, 253_000, 253_001]),
    }
)
CALM = {"long": 0, "apart": 0, "rocof_mhz_s": 0, "voltage_mv": NOMINAL_MV, "cycle_mv": NOMINAL_MV, "bits": 0}
estimates = st.one_of(
    st.just({"from": "calm"}),
    # From the edge of the charger's own deadband on: answers of a few watts.
    st.fixed_dictionaries({"from": st.just("edge"), "past_uhz": st.integers(-5000, 5000)}),
    st.fixed_dictionaries({"from": st.just("near"), "long": st.integers(-700_000, 700_000)}),
    # Past every frequency limit there is.
    st.fixed_dictionaries(
        {
            "from": st.just("past"),
            "long": st.sampled_from([-4_000_000, 0, 2_500_000]),
            "apart": st.sampled_from([0, 0, -4_000_000, 4_000_000]),
        }
    ),
    # A voltage that sags or swells, and what the windows say of it.
    st.fixed_dictionaries(
        {
            "from": st.sampled_from(["calm", "same"]),
            "voltages": voltages,
            "bits": st.sampled_from((0, quality.LOW_VOLTAGE, quality.WARM_UP_SHORT)),
        }
    ),
    # What was, or something else, seen through doubt.
    st.fixed_dictionaries(
        {
            "from": st.sampled_from(["same", "calm", "near"]),
            "long": st.integers(-700_000, 700_000),
            "bits": st.sampled_from(DOUBTFUL),
        }
    ),
    st.fixed_dictionaries(
        {
            "from": st.just("wild"),
            "long": st.one_of(st.integers(-90_000, 90_000), st.integers(-4_000_000, 4_000_000)),
            "apart": apart_uhz,
            "rocof_mhz_s": st.one_of(st.just(0), st.integers(-400, 400), st.integers(-6000, 6000)),
            "voltages": voltages,
            "bits": st.sampled_from((0, 0, 0, *BITS)),
        }
    ),
)
FINE = {"charge_rating_w": 50000, "discharge_rating_w": 50000, "soc_pct_x100": 6000, "driving": True}
readings = st.one_of(
    st.just(FINE),
    st.fixed_dictionaries(
        {
            "charge_rating_w": st.sampled_from([0, 7400, 50000]),
            "discharge_rating_w": st.sampled_from([0, 5000, 50000]),
            "soc_pct_x100": st.sampled_from([-1, 0, 4000, 4001, 4050, 6000, 9450, 9451, 9500]),
            "driving": st.sampled_from([True, True, True, False]),
        }
    ),
)


def _each(strategy):
    return st.lists(strategy, min_size=CHARGERS, max_size=CHARGERS)


setpoints = _each(st.tuples(st.integers(-9000, 9000), st.sampled_from([-1, 0, 10, 300, 5000, 10**6])))
signals = _each(st.one_of(st.integers(-10000, 10000), st.just(10001)))
demands = _each(
    st.tuples(
        st.sampled_from([events.CANCEL, events.SHED, events.SHIFT, events.RESERVE, events.RESERVE + 1]),
        st.sampled_from([0, 0, 1, 3, events.START_MAX_S + 1]),
        st.sampled_from([0, 1, 2, 7, 300]),
        st.sampled_from([0, 500, 2999, 50000]),
        st.sampled_from([0, 1, 3, 10]),
    )
)
plans = st.tuples(
    st.integers(0, 255),
    st.sampled_from([60, 61, 3600]),
    st.lists(st.sampled_from([-500, 0, 99, 100, 101, 900]), min_size=1, max_size=8),
    st.sampled_from([-70, 0, 2, 100]),
    st.sampled_from([(0, 100), (99, 900)]),
)
commands = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.just("setpoint"), setpoints),
    st.tuples(st.just("regulate"), signals),
    st.tuples(st.just("demand"), demands),
    st.tuples(st.just("plan"), plans),
    st.tuples(st.just("enable"), _each(st.booleans())),
)
actions = st.fixed_dictionaries(
    {
        "estimates": _each(estimates),
        "readings": _each(readings),
        "blocks": st.integers(1, 30),
        # What happens next must also meet a state the moment it begins.
        "until_a_state_changes": st.booleans(),
        "period_ms": st.sampled_from([10, 10, 10, 20, 100, 1100, 7000, 400_000]),
        "command": commands,
        "lost": st.sampled_from([False] * 9 + [True]),
    }
)
stories = st.lists(actions, min_size=1, max_size=14)
