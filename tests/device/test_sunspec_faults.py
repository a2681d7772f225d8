"""The inverter misbehaves, refuses, forgets, is overridden; the line spoils frames."""

from sunspec_slave import Bench, Slave, crc, der_models, legacy_models

from gridkeel import errors
from gridkeel.inverter import DRIVING, READY


def driving(slave, wanted=0, changes=None):
    bench = Bench(slave, changes)
    bench.run(1000, wanted)
    assert bench.inverter.state == DRIVING
    assert bench.inverter.fault == errors.NO_FAULT
    return bench


def count_writes(slave, address):
    return len([1 for _ms, at, _words in slave.writes if at == address])


def test_a_setting_that_is_not_held_is_told_and_written_again():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
    slave.frozen = {slave.address(704, 25)}
    bench.run(1000, 2000)
    assert bench.inverter.fault == errors.INVERTER_READBACK and bench.inverter.faults.overridden == 0
    del slave.writes[:]
    bench.run(4000)
    assert 2 <= count_writes(slave, slave.address(704, 22)) <= 3  # with each refresh
    slave.frozen = set()
    bench.run(2600)
    assert bench.inverter.fault == errors.NO_FAULT
    assert slave.signed32(704, 24) == -2000


def test_a_timer_that_is_not_held_keeps_the_power_at_zero():
    slave = Slave(der_models())
    slave.frozen = {slave.address(704, 32)}
    bench = Bench(slave)
    bench.run(3000, 4000)
    assert bench.inverter.state == READY and bench.inverter.fault == errors.INVERTER_READBACK
    assert slave.signed32(704, 24) == 0
    slave.frozen = set()
    bench.run(1200)
    assert bench.inverter.state == DRIVING and slave.signed32(704, 24) == -4000


def test_another_masters_setting_is_told_counted_and_overwritten():
    slave = Slave(der_models())
    bench = driving(slave, 1500)
    timer = slave.address(704, 30)
    refreshed = count_writes(slave, timer)
    while count_writes(slave, timer) == refreshed:
        bench.run(10)
    bench.run(60)  # our value was seen before this refresh, and the next would only come in 1.9 s
    slave.set(704, 24, 0)
    slave.set(704, 25, 5000)
    while bench.inverter.fault == errors.NO_FAULT:
        bench.run(10)
        assert bench.now < 5000
    assert bench.inverter.fault == errors.INVERTER_OVERRIDDEN and bench.inverter.faults.overridden == 1
    bench.run(50)
    assert slave.signed32(704, 24) == -1500
    bench.run(1000)
    assert bench.inverter.fault == errors.NO_FAULT and bench.inverter.faults.overridden == 1


def test_a_reverted_or_disabled_setting_is_not_called_overridden():
    for points in ({24: 0, 25: 0}, {22: 0}, {31: 0, 32: 0}):
        slave = Slave(der_models())
        bench = driving(slave, 1500)
        bench.run(1100)
        for offset in points:
            slave.set(704, offset, points[offset])
        while bench.inverter.fault == errors.NO_FAULT:
            bench.run(10)
            assert bench.now < 5000, points
        assert bench.inverter.fault == errors.INVERTER_READBACK
        bench.run(1200)
        assert bench.inverter.fault == errors.NO_FAULT and bench.inverter.faults.overridden == 0
        assert slave.signed32(704, 24) == -1500 and slave.get(704, 22) == 1 and slave.get(704, 32) == 4


def test_legacy_mode_lost_is_set_again():
    slave = Slave(legacy_models())
    bench = driving(slave, 2000)
    bench.run(1100)
    slave.set(124, 5, 0)
    seen = set()
    for _ in range(120):
        bench.run(10)
        seen.add(bench.inverter.fault)
    assert slave.get(124, 5) == 3 and errors.INVERTER_READBACK in seen


def test_a_refused_setting_is_no_tight_loop():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
    slave.refuse[slave.address(704, 22)] = 3
    before = len(bench.sent)
    bench.run(3000, 2000)
    assert bench.inverter.fault == errors.INVERTER_EXCEPTION
    assert bench.inverter.state == DRIVING and bench.inverter.active.commanded_w == 1000
    tries = [1 for _ms, frame in bench.sent[before:] if frame[1] == 16 and len(frame) == 17]
    assert 4 <= len(tries) <= 12, len(tries)
    slave.refuse.clear()
    bench.run(1200)
    assert bench.inverter.fault == errors.NO_FAULT and slave.signed32(704, 24) == -2000


def test_a_refusal_does_not_hold_up_a_zero():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
    slave.refuse[slave.address(704, 22)] = 4
    bench.run(100, 2000)
    slave.refuse.clear()
    bench.run(20, 0)
    assert slave.signed32(704, 24) == 0


def test_busy_is_asked_again_without_a_fault():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
    slave.refuse[slave.address(704, 22)] = 6
    bench.run(250, 2000)
    assert bench.inverter.fault == errors.NO_FAULT and bench.inverter.bus_errors >= 2
    slave.refuse.clear()
    bench.run(100)
    assert slave.signed32(704, 24) == -2000
    slave.refuse[slave.address(704, 22)] = 6
    bench.run(2000, 3000)
    assert bench.inverter.fault == errors.INVERTER_EXCEPTION


def test_a_refused_poll_does_not_stop_the_drive():
    slave = Slave(der_models())
    bench = driving(slave)
    slave.refuse[slave.address(713, 4)] = 2
    bench.run(3000, -1500)
    assert bench.inverter.fault == errors.INVERTER_EXCEPTION and bench.inverter.state == DRIVING
    assert slave.signed32(704, 24) == 1500 and bench.inverter.soc_age(bench.now) > 2500


def test_damaged_answers_are_dropped_and_told():
    slave = Slave(der_models())
    bench = driving(slave, 1000)

    def flip(answer):
        return answer[:3] + bytes((answer[3] ^ 0x40,)) + answer[4:]

    bench.spoil = flip
    bench.run(300)
    assert bench.inverter.fault == errors.INVERTER_FRAME
    bench.spoil = None
    errors_before = bench.inverter.bus_errors
    assert errors_before >= 2  # the frame and the answer that is missing with it
    bench.run(1000)
    assert bench.inverter.fault == errors.NO_FAULT and bench.inverter.bus_errors <= errors_before + 2


def test_every_third_answer_spoilt_still_drives():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
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

    bench.spoil = spoil
    power = 1000
    for _ in range(20):
        power = -power
        bench.run(900, power)
        assert bench.inverter.state == DRIVING
        assert slave.signed32(704, 24) == -power
    assert bench.inverter.bus_errors > 20


def test_a_lost_write_is_written_again():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
    bench.spoil = lambda answer: b"" if answer[1] == 16 else answer
    bench.run(50, 2000)
    assert bench.inverter.active.commanded_w == 1000  # not acknowledged
    bench.spoil = None
    bench.run(300)
    assert bench.inverter.active.commanded_w == 2000


def test_going_back_after_a_lost_acknowledgement_is_written_too():
    slave = Slave(der_models())
    bench = driving(slave, 1000)
    bench.spoil = lambda answer: b"" if answer[1] == 16 else answer
    bench.run(50, 2000)
    bench.spoil = None
    bench.run(175, 1000)
    assert slave.signed32(704, 24) == -1000
