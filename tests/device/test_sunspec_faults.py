"""The inverter misbehaves, refuses, forgets, is overridden; the line spoils frames."""

from sunspec_slave import DriverSetup, Slave, crc, der_models, legacy_models

from gridkeel import errors
from gridkeel.inverter import DRIVING, READY


def driving(slave, wanted=0, changes=None):
    setup = DriverSetup(slave, changes)
    setup.run(1000, wanted)
    assert setup.inverter.state == DRIVING
    assert setup.inverter.fault == errors.NO_FAULT
    return setup


def count_writes(slave, address):
    return len([1 for _ms, at, _words in slave.writes if at == address])


def test_a_setting_that_is_not_held_is_reported_and_written_again():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    slave.frozen = {slave.address(704, 25)}
    setup.run(1000, 2000)
    assert setup.inverter.fault == errors.INVERTER_READBACK and setup.inverter.faults.overridden == 0
    del slave.writes[:]
    setup.run(4000)
    assert 2 <= count_writes(slave, slave.address(704, 22)) <= 3  # with each refresh
    slave.frozen = set()
    setup.run(2600)
    assert setup.inverter.fault == errors.NO_FAULT
    assert slave.signed32(704, 24) == -2000


def test_a_timer_that_is_not_held_keeps_the_power_at_zero():
    slave = Slave(der_models())
    slave.frozen = {slave.address(704, 32)}
    setup = DriverSetup(slave)
    setup.run(3000, 4000)
    assert setup.inverter.state == READY and setup.inverter.fault == errors.INVERTER_READBACK
    assert slave.signed32(704, 24) == 0
    slave.frozen = set()
    setup.run(1200)
    assert setup.inverter.state == DRIVING and slave.signed32(704, 24) == -4000


def test_another_masters_setting_is_reported_counted_and_overwritten():
    slave = Slave(der_models())
    setup = driving(slave, 1500)
    timer = slave.address(704, 30)
    refreshed = count_writes(slave, timer)
    while count_writes(slave, timer) == refreshed:
        setup.run(10)
    setup.run(60)  # our value was seen before this refresh, and the next would only come in 1.9 s
    slave.set(704, 24, 0)
    slave.set(704, 25, 5000)
    while setup.inverter.fault == errors.NO_FAULT:
        setup.run(10)
        assert setup.now < 5000
    assert setup.inverter.fault == errors.INVERTER_OVERRIDDEN and setup.inverter.faults.overridden == 1
    setup.run(50)
    assert slave.signed32(704, 24) == -1500
    setup.run(1000)
    assert setup.inverter.fault == errors.NO_FAULT and setup.inverter.faults.overridden == 1


def test_a_reverted_or_disabled_setting_is_not_called_overridden():
    for points in ({24: 0, 25: 0}, {22: 0}, {31: 0, 32: 0}):
        slave = Slave(der_models())
        setup = driving(slave, 1500)
        setup.run(1100)
        for offset in points:
            slave.set(704, offset, points[offset])
        while setup.inverter.fault == errors.NO_FAULT:
            setup.run(10)
            assert setup.now < 5000, points
        assert setup.inverter.fault == errors.INVERTER_READBACK
        setup.run(1200)
        assert setup.inverter.fault == errors.NO_FAULT and setup.inverter.faults.overridden == 0
        assert slave.signed32(704, 24) == -1500 and slave.get(704, 22) == 1 and slave.get(704, 32) == 4


def test_legacy_mode_lost_is_set_again():
    slave = Slave(legacy_models())
    setup = driving(slave, 2000)
    setup.run(1100)
    slave.set(124, 5, 0)
    seen = set()
    for _ in range(120):
        setup.run(10)
        seen.add(setup.inverter.fault)
    assert slave.get(124, 5) == 3 and errors.INVERTER_READBACK in seen


def test_a_refused_setting_is_not_written_in_a_tight_loop():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    slave.refuse[slave.address(704, 22)] = 3
    before = len(setup.sent)
    setup.run(3000, 2000)
    assert setup.inverter.fault == errors.INVERTER_EXCEPTION
    assert setup.inverter.state == DRIVING and setup.inverter.active.commanded_w == 1000
    tries = [1 for _ms, frame in setup.sent[before:] if frame[1] == 16 and len(frame) == 17]
    assert 4 <= len(tries) <= 12, len(tries)
    slave.refuse.clear()
    setup.run(1200)
    assert setup.inverter.fault == errors.NO_FAULT and slave.signed32(704, 24) == -2000


def test_a_refusal_does_not_hold_up_a_zero():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    slave.refuse[slave.address(704, 22)] = 4
    setup.run(100, 2000)
    slave.refuse.clear()
    setup.run(20, 0)
    assert slave.signed32(704, 24) == 0


def test_busy_is_asked_again_without_a_fault():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    slave.refuse[slave.address(704, 22)] = 6
    setup.run(250, 2000)
    assert setup.inverter.fault == errors.NO_FAULT and setup.inverter.bus_errors >= 2
    slave.refuse.clear()
    setup.run(100)
    assert slave.signed32(704, 24) == -2000
    slave.refuse[slave.address(704, 22)] = 6
    setup.run(2000, 3000)
    assert setup.inverter.fault == errors.INVERTER_EXCEPTION


def test_a_refused_poll_does_not_stop_the_drive():
    slave = Slave(der_models())
    setup = driving(slave)
    slave.refuse[slave.address(713, 4)] = 2
    setup.run(3000, -1500)
    assert setup.inverter.fault == errors.INVERTER_EXCEPTION and setup.inverter.state == DRIVING
    assert slave.signed32(704, 24) == 1500 and setup.inverter.soc_age(setup.now) > 2500


def test_damaged_answers_are_dropped_and_reported():
    slave = Slave(der_models())
    setup = driving(slave, 1000)

    def flip(answer):
        return answer[:3] + bytes((answer[3] ^ 0x40,)) + answer[4:]

    setup.spoil = flip
    setup.run(300)
    assert setup.inverter.fault == errors.INVERTER_FRAME
    setup.spoil = None
    errors_before = setup.inverter.bus_errors
    assert errors_before >= 2  # the frame and the answer that is missing with it
    setup.run(1000)
    assert setup.inverter.fault == errors.NO_FAULT and setup.inverter.bus_errors <= errors_before + 2


def test_every_third_answer_spoilt_still_drives():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    turn = [0]

    def spoil(answer):
        turn[0] += 1
        kind = turn[0] % 12
        if kind == 0:
            return answer[:-1]
        if kind == 3:
            return bytes((9,)) + answer[1:-2] + crc(bytes((9,)) + answer[1:-2])  # another unit's
        if kind == 6:
            return b"\xff\x00\x01" + answer + b"\x01\x03"
        return b"" if kind == 9 else answer

    setup.spoil = spoil
    power = 1000
    for _ in range(20):
        power = -power
        setup.run(900, power)
        assert setup.inverter.state == DRIVING
        assert slave.signed32(704, 24) == -power
    assert setup.inverter.bus_errors > 20


def test_a_lost_write_is_written_again():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    setup.spoil = lambda answer: b"" if answer[1] == 16 else answer
    setup.run(50, 2000)
    assert setup.inverter.active.commanded_w == 1000  # not acknowledged
    setup.spoil = None
    setup.run(300)
    assert setup.inverter.active.commanded_w == 2000


def test_going_back_after_a_lost_acknowledgement_is_written_too():
    slave = Slave(der_models())
    setup = driving(slave, 1000)
    setup.spoil = lambda answer: b"" if answer[1] == 16 else answer
    setup.run(50, 2000)
    setup.spoil = None
    setup.run(175, 1000)
    assert slave.signed32(704, 24) == -1000
