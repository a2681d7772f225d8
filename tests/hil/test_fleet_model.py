"""The fleet model against the firmware's own controllers: the same estimates in, the same answer out, to the watt."""

from fleet_pair import Pair
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkeel import errors, ticks
from gridkeel.sensing import quality
from gridkeel.services import profiles, ride_through
from gridkeel.services.protection import CEASED, RUN

CHARGERS = 3
BITS = (
    quality.WARM_UP_SHORT,
    quality.WARM_UP_LONG,
    quality.LOW_VOLTAGE,
    quality.CLIPPED,
    quality.BLOCK_LOST,
    quality.OUT_OF_RANGE,
)

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
        "return_spread_ms": st.sampled_from([0, 700]),
        "enter_at_start": st.integers(0, 1),
        "enter_ramp_s": st.sampled_from([0, 1, 3]),
        "cable_max_w": st.sampled_from([3000, 50000]),
        "ev_charge_max_w": st.sampled_from([2500, 50000]),
        "ev_discharge_max_w": st.sampled_from([2500, 50000]),
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
shared = st.one_of(
    *(
        st.just({**(AT_60 if 60 in (droop[1], trips[1]) else AT_50), "droop_profile": one, "trip_profile": other})
        for one, droop in enumerate(profiles.TABLE)
        for other, trips in enumerate(ride_through.TABLE)
        if {droop[1], trips[1]} - {0} != {50, 60}
    )
)
# Calm values are as frequent as wild ones, or hardly a controller would ever come as far as running.
deviations_uhz = st.one_of(st.integers(-90_000, 90_000), st.integers(-4_000_000, 4_000_000))
estimates = st.fixed_dictionaries(
    {
        "long": deviations_uhz,
        "apart": st.one_of(st.just(0), st.integers(-20_000, 20_000), st.integers(-2_000_000, 2_000_000)),
        "rocof_mhz_s": st.one_of(st.just(0), st.integers(-400, 400), st.integers(-6000, 6000)),
        "voltage_mv": st.sampled_from([230_000, 230_000, 230_000, 195_500, 195_499, 100_000, 253_001, 280_000]),
        "cycle_mv": st.sampled_from([230_000, 230_000, 230_000, 230_000, 115_000, 114_999, 253_000, 253_001]),
        "bits": st.lists(st.sampled_from((0, 0, 0, 0, *BITS)), max_size=2),
    }
)
readings = st.fixed_dictionaries(
    {
        "charge_rating_w": st.sampled_from([0, 7400, 50000]),
        "discharge_rating_w": st.sampled_from([0, 5000, 50000]),
        "soc_pct_x100": st.sampled_from([-1, 0, 4000, 4001, 4050, 6000, 9450, 9451, 9500]),
        "driving": st.sampled_from([True, True, True, False]),
    }
)
setpoints = st.lists(st.tuples(st.integers(-9000, 9000), st.sampled_from([-1, 0, 10, 300, 5000, 10**6])), min_size=1)
# One action holds for a number of blocks, so that clocks get the time to run out.
actions = st.tuples(
    st.lists(estimates, min_size=CHARGERS, max_size=CHARGERS),
    st.lists(readings, min_size=CHARGERS, max_size=CHARGERS),
    st.integers(1, 12),
    st.sampled_from([10, 10, 20, 100, 1100]),
    st.one_of(st.none(), setpoints),
    st.sampled_from(["step", "step", "step", "step", "step", "lost", "safe", "run"]),
)


def estimate(drawn, nominal_uhz):
    bits = 0
    for bit in drawn["bits"]:
        bits |= bit
    long_uhz = nominal_uhz + drawn["long"]
    return {
        "freq_uhz": long_uhz,
        "freq_short_uhz": long_uhz + drawn["apart"],
        "rocof_mhz_s": drawn["rocof_mhz_s"],
        "voltage_mv": drawn["voltage_mv"],
        "cycle_mv": drawn["cycle_mv"],
        "quality": bits,
    }


CALM = {"long": 0, "apart": 0, "rocof_mhz_s": 0, "voltage_mv": 230_000, "cycle_mv": 230_000, "bits": []}
FINE = {"charge_rating_w": 7400, "discharge_rating_w": 7400, "soc_pct_x100": 6000, "driving": True}


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.just({**AT_50, "droop_profile": 0, "trip_profile": 0}), shared),
    st.lists(parameters, min_size=CHARGERS, max_size=CHARGERS),
    st.integers(0, ticks.MASK),
    st.lists(actions, min_size=1, max_size=12),
)
def test_model_and_firmware_give_the_same_answers(common, changes, now_ms, played):
    pair = Pair([{**one, **common} for one in changes])
    for _ in range(2):  # the longest start delay passes, and all of them run
        now_ms = ticks.add(now_ms, 1000)
        pair.step([estimate(CALM, pair.nominal_uhz)] * pair.n, [FINE] * pair.n, now_ms)
    for drawn, inverters, repeats, period_ms, wanted, kind in played:
        if wanted is not None:
            offered = [wanted[k % len(wanted)] for k in range(CHARGERS)]
            pair.setpoint([power for power, _ in offered], [life for _, life in offered], now_ms)
        if kind in ("safe", "run"):
            pair.enable([kind == "run" or k % 2 == 0 for k in range(CHARGERS)])
        mains = [estimate(one, pair.nominal_uhz) for one in drawn]
        for _ in range(repeats):
            now_ms = ticks.add(now_ms, period_ms)
            pair.step(mains, inverters, now_ms, lost=kind == "lost")
            assert pair.differences() == {}


def play(pair, now_ms, deviation_uhz, blocks):
    seen = []
    for _ in range(blocks):
        now_ms = ticks.add(now_ms, 10)
        mains = [estimate({**CALM, "long": deviation_uhz}, pair.nominal_uhz)] * pair.n
        pair.step(mains, [FINE] * pair.n, now_ms)
        assert pair.differences() == {}
        seen.append((pair.model.state.copy(), pair.model.command_w.copy()))
    return now_ms, seen


def test_the_whole_round_of_states_across_the_wrap_of_the_tick():
    changes = [{"return_delay_ms": 1000 + 500 * k, "trip_frequency_ms": 100 + 40 * k, "stagger": 0} for k in range(3)]
    pair = Pair(changes)
    now_ms, seen = play(pair, ticks.MASK - 1500, 0, 300)
    assert (seen[-1][0] == RUN).all() and (seen[-1][1] == 3000).all()
    now_ms, seen = play(pair, now_ms, -300_000, 10)
    assert (seen[-1][1] == 3000 - 7400 * 280 // 480).all()
    now_ms, seen = play(pair, now_ms, 1_600_000, 40)
    assert [int(sum(one[0][k] == RUN for one in seen)) for k in range(3)] == [10, 14, 18]
    assert (seen[-1][0] == CEASED).all() and (seen[-1][1] == 0).all()
    now_ms, seen = play(pair, now_ms, 0, 250)
    assert [int(sum(one[0][k] == RUN for one in seen)) for k in range(3)] == [150, 100, 50]
    now_ms, seen = play(pair, now_ms, 1_600_000, 40)
    assert [int(sum(one[0][k] == RUN for one in seen)) for k in range(3)] == [10, 14, 18]


def test_rocof_clock_starts_over_after_calm():
    pair = Pair([{"trip_rocof_ms": 60, "stagger": 0}])
    now_ms, _seen = play(pair, 0, 0, 60)
    for rocof, blocks, state in ((5000, 5, RUN), (0, 3, RUN), (5000, 6, RUN), (5000, 1, CEASED)):
        for _ in range(blocks):
            now_ms = ticks.add(now_ms, 10)
            pair.step([estimate({**CALM, "rocof_mhz_s": rocof}, pair.nominal_uhz)], [FINE], now_ms)
            assert pair.differences() == {}
        assert pair.model.state[0] == state


def test_droop_follows_the_short_window_while_the_long_one_warms_up():
    pair = Pair([{}])
    now_ms, _seen = play(pair, 0, 0, 60)
    mains = {**CALM, "long": -100_000, "apart": 10_000, "bits": [quality.WARM_UP_LONG]}
    pair.step([estimate(mains, pair.nominal_uhz)], [FINE], ticks.add(now_ms, 10))
    assert pair.differences() == {}
    assert pair.model.droop.power_w[0] == -7400 * 70 // 480 + 1


def test_of_two_clocks_that_run_out_together_the_frequency_is_named():
    pair = Pair([{"trip_rocof_ms": 100, "stagger": 0}])
    now_ms, _seen = play(pair, 0, 0, 60)
    for _ in range(11):
        now_ms = ticks.add(now_ms, 10)
        mains = estimate({**CALM, "long": 1_600_000, "rocof_mhz_s": 5000}, pair.nominal_uhz)
        pair.step([mains], [FINE], now_ms)
        assert pair.differences() == {}
    assert pair.model.protection.trip[0] == errors.OVER_FREQUENCY


def test_a_full_battery_that_falls_silent_may_be_charged():
    pair = Pair([{}])
    now_ms, _seen = play(pair, 0, 0, 60)
    for soc in (9500, -1, 9460, 9449):
        now_ms = ticks.add(now_ms, 10)
        pair.step([estimate(CALM, pair.nominal_uhz)], [{**FINE, "soc_pct_x100": soc}], now_ms)
        assert pair.differences() == {}
