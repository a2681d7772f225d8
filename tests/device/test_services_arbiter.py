"""The arbiter: priority of the services, ramps and limits."""

from inverter_limits import InverterLimits
from noalloc import without_heap
from services_setup import ServicesSetup

from gridkeel import limits
from gridkeel.services import arbiter, events, fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number


def test_each_priority_level_goes_before_those_below_it():
    setup = ServicesSetup(regulation_w=1000, regulation_ramp_w_s=1000000, plan_charge_w=5000)
    services = setup.services
    assert setup.seen() == (arbiter.BASELINE, limits.BASELINE, 3000)
    services.plan.begin(7, 3600, 1, 0, 0, 1, setup.now)
    services.plan.put(7, 0, (0,))
    assert setup.seen() == (arbiter.SCHEDULE, limits.SCHEDULE, 5000)
    services.regulation.signal(5000, setup.now)
    assert setup.seen() == (arbiter.SECONDARY, limits.REGULATION, 5500)
    services.setpoint.set(2000, 60000, setup.now)
    assert setup.seen() == (arbiter.SECONDARY, limits.REGULATION, 2500)
    setup.required_w = 6000
    assert setup.seen() == (arbiter.DEPARTURE, limits.DEPARTURE, 6000)
    services.event.take(events.SHED, 0, 600, 1500, 0, setup.now)
    assert setup.seen() == (arbiter.EVENT, limits.DEMAND_RESPONSE, 4500)
    setup.mains.at(50260)
    assert setup.seen() == (arbiter.PRIMARY, limits.DROOP, 4500 + 3700)
    assert setup.arbiter.base_w == 4500
    assert setup.arbiter.primary_w == 3700
    services.protection.samples_lost()
    setup.mains.quality = 1
    assert setup.seen() == (arbiter.PROTECTION, limits.CEASED, 0)
    services.protection.allow(False)
    assert setup.seen() == (arbiter.SAFETY, limits.MODE_SAFE, 0)


def test_a_required_power_below_the_base_changes_nothing():
    setup = ServicesSetup()
    setup.required_w = 3000
    assert setup.seen() == (arbiter.BASELINE, limits.BASELINE, 3000)


def test_a_set_point_alone_sets_the_power_until_its_end():
    setup = ServicesSetup()
    setup.services.setpoint.set(1000, 100, setup.now)
    assert setup.seen() == (arbiter.SECONDARY, limits.SETPOINT, 1000)
    assert setup.seen(100) == (arbiter.BASELINE, limits.BASELINE, 3000)


def test_the_base_ramps_and_the_ramp_is_the_limiter():
    setup = ServicesSetup(setpoint_ramp_w_s=2000)
    setup.run(3000)
    setup.services.setpoint.set(-1000, 60000, setup.now)
    assert setup.seen(1000) == (arbiter.SECONDARY, limits.RAMP, 1000)
    assert setup.seen(1010) == (arbiter.SECONDARY, limits.SETPOINT, -1000)


def test_the_base_starts_from_zero_whenever_power_may_not_flow():
    setup = ServicesSetup(setpoint_ramp_w_s=2000)
    setup.run(3000)
    setup.ready = False
    assert setup.seen()[2] == 0
    setup.ready = True
    assert setup.seen(100)[2] == 200


def test_a_blocked_protection_requests_nothing_and_is_the_limiter():
    setup = ServicesSetup(
        nominal_hz=60,
        trip_profile=3,
        trip_under_mhz=56500,
        trip_over_mhz=62000,
        return_low_mhz=59500,
        return_high_mhz=60100,
    )
    setup.mains.cycle_mv = setup.mains.voltage_mv = 100000
    assert setup.seen() == (arbiter.PROTECTION, limits.BLOCKED, 0)


def test_enter_service_ramp_bounds_everything():
    setup = ServicesSetup(enter_ramp_s=10, enter_at_start=1, return_delay_ms=1000)
    assert setup.services.protection.enter_permille < 30
    setup.mains.at(49500)
    setup.run(1000)
    permille = setup.services.protection.enter_permille
    assert 100 <= permille <= 130
    assert setup.seen(10)[1:] == (limits.ENTER_RAMP, -(7400 * (permille + 1) // 1000))
    assert setup.seen(10000) == (arbiter.PRIMARY, limits.DROOP, 3000 - 7400)
    setup.mains.at(50500)
    assert setup.seen() == (arbiter.PRIMARY, limits.DROOP, 3000 + 7400)


def test_primary_keeps_to_the_power_range():
    setup = ServicesSetup(power_min_w=-1000, power_max_w=5000)
    setup.mains.at(50500)
    assert setup.seen() == (arbiter.PRIMARY, limits.POWER_RANGE, 5000)
    setup.mains.at(49500)
    assert setup.seen() == (arbiter.PRIMARY, limits.POWER_RANGE, -1000)
    setup = ServicesSetup(power_max_w=2000)
    setup.mains.at(50100)
    assert setup.seen() == (arbiter.PRIMARY, limits.POWER_RANGE, 3000)


def test_a_frozen_profile_holds_the_pre_disturbance_power():
    for profile, base_w in (("en50549-lfsm", 3000), ("fcr-ce", 500)):
        setup = ServicesSetup(droop_profile=number(DROOP_PROFILES, profile))
        setup.mains.at(49790)
        setup.run(100)
        setup.services.setpoint.set(500, 600000, setup.now)
        setup.run(20)
        assert setup.arbiter.base_w == base_w, profile
        setup.mains.at(50000)
        setup.run(120000, 20)
        assert setup.seen() == (arbiter.SECONDARY, limits.SETPOINT, 500)


def test_fast_reserve_adds_to_droop():
    setup = ServicesSetup(fast_reserve=fast_reserve.NAMES.index("nordic-ffr-49.6"), fast_reserve_w=2000)
    setup.mains.at(49599)
    setup.run(100)
    droop_w = setup.services.droop.power_w
    assert droop_w < 0
    assert setup.seen() == (arbiter.PRIMARY, limits.FAST_RESERVE, 3000 + droop_w - 2000)
    setup.services.protection.samples_lost()
    setup.run(10)
    assert setup.services.fast_reserve.power_w == 0
    assert setup.services.droop.power_w == 0


def test_no_heap_with_every_service_on():
    setup = ServicesSetup(
        regulation_w=1000,
        reactive_mode=3,
        fast_reserve=2,
        fast_reserve_w=1000,
        enter_ramp_s=3,
        droop_profile=number(DROOP_PROFILES, "fcr-ce"),
    )
    services = setup.services
    services.plan.begin(7, 3600, 1, 0, 0, 1, setup.now)
    services.plan.put(7, 0, (0,))
    services.regulation.signal(5000, setup.now)
    services.setpoint.set(2000, 60000, setup.now)
    services.event.take(events.SHIFT, 0, 1, 1500, 1, setup.now)

    rated = InverterLimits()

    def walk():
        setup.mains.at(49500)
        setup.run(1500)
        services.reactive.update(setup.mains, setup.arbiter.requested_w, True, rated)
        services.protection.samples_lost()
        setup.run(100)

    without_heap(walk)
    assert services.fast_reserve.activations == 1
