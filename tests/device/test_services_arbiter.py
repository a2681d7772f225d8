from noalloc import without_heap
from rated import Rated
from services_rig import Rig

from gridkeel import limits
from gridkeel.services import arbiter, events, fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number


def test_the_table_from_its_bottom_to_its_top():
    rig = Rig(regulation_w=1000, regulation_ramp_w_s=1000000, plan_charge_w=5000)
    services = rig.services
    assert rig.seen() == (arbiter.BASELINE, limits.BASELINE, 3000)
    services.plan.begin(7, 3600, 1, 0, 0, 1, rig.now)
    services.plan.put(7, 0, (0,))
    assert rig.seen() == (arbiter.SCHEDULE, limits.SCHEDULE, 5000)
    services.regulation.signal(5000, rig.now)
    assert rig.seen() == (arbiter.SECONDARY, limits.REGULATION, 5500)
    services.setpoint.set(2000, 60000, rig.now)
    assert rig.seen() == (arbiter.SECONDARY, limits.REGULATION, 2500)
    rig.required_w = 6000
    assert rig.seen() == (arbiter.DEPARTURE, limits.DEPARTURE, 6000)
    services.event.take(events.SHED, 0, 600, 1500, 0, rig.now)
    assert rig.seen() == (arbiter.EVENT, limits.DEMAND_RESPONSE, 4500)
    rig.mains.at(50260)
    assert rig.seen() == (arbiter.PRIMARY, limits.DROOP, 4500 + 3700)
    assert rig.arbiter.base_w == 4500
    assert rig.arbiter.primary_w == 3700
    services.protection.samples_lost()
    rig.mains.quality = 1
    assert rig.seen() == (arbiter.PROTECTION, limits.CEASED, 0)
    services.protection.allow(False)
    assert rig.seen() == (arbiter.SAFETY, limits.MODE_SAFE, 0)


def test_a_need_below_the_base_changes_nothing():
    rig = Rig()
    rig.required_w = 3000
    assert rig.seen() == (arbiter.BASELINE, limits.BASELINE, 3000)


def test_set_point_alone_and_its_end():
    rig = Rig()
    rig.services.setpoint.set(1000, 100, rig.now)
    assert rig.seen() == (arbiter.SECONDARY, limits.SETPOINT, 1000)
    assert rig.seen(100) == (arbiter.BASELINE, limits.BASELINE, 3000)


def test_the_base_ramps_and_says_so():
    rig = Rig(setpoint_ramp_w_s=2000)
    rig.run(3000)
    rig.services.setpoint.set(-1000, 60000, rig.now)
    assert rig.seen(1000) == (arbiter.SECONDARY, limits.RAMP, 1000)
    assert rig.seen(1010) == (arbiter.SECONDARY, limits.SETPOINT, -1000)


def test_the_base_starts_from_zero_whenever_power_may_not_flow():
    rig = Rig(setpoint_ramp_w_s=2000)
    rig.run(3000)
    rig.ready = False
    assert rig.seen()[2] == 0
    rig.ready = True
    assert rig.seen(100)[2] == 200


def test_a_blocked_protection_wishes_nothing_and_is_named():
    rig = Rig(
        nominal_hz=60,
        trip_profile=3,
        trip_under_mhz=56500,
        trip_over_mhz=62000,
        return_low_mhz=59500,
        return_high_mhz=60100,
    )
    rig.mains.cycle_mv = rig.mains.voltage_mv = 100000
    assert rig.seen() == (arbiter.PROTECTION, limits.BLOCKED, 0)


def test_enter_service_ramp_bounds_everything():
    rig = Rig(enter_ramp_s=10, enter_at_start=1, return_delay_ms=1000)
    assert rig.services.protection.enter_permille < 30
    rig.mains.at(49500)
    rig.run(1000)
    permille = rig.services.protection.enter_permille
    assert 100 <= permille <= 130
    assert rig.seen(10)[1:] == (limits.ENTER_RAMP, -(7400 * (permille + 1) // 1000))
    assert rig.seen(10000) == (arbiter.PRIMARY, limits.DROOP, 3000 - 7400)
    rig.mains.at(50500)
    assert rig.seen() == (arbiter.PRIMARY, limits.DROOP, 3000 + 7400)


def test_primary_keeps_to_the_power_range():
    rig = Rig(power_min_w=-1000, power_max_w=5000)
    rig.mains.at(50500)
    assert rig.seen() == (arbiter.PRIMARY, limits.POWER_RANGE, 5000)
    rig.mains.at(49500)
    assert rig.seen() == (arbiter.PRIMARY, limits.POWER_RANGE, -1000)
    rig = Rig(power_max_w=2000)
    rig.mains.at(50100)
    assert rig.seen() == (arbiter.PRIMARY, limits.POWER_RANGE, 3000)


def test_a_frozen_profile_holds_the_pre_disturbance_power():
    for profile, base_w in (("en50549-lfsm", 3000), ("fcr-ce", 500)):
        rig = Rig(droop_profile=number(DROOP_PROFILES, profile))
        rig.mains.at(49790)
        rig.run(100)
        rig.services.setpoint.set(500, 600000, rig.now)
        rig.run(20)
        assert rig.arbiter.base_w == base_w, profile
        rig.mains.at(50000)
        rig.run(120000, 20)
        assert rig.seen() == (arbiter.SECONDARY, limits.SETPOINT, 500)


def test_fast_reserve_adds_to_droop():
    rig = Rig(fast_reserve=fast_reserve.NAMES.index("nordic-ffr-49.6"), fast_reserve_w=2000)
    rig.mains.at(49599)
    rig.run(100)
    droop_w = rig.services.droop.power_w
    assert droop_w < 0
    assert rig.seen() == (arbiter.PRIMARY, limits.FAST_RESERVE, 3000 + droop_w - 2000)
    rig.services.protection.samples_lost()
    rig.run(10)
    assert rig.services.fast_reserve.power_w == 0
    assert rig.services.droop.power_w == 0


def test_no_heap_with_every_service_on():
    rig = Rig(
        regulation_w=1000,
        reactive_mode=3,
        fast_reserve=2,
        fast_reserve_w=1000,
        enter_ramp_s=3,
        droop_profile=number(DROOP_PROFILES, "fcr-ce"),
    )
    services = rig.services
    services.plan.begin(7, 3600, 1, 0, 0, 1, rig.now)
    services.plan.put(7, 0, (0,))
    services.regulation.signal(5000, rig.now)
    services.setpoint.set(2000, 60000, rig.now)
    services.event.take(events.SHIFT, 0, 1, 1500, 1, rig.now)

    rated = Rated()

    def walk():
        rig.mains.at(49500)
        rig.run(1500)
        services.reactive.update(rig.mains, rig.arbiter.requested_w, True, rated)
        services.protection.samples_lost()
        rig.run(100)

    without_heap(walk)
    assert services.fast_reserve.activations == 1
