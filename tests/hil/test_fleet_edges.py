"""Edges of the fleet model that a drawn story hardly meets; `Story.blocks` holds it against the firmware in each."""

import numpy as np
from fleet_draws import AT_60, FINE
from fleet_story import Story

from gridkeel import errors
from gridkeel.services import events, fast_reserve
from gridkeel.services.grid_codes.listed import TRIP_PROFILES, number
from gridkeel.services.lag import Lag
from gridkeel.services.protection import CEASED, RUN
from gridkeel.services.ramp import Ramp
from studies.fleet.lag import FleetLag, FleetRamp


def test_a_voltage_s_clock_is_shorter_by_half_of_the_latency():
    table = {**AT_60, "trip_profile": number(TRIP_PROFILES, "ieee1547-cat2"), "response_latency_ms": 100}
    story = Story([table])
    story.see(voltage_mv=253_001)
    story.blocks(195)
    assert story.states == [RUN]
    story.blocks(1)
    assert story.states == [CEASED]


def test_primary_response_does_not_pull_a_base_under_power_min_up():
    story = Story([{"baseline_w": -4000, "power_min_w": -2000, "setpoint_ramp_w_s": 1000000}])
    story.see(long=-100_000)
    story.blocks(5)
    assert story.pair.model.requested_w[0] == -4000


def test_a_signal_that_comes_while_the_base_is_frozen_waits():
    common = {"droop_frozen_base": 1, "regulation_w": 4000, "regulation_ramp_w_s": 1000000}
    story = Story([{**common, "setpoint_ramp_w_s": 1000000}])
    story.see(long=100_000)
    story.blocks(5)
    story.pair.regulate([5000], story.now_ms)
    story.blocks(5)
    assert story.pair.model.arbiter.base_w[0] == 3000
    story.see()
    story.blocks(5)
    assert story.pair.model.arbiter.base_w[0] == 5000


def battery(story, *charges):
    """Return the commands with these states of charge, one after the other."""
    found = []
    for soc_pct_x100 in charges:
        story.readings = [{**FINE, "soc_pct_x100": soc_pct_x100}]
        story.blocks(1)
        found.append(int(story.pair.model.permitted_w[0]))
    return found


def test_a_battery_of_unknown_charge_is_not_discharged():
    story = Story([{"baseline_w": 0}])
    story.see(long=-300_000)
    known_w, unknown_w, again_w = battery(story, 6000, -1, 6000)
    assert known_w == again_w < 0 and unknown_w == 0


def test_the_reserve_is_left_with_hysteresis():
    story = Story([{"baseline_w": 0, "soc_reserve_pct_x100": 4000}])
    story.see(long=-300_000)
    commands_w = battery(story, 4001, 4000, 4001, 4049, 4050)
    assert [power_w < 0 for power_w in commands_w] == [True, False, False, False, True]


def test_a_fast_reserve_is_not_ready_again_while_the_frequency_is_low():
    row = fast_reserve.NAMES.index("nordic-ffr-49.7")
    story = Story([{"fast_reserve": row, "fast_reserve_w": 5000, "droop_deadband_mhz": 1000}])
    story.see(long=-350_000)
    story.blocks(1100, 1000)
    assert story.pair.model.services.reserve.state.tolist() == [fast_reserve.RESTING]
    story.see()
    story.blocks(1, 1000)
    assert story.pair.model.services.reserve.state.tolist() == [fast_reserve.READY]


def test_an_event_ends_at_the_millisecond():
    for kind in (events.SHED, events.SHIFT):
        story = Story([{"demand_response_spread_s": 0, "setpoint_ramp_w_s": 1000000}])
        story.pair.demand([(kind, 0, 1, 500, 1)], story.now_ms)
        story.blocks(19, 100)
        assert story.pair.model.services.events.state[0] == events.RECOVERING
        story.blocks(1, 100)
        assert story.pair.model.services.events.state[0] == events.IDLE


def test_an_event_that_waits_is_replaced_and_one_that_runs_is_not():
    story = Story([{"demand_response_spread_s": 0, "setpoint_ramp_w_s": 1000000}])
    found = story.pair.model.services.events
    for depth_w in (500, 1500):
        story.pair.demand([(events.SHED, 1, 60, depth_w, 0)], story.now_ms)
    story.blocks(12, 100)
    assert found.state[0] == events.ACTIVE and found.delta_w[0] == -1500
    story.pair.demand([(events.SHED, 0, 60, 500, 0)], story.now_ms)
    story.blocks(5, 100)
    assert found.delta_w[0] == -1500


def test_of_two_clocks_of_the_table_the_first_row_is_named():
    story = Story([{"trip_frequency_ms": 100, "stagger": 0, "trip_spread_ms": 0}])
    story.see(long=-4_000_000)
    story.blocks(10)
    assert story.states == [RUN]
    story.see(long=-4_000_000, cycle_mv=50_000)
    story.blocks(1)
    assert story.states == [CEASED]
    assert story.pair.model.services.protection.trip[0] == errors.MAINS_LOST


def test_lags_follow_as_one_does_whatever_the_clock_says():
    responses_ms = np.array([0, 1, 19, 20, 21, 2000])
    for elapsed_ms in (-5, 0, 1, 20, 25):
        model, firmware = FleetLag(6), [Lag() for _ in responses_ms]
        for target_w in (1000, 1000, -7, 0):
            expected_w = [
                one.follow(target_w, elapsed_ms, int(ms)) for one, ms in zip(firmware, responses_ms, strict=True)
            ]
            assert model.follow(np.full(6, target_w), elapsed_ms, responses_ms).tolist() == expected_w, elapsed_ms


def test_a_slow_lag_arrives_at_its_last_watt():
    model = FleetLag(1)
    found = [int(model.follow(np.array([1]), 20, np.array([90000]))[0]) for _ in range(600)]
    assert (found[0], found[-1]) == (0, 1)


def test_ramps_approach_as_one_does_whatever_the_clock_says():
    rates_w_s = np.array([10, 1000, 1000000])
    flows = np.array([True] * 3)
    for elapsed_ms in (-5, 0, 1, 1000, 1500):
        model, firmware = FleetRamp(3), [Ramp() for _ in rates_w_s]
        for target_w in (1000,) * 200 + (-7, 0):
            expected_w = [
                one.approach(target_w, int(rate), elapsed_ms) for one, rate in zip(firmware, rates_w_s, strict=True)
            ]
            model.approach(np.full(3, target_w), rates_w_s, elapsed_ms, flows, None)
            assert model.power_w.tolist() == expected_w, elapsed_ms


def test_a_ramp_that_is_held_stays_to_the_milliwatt():
    ramp = FleetRamp(2)
    rates_w_s, held, flows = np.array([1000, 1000]), np.array([True, False]), np.array([True, True])
    for _ in range(1000):
        ramp.approach(np.array([2000, 2000]), rates_w_s, 10, flows, held)
    assert ramp.power_w.tolist() == [0, 2000]
