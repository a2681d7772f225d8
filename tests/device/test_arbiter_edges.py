"""The arbiter at its edges: which input bounds, what starts over, which limiter is reported."""

from services_setup import ServicesSetup

from gridkeel import limits
from gridkeel.services import arbiter, protection


def test_the_base_is_zero_until_the_inverter_takes_power():
    setup = ServicesSetup(setpoint_ramp_w_s=1000, regulation_w=1000, regulation_ramp_w_s=1000000)
    setup.run(5000)
    setup.services.regulation.signal(10000, setup.now)
    assert setup.seen()[2] == 4000
    setup.ready = False
    assert setup.seen()[2] == 0
    assert setup.services.regulation.power_w == 0
    setup.ready = True
    assert 0 < setup.seen()[2] <= 1020


def test_the_base_is_zero_while_the_mains_are_gone():
    setup = ServicesSetup(regulation_w=1000, regulation_ramp_w_s=1000000)
    setup.services.regulation.signal(10000, setup.now)
    setup.mains.at(50300)
    setup.run(20)
    assert setup.arbiter.primary_w > 0
    setup.services.protection.samples_lost()
    setup.mains.quality = 1
    assert setup.seen() == (arbiter.PROTECTION, limits.CEASED, 0)
    assert (setup.arbiter.base_w, setup.arbiter.primary_w, setup.services.regulation.power_w) == (0, 0, 0)
    assert setup.arbiter.decide(setup.now, True) == 0


def test_decide_returns_the_requested_power():
    setup = ServicesSetup()
    assert setup.arbiter.decide(setup.now, True) == setup.arbiter.requested_w == 3000


def test_a_signal_that_lives_or_still_runs_down_is_regulation():
    setup = ServicesSetup(regulation_w=1000, regulation_ramp_w_s=100, regulation_expiry_ms=5000)
    setup.services.regulation.signal(0, setup.now)
    assert setup.seen() == (arbiter.SECONDARY, limits.REGULATION, 3000)
    setup.services.regulation.signal(10000, setup.now)
    setup.run(4980)
    setup.run(40)
    assert not setup.services.regulation.alive
    assert setup.seen()[:2] == (arbiter.SECONDARY, limits.REGULATION)
    setup.run(10000)
    assert setup.seen() == (arbiter.BASELINE, limits.BASELINE, 3000)


def test_a_set_point_is_expired_in_the_block_that_ends_it_and_no_longer():
    setup = ServicesSetup()
    setup.services.setpoint.set(2000, 1000, setup.now)
    setup.run(990)
    seen = []
    for _ in range(3):
        setup.run(10)
        seen.append(setup.services.setpoint.expired)
    assert seen == [True, False, False]


def droop_by(base_w, mhz, **changes):
    setup = ServicesSetup(baseline_w=base_w, charge_max_w=10000, discharge_max_w=10000, droop_deadband_mhz=0, **changes)
    setup.mains.at(50000 + mhz)  # 20 W a millihertz
    return setup.seen()[1:]


def test_power_range_bounds_what_the_primary_response_adds_and_nothing_else():
    for base_w, mhz, bounded in (
        (0, 200, (limits.DROOP, 4000)),
        (0, 250, (limits.DROOP, 5000)),
        (0, 251, (limits.POWER_RANGE, 5000)),
        (7000, 100, (limits.POWER_RANGE, 7000)),
        (7000, -50, (limits.DROOP, 6000)),
        (0, -250, (limits.DROOP, -5000)),
        (0, -251, (limits.POWER_RANGE, -5000)),
        (-7000, -100, (limits.POWER_RANGE, -7000)),
        (-7000, 50, (limits.DROOP, -6000)),
    ):
        seen = droop_by(base_w, mhz, droop_span_mhz=500, power_max_w=5000, power_min_w=-5000)
        assert seen == bounded, (base_w, mhz)


def entering(requested_w, permille, **changes):
    setup = ServicesSetup(baseline_w=requested_w, **changes)
    setup.run(20)
    setup.services.protection.enter_permille = permille
    setup.arbiter.decide(setup.now, True)
    return setup.arbiter.requested_w, setup.arbiter.limiter


def test_the_ramp_of_the_entry_bounds_both_sides_by_the_larger_rating():
    for ratings in (
        {"charge_max_w": 8000, "discharge_max_w": 4000},
        {"charge_max_w": 4000, "discharge_max_w": 8000},
    ):
        assert entering(3000, 500, **ratings) == (3000, limits.BASELINE)
        assert entering(3000, 375, **ratings) == (3000, limits.BASELINE)
        assert entering(3000, 250, **ratings) == (2000, limits.ENTER_RAMP)
        assert entering(-3000, 500, **ratings) == (-3000, limits.BASELINE)
        assert entering(-3000, 375, **ratings) == (-3000, limits.BASELINE)
        assert entering(-3000, 250, **ratings) == (-2000, limits.ENTER_RAMP)
    assert entering(3000, protection.RAMP_DONE) == (3000, limits.BASELINE)
