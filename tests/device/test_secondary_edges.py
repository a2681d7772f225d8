"""Secondary services at their edges: the ranges of a set-point, signal and plan, what a plan counts, a ramp's end."""

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.services.ramp import Ramp
from gridkeel.services.regulation import Regulation
from gridkeel.services.schedule import Plan
from gridkeel.services.setpoint import Setpoint

START = ticks.MASK - 2000
DAY_S = 86400


def plan_of(prices=(50, 200, 400), slot_s=60, start_in_s=0):
    """A plan that has come: charge up to 100, discharge from 300."""
    plan = Plan(Parameters({"plan_charge_w": 6000, "plan_discharge_w": 4000}))
    assert plan.begin(7, slot_s, len(prices), start_in_s, 100, 300, START)
    assert plan.put(7, 0, prices)
    return plan


def test_a_set_point_goes_to_the_rating_of_its_own_side():
    setpoint = Setpoint(Parameters({"charge_max_w": 7400, "discharge_max_w": 5000}))
    for power_w, taken in ((7400, True), (7401, False), (-5000, True), (-5001, False)):
        assert setpoint.set(power_w, 1000, 0) is taken, power_w


def test_a_signal_goes_to_the_whole_either_way():
    regulation = Regulation(Parameters({"regulation_w": 4000}))
    for share, taken in ((10000, True), (10001, False), (-10000, True), (-10001, False)):
        assert regulation.signal(share, 0) is taken, share


def test_the_interval_of_signals_takes_two_of_them():
    regulation = Regulation(Parameters({"regulation_w": 4000}))
    regulation.signal(100, 5000)
    assert regulation.interval_ms == 0
    regulation.signal(100, 7000)
    assert regulation.interval_ms == 2000


def test_a_signal_of_nothing_expires_into_its_fallback_too():
    regulation = Regulation(
        Parameters({"regulation_w": 4000, "regulation_fallback": 5000, "regulation_expiry_ms": 8000})
    )
    regulation.signal(0, 0)
    assert regulation.update(1000, True) == 0
    regulation.update(8000, False)
    assert regulation.expired and not regulation.alive
    for now_ms in range(8010, 20000, 10):
        regulation.update(now_ms, True)
        assert not regulation.expired
    assert regulation.power_w == 2000


def test_a_signal_that_ends_with_nothing_left_is_expired_once():
    regulation = Regulation(Parameters({"regulation_w": 4000, "regulation_fallback": 0, "regulation_expiry_ms": 8000}))
    regulation.signal(0, 0)
    for now_ms, expired in ((7990, False), (8000, True), (8010, False), (8020, False)):
        assert regulation.update(now_ms, True) == 0
        assert regulation.expired is expired, now_ms


def test_a_ramp_has_arrived_where_its_target_comes_to_it():
    ramp = Ramp()
    assert ramp.approach(1000, 100, 1000) == 100 and ramp.moving
    assert ramp.approach(100, 100, 1000) == 100 and not ramp.moving


def test_a_ramp_moves_by_its_rate_and_a_second_at_most():
    ramp = Ramp()
    assert ramp.approach(100, 1000, 0) == 0 and ramp.moving
    assert ramp.approach(100000, 1000, 5000) == 1000
    assert ramp.approach(100000, 1000, -5000) == 1000
    for target_w, moving in ((3000, False), (3001, True), (1000, False), (999, True)):
        ramp = Ramp()
        assert ramp.approach(1000, 1000, 1000) == 1000 and ramp.approach(2000, 1000, 1000) == 2000
        ramp.approach(target_w, 1000, 1000)
        assert ramp.moving is moving, target_w
    ramp.reset()
    assert (ramp.power_w, ramp.moving) == (0, False)


def test_a_plan_of_no_figure_out_of_range_is_taken():
    for slot_s, slots, start_in_s, taken in (
        (60, 1, 0, True),
        (59, 1, 0, False),
        (3600, 96, 0, True),
        (3601, 1, 0, False),
        (60, 97, 0, False),
        (60, 0, 0, False),
        (60, 1, DAY_S, True),
        (60, 1, DAY_S + 1, False),
        (60, 1, -DAY_S, True),
        (60, 1, -DAY_S - 1, False),
    ):
        plan = Plan(Parameters())
        assert plan.begin(1, slot_s, slots, start_in_s, 100, 300, START) is taken, (slot_s, slots, start_in_s)


def test_a_plan_is_counted_as_it_is_announced_complete_and_over_and_no_oftener():
    plan = plan_of()
    assert plan.revision == 2
    plan.put(7, 0, (50,))
    assert plan.update(START) and plan.revision == 2
    for _ in range(2):
        assert not plan.update(ticks.add(START, 180000))
        assert plan.revision == 3
    plan.revision = 0xFFFF
    plan.begin(8, 60, 1, 0, 100, 300, START)
    assert plan.revision == 0


def test_a_new_plan_ends_the_old_one_and_rules_once_each_of_its_slots_has_come():
    plan = plan_of((50,) * 96)
    assert plan.update(START) and plan.alive
    assert plan.begin(8, 60, 96, 0, 100, 300, START)
    assert not plan.alive and not plan.update(START)
    for _ in range(96):
        plan.put(8, 0, (50,))
    assert not plan.update(START), "one slot is no plan, however often it comes"
    for first in range(1, 96):
        assert not plan.update(START)
        plan.put(8, first, (50,))
    assert plan.update(START)


def test_what_comes_begins_with_the_slot_of_now():
    plan = Plan(Parameters())
    assert plan.upcoming(START, 7400) == ()
    plan.begin(7, 60, 2, 0, 100, 300, START)
    assert plan.upcoming(START, 7400) == ()
    plan = plan_of()
    assert plan.upcoming(START, 7400) == ((0, 6000), (60, 0))
    assert plan.upcoming(ticks.add(START, 1), 7400) == ((0, 6000), (59, 0))
    assert plan.upcoming(ticks.add(START, 61000), 7400) == ((0, 0),)
    assert plan.upcoming(ticks.add(START, -1000), 7400) == ((0, 7400), (1, 6000), (61, 0))
