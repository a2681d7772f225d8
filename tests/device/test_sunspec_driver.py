"""The inverter driver against a register slave: hold, command, refresh, read-back, in the order they must come."""

import sys

from sunspec_slave import DriverSetup, Slave, der_models, driving, heap_lock, heap_unlock, legacy_models, settings

from gridkeel import errors, ticks
from gridkeel.inverter import DRIVING, READY
from gridkeel.inverter.reading import AGE_UNKNOWN


def test_an_allocation_in_the_driver_would_fail_these_tests():
    noticed = sys.implementation.name != "micropython"
    heap_lock()
    try:
        bytearray(100)
    except MemoryError:
        noticed = True
    finally:
        heap_unlock()
    assert noticed


def test_the_sign_of_the_power_is_turned():
    slave = Slave(der_models())
    setup = driving(slave, 3000)
    assert slave.get(704, 22) == 1 and slave.get(704, 23) == 1
    assert slave.signed32(704, 24) == -3000 and setup.inverter.active.commanded_w == 3000
    setup.run(100, -4321)
    assert slave.signed32(704, 24) == 4321 and setup.inverter.active.commanded_w == -4321
    setup.run(300)
    assert setup.inverter.power_w == -4321 and setup.inverter.power_age(setup.now) < 250
    assert setup.inverter.operating_state == 3
    assert setup.inverter.soc_pct_x100 == 6230 and setup.inverter.soc_age(setup.now) < 1100
    assert setup.inverter.fault == 0 and setup.inverter.bus_errors == 0


def test_a_command_is_one_frame_of_17_bytes():
    slave = Slave(der_models())
    setup = driving(slave)
    del setup.sent[:]
    setup.run(30, 2000)
    assert [len(frame) for _now, frame in setup.sent if frame[1] == 16] == [17]


def test_scale_factors_round_toward_zero():
    for sf, raw, expected_w in ((-1, 30590, 3059), (2, 30, 3000), (3, 3, 3000), (-4, 30590000, 3059)):
        slave = Slave(der_models(sf))
        setup = driving(slave, -3059)
        assert slave.signed32(704, 24) == raw, sf
        assert setup.inverter.active.commanded_w == -expected_w
        setup.run(300, 3059)
        assert slave.signed32(704, 24) == -raw, sf
        assert setup.inverter.active.commanded_w == expected_w


def test_the_command_is_bounded_by_the_parameters():
    slave = Slave(der_models())
    setup = driving(slave, 20000, {"charge_max_w": 5000, "discharge_max_w": 4000})
    assert slave.signed32(704, 24) == -5000
    setup.run(100, -20000)
    assert slave.signed32(704, 24) == 4000


def test_nothing_but_zero_is_written_before_driving():
    slave = Slave(der_models())
    slave.set(704, 22, 1)
    slave.set(704, 25, 5000)  # left over from another master
    slave.set(704, 27, 4000)
    setup = DriverSetup(slave)
    setup.run(1)
    while setup.inverter.state != DRIVING and setup.now < 1000:
        setup.run(1, 6000)
        assert all(value == 0 for _ms, value in settings(slave))
    assert slave.signed32(704, 24) == 0 and slave.signed32(704, 26) == 0
    assert slave.get(704, 30) == 1 and slave.signed32(704, 31) == 4
    setup.run(100)
    assert slave.signed32(704, 24) == -6000


def test_the_first_zero_goes_out_before_the_walk_has_ended():
    slave = Slave(der_models())
    setup = DriverSetup(slave)
    setup.run(1000, 0)
    first_write = min(ms for ms, _value in settings(slave))
    common = slave.address(1, 2)  # the walk over, details are read from here on
    read = [ms for ms, frame in setup.sent if frame[1] == 3 and frame[2] << 8 | frame[3] == common]
    assert first_write < read[0]


def test_without_a_command_nothing_is_written():
    slave = Slave(der_models())
    setup = DriverSetup(slave)
    slave.follows = False
    setup.run(2000)
    assert setup.inverter.state == READY and not slave.writes
    assert setup.inverter.power_w == 1500
    setup.run(1000, 2000)
    assert setup.inverter.state == DRIVING


def test_only_volatile_points_of_the_setting_are_written():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    setup.run(5000, -1000)
    ours = set(range(slave.address(704, 22), slave.address(704, 28))) | set(
        range(slave.address(704, 30), slave.address(704, 33))
    )
    for _ms, address, words in slave.writes:
        assert set(range(address, address + len(words))) <= ours


def test_the_timer_is_refreshed_at_half_its_time_over_a_tick_wrap():
    slave = Slave(der_models())
    setup = driving(slave, 1500, {"reversion_s": 4}, start=ticks.MASK - 4000)
    setup.run(11000)
    assert setup.now < 10000
    timer = slave.address(704, 30)
    refreshed = [ms for ms, address, _words in slave.writes if address == timer]
    assert len(refreshed) == 6, refreshed
    for i in range(1, len(refreshed)):
        assert 1990 <= ticks.diff(refreshed[i], refreshed[i - 1]) <= 2020
    # Each is followed by the setting: a timer may start with either.
    for ms in refreshed:
        assert any(0 < ticks.diff(other, ms) <= 20 for other, _value in settings(slave))


def test_small_changes_wait_and_zero_does_not():
    slave = Slave(der_models())
    setup = driving(slave, 1000, {"command_step_w": 100, "reversion_s": 600})
    setup.run(450, 1050)
    assert slave.signed32(704, 24) == -1000
    setup.run(100)
    assert slave.signed32(704, 24) == -1050
    setup.run(30, 1150)
    assert slave.signed32(704, 24) == -1150
    setup.run(30, 10)
    setup.run(30, 0)
    assert slave.signed32(704, 24) == 0


def test_zero_overtakes_every_poll():
    slave = Slave(der_models())
    setup = driving(slave, 3000)
    setup.run(997)  # polls have come due while the bus was busy or idle, whatever the phase
    for extra in range(12):
        setup.run(10 + extra, 3000)
        at = setup.now
        setup.run(30, 0)
        late = [ms for ms, value in settings(slave) if value == 0 and ticks.diff(ms, at) >= 0]
        # One transaction may be open, then the line must fall silent.
        assert late and late[0] - at <= 20, (at, late)
        between = [ms for ms, frame in setup.sent if frame[1] == 3 and at < ms < late[0]]
        assert not between


def test_a_steady_ramp_starves_neither_timer_nor_polls():
    slave = Slave(der_models())
    setup = driving(slave, 0)
    setup.latency_ms = 12  # a setting takes longer than a block: the next one is always waiting already
    del slave.writes[:]
    power = -7000
    for _ in range(250):
        power += 56
        setup.run(10, power)
        del setup.sent[:]
        assert setup.inverter.power_age(setup.now) < 450
    timer = slave.address(704, 30)
    refreshed = [ms for ms, address, _words in slave.writes if address == timer]
    assert 1 <= len(refreshed) <= 2
    assert len(settings(slave)) > 100


def test_legacy_family_is_set_in_percent():
    slave = Slave(legacy_models())
    setup = driving(slave, 2000)
    assert setup.inverter.charge_rating_w == 7000 and setup.inverter.discharge_rating_w == 8000
    assert slave.get(124, 5) == 3 and slave.get(124, 15) == 4
    assert slave.get(124, 13) == 2500 and slave.get(124, 12) == 0x10000 - 2500
    assert setup.inverter.active.commanded_w == 2000
    setup.run(100, -4001)
    assert slave.get(124, 12) == 5001 and slave.get(124, 13) == 0x10000 - 5001
    assert setup.inverter.active.commanded_w == -4000
    setup.run(300)
    assert setup.inverter.power_w == -4000 and setup.inverter.soc_pct_x100 == 5500
    assert setup.inverter.fault == 0
    setup.run(5000, 0)
    assert slave.get(124, 12) == 0 and slave.get(124, 13) == 0 and setup.inverter.fault == 0


def test_a_device_with_both_is_driven_by_704_alone():
    slave = Slave(legacy_models() + der_models()[1:])
    driving(slave, 2500)
    assert slave.signed32(704, 24) == -2500
    low, high = slave.address(124, 0), slave.address(124, 26)
    assert not [address for _ms, address, _words in slave.writes if low <= address < high]


def test_values_not_implemented_are_unknown():
    slave = Slave(der_models())
    setup = driving(slave)
    slave.follows = False
    slave.set(701, 10, -0x8000)
    slave.set(713, 4, 0xFFFF)
    setup.run(1500)
    assert setup.inverter.power_w == 0 and setup.inverter.power_age(setup.now) == AGE_UNKNOWN
    assert setup.inverter.soc_pct_x100 == -1 and setup.inverter.soc_age(setup.now) == AGE_UNKNOWN
    slave.set(713, 4, 500)
    slave.set(713, 8, -32768)  # a scale factor that is none
    setup.run(1500)
    assert setup.inverter.soc_pct_x100 == -1
    slave.set(713, 8, -1)
    setup.run(1500)
    assert setup.inverter.soc_pct_x100 == 5000


def test_ages_do_not_wrap_into_freshness():
    slave = Slave(der_models())
    setup = driving(slave)
    inverter = setup.inverter
    assert inverter.power_age(ticks.add(setup.now, 5000)) >= 5000
    later = ticks.add(setup.now, 700000)
    inverter.on_deadline(later)
    assert inverter.power_age(later) == AGE_UNKNOWN
    assert inverter.power_age(ticks.add(later, ticks.MASK >> 1)) == AGE_UNKNOWN


def test_a_changed_reversion_time_is_taken_up_without_a_fault():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    setup.parameters.update({"reversion_s": 6})
    for _ in range(300):
        setup.run(10)
        assert setup.inverter.fault == errors.NO_FAULT
    assert slave.signed32(704, 31) == 6
