"""Delivered against commanded power: what is reported, within which time, with which measure, and what is no fault."""

from sunspec_deviating import DeviatingSlave, obeys, part, pulses, ramp
from sunspec_slave import DriverSetup, Slave, der_models, legacy_models

from gridkeel import errors, limits
from gridkeel.inverter import DRIVING

WASM_GROUP = 0
# Until it is reported, and until it is over once the inverter follows again.
TOLD_MS = 5000
OVER_MS = 15000


def driving(models, changes=None):
    setup = DriverSetup(DeviatingSlave(models, obeys), changes)
    setup.run(1000, 0)
    assert setup.inverter.state == DRIVING
    setup.run(1500, 0)
    return setup


def reported_after(setup, most_ms):
    """Return the ms until the fault, -1 where none came."""
    start = setup.now
    while setup.now - start < most_ms:
        setup.run(50)
        if setup.inverter.following.deviation_w:
            assert setup.inverter.fault == errors.INVERTER_NOT_FOLLOWING
            return setup.now - start
    return -1


def over_after(setup, most_ms):
    start = setup.now
    while setup.inverter.fault != errors.NO_FAULT:
        setup.run(50)
        assert setup.now - start < most_ms
    return setup.now - start


def test_an_inverter_that_delivers_something_else_is_reported_with_its_measure_and_taken_back():
    for models in (der_models, legacy_models):
        for wanted in (3000, -3000):
            for of, apart_w in ((0, -3000), (0.5, -1500), (-1, -6000), (1.3, 900)):
                setup = driving(models())
                setup.run(2000, wanted)
                setup.slave.deliver_of = part(of)
                case = (models, wanted, of)
                assert reported_after(setup, TOLD_MS) > 1000, case
                reported_w = setup.inverter.following.deviation_w
                assert abs(reported_w - (apart_w if wanted > 0 else -apart_w)) <= 10, (case, reported_w)
                assert setup.inverter.state == DRIVING
                setup.slave.deliver_of = obeys
                over_after(setup, OVER_MS)
                assert setup.inverter.following.charge_w == limits.NO_BOUND


def test_power_at_commanded_zero_is_reported_as_uncommanded():
    for flows_w in (-3000, -400, 400, 3000):
        setup = driving(der_models())
        setup.slave.deliver_of = part(1, flows_w)
        assert reported_after(setup, TOLD_MS) > 0, flows_w
        assert setup.inverter.following.deviation_w == -flows_w
        setup.run(500)
        assert setup.inverter.following.uncommanded, flows_w
        setup.slave.deliver_of = obeys
        over_after(setup, OVER_MS)
        assert not setup.inverter.following.uncommanded


def test_less_than_commanded_is_not_uncommanded_and_the_other_way_is():
    for of, uncommanded in ((0, False), (0.5, False), (1.3, False), (-0.3, True), (-1, True)):
        for wanted in (3000, -3000):
            setup = driving(der_models())
            setup.run(2000, wanted)
            setup.slave.deliver_of = part(of)
            setup.run(6000)
            assert setup.inverter.following.uncommanded is uncommanded, (of, wanted)


def test_more_than_a_rating_is_uncommanded():
    setup = driving(der_models(), {"charge_max_w": 3000, "discharge_max_w": 7400})
    setup.run(2000, 3000)
    setup.slave.deliver_of = part(1.5)
    setup.run(6000)
    assert setup.inverter.following.uncommanded


def test_pulses_are_reported_once_and_stay_reported():
    for on_ms, off_ms, most_ms in (
        (500, 500, 12000),
        (2000, 2000, 12000),
        (1000, 3000, 12000),
        (5000, 5000, 12000),
        (3000, 1000, 40000),
    ):
        setup = driving(der_models())
        setup.run(2000, 3000)
        setup.slave.deliver_of = pulses(on_ms, off_ms)
        assert reported_after(setup, most_ms) > 0, (on_ms, off_ms)
        changes = 0
        for _ in range(200):
            setup.run(100)
            changes += setup.inverter.following.deviation_w == 0
        assert changes == 0, (on_ms, off_ms)


def test_what_is_bounded_is_the_side_that_falls_short():
    for wanted, of, charge_w, discharge_w in (
        (3000, 0, 0, limits.NO_BOUND),
        (3000, 0.5, 1500, limits.NO_BOUND),
        (-3000, 0, limits.NO_BOUND, 0),
        (-3000, 0.5, limits.NO_BOUND, 1500),
        (3000, -1, 0, limits.NO_BOUND),
    ):
        setup = driving(der_models())
        setup.run(2000, wanted)
        setup.slave.deliver_of = part(of)
        assert reported_after(setup, TOLD_MS) > 0
        following = setup.inverter.following
        assert (following.charge_w, following.discharge_w) == (charge_w, discharge_w), (wanted, of)


def test_ramps_dead_times_errors_of_meters_and_small_powers_are_no_fault():
    for deliver in (
        ramp(5000),
        ramp(500),
        ramp(100),
        ramp(3000, 1500),
        part(1.05),
        part(0.95),
        part(1, 120),
        part(1, -120),
    ):
        setup = driving(der_models())
        setup.slave.deliver_of = deliver
        for wanted in (3000, -2000, 150, 0):
            setup.run(9000, wanted)
            assert setup.inverter.fault == errors.NO_FAULT, (deliver, wanted)
    setup = driving(der_models())
    setup.slave.deliver_of = part(0)
    setup.run(10000, 150)
    assert setup.inverter.fault == errors.NO_FAULT


def test_a_signal_that_moves_all_the_time_is_no_fault_for_a_slow_inverter_and_one_for_a_dead_one():
    for deliver, every_ms, fails in (
        (ramp(4000, 800), 2000, False),
        (ramp(8000, 1000), 2000, False),
        (part(0), 4000, True),
    ):
        setup = driving(der_models())
        setup.slave.deliver_of = deliver
        reported = 0
        for turn in range(20):
            setup.run(every_ms, 3000 if turn % 2 else -1500)
            reported += setup.inverter.following.deviation_w != 0
        assert (reported > 12) if fails else (reported == 0), (deliver, reported)


def test_seldom_measurements_take_two_of_them():
    for poll_ms in (50, 1000, 5000):
        setup = driving(der_models(), {"inverter_poll_ms": poll_ms})
        setup.run(2 * poll_ms + 2000, 3000)
        setup.slave.deliver_of = part(0)
        took_ms = reported_after(setup, 4 * poll_ms + TOLD_MS)
        assert max(1000, poll_ms) < took_ms, (poll_ms, took_ms)


def test_a_vehicle_takes_less_than_it_is_offered_without_a_fault_of_the_inverter():
    for changes, of, reported in (
        ({"evse": 1}, 0, False),
        ({"evse": 1}, 0.4, False),
        ({"evse": 2}, 0, False),
        ({"evse": 2, "connector": 1}, 0.6, False),
        ({"evse": 2, "connector": 1}, 0, True),
    ):
        setup = driving(der_models(), changes)
        setup.run(2000, 3000)
        setup.slave.deliver_of = part(of)
        assert (reported_after(setup, 15000) > 0) is reported, (changes, of)


def test_a_vehicle_that_goes_on_drawing_at_commanded_zero_is_reported_after_its_time():
    setup = driving(der_models(), {"evse": 1})
    setup.run(2000, 3000)
    setup.slave.deliver_of = part(0, -3000)
    setup.run(100, 0)
    assert reported_after(setup, 15000) > 6000
    assert setup.inverter.following.uncommanded


def test_an_unknown_power_is_not_held_against_the_inverter():
    slave = Slave(der_models())
    setup = DriverSetup(slave)
    setup.run(1000, 0)
    slave.follows = False
    slave.set(701, 10, -0x8000)
    setup.run(8000, 3000)
    assert setup.inverter.fault == errors.NO_FAULT
    assert setup.inverter.measured_w(setup.now) == limits.UNKNOWN
