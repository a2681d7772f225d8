"""The fleet model against the firmware's own controllers: the same estimates in, the same answer out, to the watt.

`python tests/mutation/run.py fleet` plants defects into the model and looks whether these tests notice.
"""

from fleet_draws import AT_60, FINE, fleets, stories
from fleet_story import Story
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkeel import errors, ticks
from gridkeel.sensing import quality
from gridkeel.services import events, fast_reserve
from gridkeel.services.grid_codes.listed import TRIP_PROFILES, number
from gridkeel.services.protection import BLOCKED, CEASED, RUN


@settings(max_examples=250, deadline=None)
@given(fleets(), st.integers(0, ticks.MASK), stories)
def test_model_and_firmware_give_the_same_answers(changes, now_ms, played):
    story = Story(changes, now_ms)
    for action in played:
        story.act(action)


def counted(story, deviation_uhz, blocks, state=RUN):
    """Play blocks at a deviation and return how many of them each charger was in a state."""
    story.see(long=deviation_uhz)
    counts = [0] * story.pair.n
    for _ in range(blocks):
        story.blocks(1)
        counts = [count + (one == state) for count, one in zip(counts, story.states, strict=True)]
    return counts


def test_the_whole_round_of_states_across_the_wrap_of_the_tick():
    changes = [{"return_delay_ms": 1000 + 500 * k, "trip_frequency_ms": 100 + 40 * k, "stagger": 0} for k in range(3)]
    story = Story(changes, ticks.MASK - 3500)
    counted(story, 0, 300)
    permitted_w = story.pair.model.permitted_w
    assert story.states == [RUN] * 3 and (permitted_w == 3000).all()
    counted(story, -300_000, 10)
    assert (story.pair.model.permitted_w == 3000 - 7400 * 280 // 480).all()
    assert counted(story, 1_600_000, 40) == [10, 14, 18]
    assert story.states == [CEASED] * 3 and (story.pair.model.permitted_w == 0).all()
    assert counted(story, 0, 250) == [150, 100, 50]
    assert counted(story, 1_600_000, 40) == [10, 14, 18]


def test_rocof_clock_starts_over_after_calm():
    story = Story([{"trip_rocof_ms": 60, "stagger": 0}])
    for rocof, blocks, state in ((5000, 5, RUN), (0, 3, RUN), (5000, 6, RUN), (5000, 1, CEASED)):
        story.see(rocof_mhz_s=rocof)
        story.blocks(blocks)
        assert story.states == [state]


def test_droop_follows_the_short_window_while_the_long_one_warms_up():
    story = Story([{}])
    story.see(long=-100_000, apart=10_000, bits=quality.WARM_UP_LONG)
    story.blocks(1)
    assert story.pair.model.services.droop.power_w[0] == -7400 * 70 // 480 + 1


def test_of_two_clocks_that_run_out_together_the_frequency_is_named():
    story = Story([{"trip_rocof_ms": 100, "stagger": 0}])
    story.see(long=1_600_000, rocof_mhz_s=5000)
    story.blocks(11)
    assert story.pair.model.services.protection.trip[0] == errors.OVER_FREQUENCY


def test_a_full_battery_that_falls_silent_may_be_charged():
    story = Story([{}])
    for soc in (9500, -1, 9460, 9449):
        story.readings = [{**story.readings[0], "soc_pct_x100": soc}]
        story.blocks(1)


def test_a_running_clock_goes_on_through_doubt():
    story = Story([{"trip_frequency_ms": 100, "stagger": 0}])
    story.see(long=1_600_000)
    story.blocks(5)
    story.see(long=0, bits=quality.LOW_VOLTAGE)
    story.blocks(5)
    assert story.states == [RUN]
    story.blocks(1)
    assert story.states == [CEASED]
    assert story.pair.model.services.protection.trip[0] == errors.OVER_FREQUENCY


def test_a_return_starts_every_clock_over():
    story = Story([{"trip_frequency_ms": 100, "return_delay_ms": 1000, "stagger": 0}])
    story.see(long=1_600_000)
    story.blocks(20, until_a_state_changes=True)
    story.see()
    for _ in range(2):  # the window, then the delay
        story.blocks(200, until_a_state_changes=True)
    assert story.states == [RUN]
    assert counted(story, 1_600_000, 20) == [10]


def test_a_return_starts_the_rocof_clock_over():
    story = Story([{"trip_rocof_ms": 60, "return_delay_ms": 1000, "stagger": 0}])
    for _ in range(2):
        story.see(rocof_mhz_s=5000)
        story.blocks(6)
        assert story.states == [RUN]
        story.blocks(1)
        assert story.states == [CEASED]
        story.see()
        for _ in range(2):
            story.blocks(200, until_a_state_changes=True)
        assert story.states == [RUN]


def test_primary_response_does_not_pull_a_base_over_power_max_down():
    story = Story([{"baseline_w": 4000, "power_max_w": 2000, "setpoint_ramp_w_s": 1000000}])
    story.see(long=100_000)
    story.blocks(5)
    assert story.pair.model.requested_w[0] == 4000


def test_a_slow_lag_arrives():
    # One watt past the deadband, 60 s to 90 % of it: each block's part is under a milliwatt.
    story = Story([{"droop_response_ms": 60000, "response_latency_ms": 0}])
    story.see(long=20_000 + 65)
    story.blocks(600)
    assert story.pair.model.services.droop.target_w[0] == 1
    assert story.pair.model.services.droop.power_w[0] == 1


def test_hysteresis_holds_on_either_side_and_through_doubt():
    for side in (1, -1):
        story = Story([{"droop_hysteresis_mhz": 100, "stagger": 0}])
        droop = story.pair.model.services.droop
        story.see(long=side * 300_000)
        story.blocks(1)
        full_w = int(droop.power_w[0])
        assert full_w == (7400 * 280 // 480 if side > 0 else -(7400 * 280 // 480))
        story.see(long=side * 20_000, bits=quality.OUT_OF_RANGE)
        story.blocks(1)
        story.see(long=side * 210_000)
        story.blocks(1)
        assert droop.power_w[0] == full_w
        story.see(long=side * 190_000)
        story.blocks(1)
        assert abs(droop.power_w[0]) < abs(full_w)


def test_a_block_ends_only_where_the_estimate_can_be_used():
    story = Story([{**AT_60, "trip_profile": number(TRIP_PROFILES, "ieee1547-cat3")}])
    for cycle_mv, bits, wanted in ((114_999, 0, BLOCKED), (230_000, quality.WARM_UP_SHORT, BLOCKED), (230_000, 0, RUN)):
        story.see(cycle_mv=cycle_mv, bits=bits)
        story.blocks(1)
        assert story.states == [wanted]


def test_a_high_voltage_ceases_where_the_table_says_so():
    for name, state in (("ieee1547-cat3", BLOCKED), ("ieee1547-cat2", RUN)):
        story = Story([{**AT_60, "trip_profile": number(TRIP_PROFILES, name)}])
        for cycle_mv, wanted in ((253_000, RUN), (253_001, state), (253_000, RUN)):
            story.see(cycle_mv=cycle_mv)
            story.blocks(1)
            assert story.states == [wanted]


def test_trips_spread_over_seconds():
    story = Story([{"trip_spread_ms": 3000, "trip_frequency_ms": 100}] * 3)
    ran = counted(story, 1_600_000, 320)
    places = [one.protection.spread.share for one in story.pair.firmware]
    assert ran == [-(-(100 + 3000 * place // 1024) // 10) for place in places]
    assert max(ran) - min(ran) > 100


def test_long_clocks_of_a_table_spread_by_their_length():
    table = {**AT_60, "trip_profile": number(TRIP_PROFILES, "ieee1547-cat3"), "trip_spread_ms": 10_000}
    story = Story([table] * 3)
    story.see(long=1_300_000)
    story.blocks(300, 1000)
    assert story.states == [RUN] * 3
    ran = counted(story, 1_300_000, 100)
    # 300 s less 100 ms of latency, less each one's part of 33 ms and 600 ms.
    places = [one.protection.spread.share for one in story.pair.firmware]
    assert ran == [-(-(900 - (633 * place >> 10)) // 10) - 1 for place in places]


def test_a_frozen_base_that_was_cut_off_does_not_come_back_by_itself():
    common = {"droop_frozen_base": 1, "regulation_w": 4000, "regulation_ramp_w_s": 1000000}
    story = Story([{**common, "setpoint_ramp_w_s": 1000000}])
    story.pair.regulate([5000], story.now_ms)
    story.blocks(5)
    story.see(long=100_000)
    story.blocks(5)
    assert story.pair.model.arbiter.base_w[0] == 5000
    for driving in (False, True):
        story.readings = [{**FINE, "driving": driving}]
        story.blocks(2)
        assert story.pair.model.arbiter.base_w[0] == 0


def test_a_whole_cycle_of_the_fast_reserve():
    rows = [fast_reserve.NAMES.index(f"nordic-ffr-{name}") for name in ("49.7", "49.6", "49.7-long")]
    story = Story([{"fast_reserve": row, "fast_reserve_w": 5000, "droop_deadband_mhz": 1000} for row in rows])
    story.see(long=-350_000)
    story.blocks(10)
    reserve = story.pair.model.services.reserve
    assert reserve.power_w.tolist() == [-5000, 0, -5000]
    story.see()
    story.blocks(990)
    assert reserve.power_w.tolist() == [-50, 0, -5000]
    story.blocks(5)
    assert reserve.state.tolist() == [fast_reserve.RESTING, fast_reserve.READY, fast_reserve.ACTIVE]
    story.blocks(30, 1000)
    assert reserve.state.tolist() == [fast_reserve.RESTING, fast_reserve.READY, fast_reserve.RESTING]
    story.blocks(900, 1000)
    assert reserve.state.tolist() == [fast_reserve.READY] * 3
    story.see(long=-450_000)
    story.blocks(10)
    assert reserve.power_w.tolist() == [-5000] * 3


def test_a_jump_of_the_phase_does_not_trigger_the_fast_reserve():
    story = Story([{"fast_reserve": 1, "fast_reserve_w": 5000, "fast_reserve_confirm_ms": 0}])
    for bits, state in ((quality.PHASE_JUMP, fast_reserve.READY), (0, fast_reserve.ACTIVE)):
        story.see(long=-400_000, bits=bits)
        story.blocks(3)
        assert story.pair.model.services.reserve.state[0] == state


def test_a_share_of_the_regulation_is_rounded_down_and_lives_to_its_expiry():
    common = {"regulation_w": 4000, "regulation_ramp_w_s": 1000000, "regulation_expiry_ms": 1000}
    story = Story([common, {**common, "regulation_fallback": 1}])
    story.pair.regulate([-3333, 3333], story.now_ms)
    regulation = story.pair.model.services.regulation
    story.blocks(99)
    assert regulation.power_w.tolist() == [-1334, 1333] and regulation.alive.all()
    story.blocks(1)
    assert regulation.power_w.tolist() == [0, 0] and not regulation.alive.any()


def test_regulation_expires_into_its_fallback_and_an_event_leaves_none_of_it():
    common = {"regulation_w": 4000, "regulation_ramp_w_s": 1000000, "setpoint_ramp_w_s": 1000000}
    story = Story([{**common, "regulation_fallback": -2500}] * 2)
    story.pair.regulate([5000, -10000], story.now_ms)
    story.blocks(10, 100)
    assert story.pair.model.arbiter.base_w.tolist() == [5000, -1000]
    story.pair.demand([(events.SHED, 0, 60, 1000, 0), (events.CANCEL, 0, 0, 0, 0)], story.now_ms)
    story.blocks(1)
    assert story.pair.model.arbiter.base_w.tolist() == [4000, -1000]
    story.blocks(200, 100)
    assert story.pair.model.arbiter.base_w.tolist() == [4000, 2000]


def test_the_deepest_payback_and_what_a_refused_event_leaves_alone():
    story = Story([{"setpoint_ramp_w_s": 1000000}])
    story.pair.demand([(events.SHIFT, 0, 10, 300, 1)], story.now_ms)
    story.blocks(1)
    assert story.pair.model.services.events.state[0] == events.ACTIVE
    story.pair.demand([(events.SHIFT, 0, 10, 300, 10)], story.now_ms)
    story.blocks(101, 100)
    assert story.pair.model.services.events.state[0] == events.RECOVERING
    assert story.pair.model.services.events.delta_w[0] == 3000


def test_an_event_comes_at_each_ones_place_and_is_shifted():
    story = Story([{"demand_response_spread_s": 60, "setpoint_ramp_w_s": 1000000}] * 3)
    story.pair.demand([(events.SHIFT, 1, 30, 2000, 20)] * 3, story.now_ms)
    begun = [None] * 3
    for block in range(1200):
        story.blocks(1, 100)
        for k, state in enumerate(story.pair.model.services.events.state):
            if state == events.ACTIVE and begun[k] is None:
                begun[k] = block
    places = [one.protection.spread.share for one in story.pair.firmware]
    assert all(
        abs(block * 100 - 1000 - 60000 * place / 1024) <= 200 for block, place in zip(begun, places, strict=True)
    )
    assert story.pair.model.services.events.state.tolist() == [events.IDLE] * 3


def test_a_plan_is_followed_to_its_end():
    story = Story(
        [{"plan_charge_w": 6000 + k, "plan_discharge_w": 1000 * k, "setpoint_ramp_w_s": 1000000} for k in range(3)]
    )
    story.pair.plan(7, 60, [0, 500, 1000], 0, (0, 1000), story.now_ms)
    story.blocks(30, 1000)
    for wanted in ([6000, 6001, 6002], [0, 0, 0], [0, -1000, -2000], [3000, 3000, 3000]):
        story.blocks(20, 1000)
        assert story.pair.model.arbiter.base_w.tolist() == wanted
        story.blocks(40, 1000)
