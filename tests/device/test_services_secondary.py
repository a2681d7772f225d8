"""Secondary services: regulation, demand response, price plan."""

from noalloc import without_heap

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.services import events
from gridkeel.services.events import ACTIVE, IDLE, PENDING, RECOVERING, Event
from gridkeel.services.regulation import Regulation
from gridkeel.services.schedule import PRICES_A_MESSAGE, Plan
from gridkeel.services.spread import Spread

START = ticks.MASK - 2000


def regulation_of(**changes):
    changes.setdefault("regulation_w", 4000)
    return Regulation(Parameters(changes))


def test_regulation_follows_by_its_ramp():
    regulation = regulation_of()
    regulation.update(START, True)
    assert regulation.signal(-5000, START)
    assert regulation.update(ticks.add(START, 500), True) == -500
    assert regulation.update(ticks.add(START, 1000), True) == -1000
    regulation.update(ticks.add(START, 2000), True)
    assert regulation.update(ticks.add(START, 2500), True) == -2000
    assert regulation.signal(10000, ticks.add(START, 4000))
    assert regulation.interval_ms == 4000


def test_regulation_expires_into_its_fallback():
    for fallback, power_w in ((0, 0), (2500, 1000)):
        regulation = regulation_of(regulation_fallback=fallback, regulation_ramp_w_s=1000000)
        regulation.update(START, True)
        regulation.signal(10000, START)
        assert regulation.update(ticks.add(START, 9999), True) == 4000
        assert not regulation.expired
        regulation.update(ticks.add(START, 10000), True)
        assert regulation.expired
        assert regulation.update(ticks.add(START, 10100), True) == power_w
        assert not regulation.expired
        assert not regulation.alive


def test_regulation_refuses_what_it_cannot_follow():
    regulation = regulation_of()
    for share in (10001, -10001):
        assert not regulation.signal(share, 0)
    assert not regulation_of(regulation_w=0).signal(100, 0)
    assert not regulation.alive


def test_regulation_starts_from_zero_after_a_stop():
    regulation = regulation_of()
    regulation.update(START, True)
    regulation.signal(10000, START)
    regulation.update(ticks.add(START, 900), True)
    assert regulation.update(ticks.add(START, 1000), False) == 0
    assert regulation.update(ticks.add(START, 1100), True) == 100


def event_of(kind, depth_w=2000, recovery_s=20, start_in_s=10, identity=b"", **changes):
    parameters = Parameters(changes)
    event = Event(parameters, Spread(parameters, identity))
    assert event.take(kind, start_in_s, 60, depth_w, recovery_s, START)
    assert event.state == PENDING
    return event


def at(event, seconds, base_w=3000):
    event.update(ticks.add(START, round(seconds * 1000)), base_w)
    return event.state, event.rules, event.delta_w


def test_shed_starts_lasts_and_recovers_along_a_ramp():
    event = event_of(events.SHED)
    assert at(event, 9.999) == (PENDING, False, 0)
    assert at(event, 10) == (ACTIVE, True, -2000)
    assert event.power_w == 1000
    assert at(event, 69.999, 9000) == (ACTIVE, True, -2000)
    assert event.power_w == 1000
    assert at(event, 70) == (RECOVERING, True, -2000)
    assert at(event, 80) == (RECOVERING, True, -1000)
    assert at(event, 89.999) == (RECOVERING, True, 0)
    assert at(event, 90) == (IDLE, False, 0)


def test_a_load_cannot_fall_below_none_but_a_reserve_can():
    for kind, base_w, delta_w in (
        (events.SHED, 500, -500),
        (events.SHIFT, 500, -500),
        (events.SHED, -300, 0),
        (events.RESERVE, 500, -2000),
        (events.SHED, 2000, -2000),
    ):
        event = event_of(kind)
        assert at(event, 10, base_w) == (ACTIVE, True, delta_w)


def test_shift_takes_the_energy_later():
    event = event_of(events.SHIFT, recovery_s=30)
    assert at(event, 10) == (ACTIVE, True, -2000)
    assert at(event, 70) == (RECOVERING, True, 4000)
    assert at(event, 99.999) == (RECOVERING, True, 4000)
    assert at(event, 100) == (IDLE, False, 0)


def test_a_demand_response_without_recovery_ends_at_once():
    event = event_of(events.SHED, recovery_s=0)
    at(event, 10)
    assert at(event, 70) == (IDLE, False, 0)


def test_demand_responses_out_of_bounds_are_refused():
    parameters = Parameters()
    event = Event(parameters, Spread(parameters))
    for kind, start_in_s, duration_s, depth_w, recovery_s in (
        (4, 0, 60, 100, 0),
        (events.SHED, 172801, 60, 100, 0),
        (events.SHED, 0, 0, 100, 0),
        (events.SHED, 0, 60, 0, 0),
        (events.SHED, 0, 60, 50001, 0),
        (events.SHIFT, 0, 60, 100, 0),
        (events.SHIFT, 0, 61, 100, 6),
    ):
        assert not event.take(kind, start_in_s, duration_s, depth_w, recovery_s, 0), (kind, depth_w)
        assert event.state == IDLE
    assert event.take(events.SHIFT, 0, 60, 100, 6, 0)
    assert event.take(events.SHED, 1, 60, 100, 0, 0)
    event.update(1000, 500)
    assert event.state == ACTIVE
    assert not event.take(events.SHED, 0, 60, 100, 0, 0)
    event.update(61000, 500)
    assert event.take(events.SHIFT, 0, 60, 100, 6, 61000)
    assert event.take(events.CANCEL, 0, 0, 0, 0, 0)
    assert event.state == IDLE
    assert event.take(events.SHED, 0, 60, 100, 0, 0)


def test_the_start_of_a_demand_response_is_spread():
    early = event_of(events.SHED, demand_response_spread_s=100)
    late = event_of(events.SHED, demand_response_spread_s=100, identity=b"gk-77")
    share = Spread(Parameters(), b"gk-77").share
    assert share > 50
    assert at(early, 10)[0] == ACTIVE
    assert at(late, 10)[0] == PENDING
    assert at(late, 9.9 + share * 100 / 1024)[0] == PENDING
    assert at(late, 10 + share * 100 / 1024)[0] == ACTIVE


def plan_of(start_in_s=0, slots=8):
    plan = Plan(Parameters({"plan_charge_w": 6000, "plan_discharge_w": 4000}))
    assert plan.begin(7, 900, slots, start_in_s, 300, 900, START)
    return plan


PRICES = (300, 301, 899, 900, -50, 2000)


def test_a_price_plan_counts_once_it_is_whole():
    plan = plan_of()
    assert len(PRICES) == PRICES_A_MESSAGE
    assert plan.put(7, 0, PRICES)
    assert not plan.update(START)
    assert plan.put(7, 6, (0, 0, 9999, 9999, 9999, 9999))
    powers = []
    for slot in range(8):
        assert plan.update(ticks.add(START, slot * 900000))
        powers.append(plan.power_w)
        assert plan.update(ticks.add(START, slot * 900000 + 899999))
        assert plan.power_w == powers[-1]
    assert powers == [6000, 0, 0, -4000, 6000, -4000, 6000, 6000]
    assert not plan.update(ticks.add(START, 7200000))
    assert not plan.update(START)


def test_a_plan_may_start_later_or_have_begun():
    plan = plan_of(start_in_s=100, slots=6)
    plan.put(7, 0, PRICES)
    assert not plan.update(ticks.add(START, 99999))
    assert plan.update(ticks.add(START, 100000))
    plan = plan_of(start_in_s=-2700, slots=6)
    plan.put(7, 0, PRICES)
    assert plan.update(START)
    assert plan.power_w == -4000


def test_a_price_plan_is_bounded():
    plan = plan_of(slots=6)
    plan.put(7, 0, PRICES)
    assert plan.update(START)
    for slot_s, slots, start_in_s, low, high in (
        (59, 6, 0, 0, 1),
        (3601, 6, 0, 0, 1),
        (900, 0, 0, 0, 1),
        (900, 97, 0, 0, 1),
        (900, 6, 86401, 0, 1),
        (900, 6, -86401, 0, 1),
        (900, 6, 0, 1, 1),
    ):
        assert not plan.begin(7, slot_s, slots, start_in_s, low, high, START)
    assert not plan.put(7, 6, PRICES)
    assert not plan.put(8, 0, (9999, 9999, 9999, 9999, 9999, 9999))
    assert plan.update(START)
    assert plan.power_w == 6000
    assert plan.update(START)
    assert plan.begin(7, 3600, 96, 0, 0, 1, START)
    assert not plan.update(START)
    assert not plan.put(7, 96, PRICES)


def test_no_heap():
    event = event_of(events.SHIFT)
    plan = plan_of(slots=6)
    plan.put(7, 0, PRICES)
    regulation = regulation_of()
    regulation.signal(10000, START)

    def walk():
        for k in range(200):
            now = ticks.add(START, k * 500)
            event.update(now, 3000)
            plan.update(now)
            regulation.update(now, True)

    without_heap(walk)
