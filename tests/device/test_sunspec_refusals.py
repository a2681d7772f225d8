"""Maps that are there and cannot be read, or not at once: doubtful marks and headers, refusals that pass."""

from sunspec_line import Line, always, astray, both_models, drive, framed, refusing
from sunspec_slave import Slave, der_models

from gridkeel import errors
from gridkeel.inverter import DRIVING, SEARCHING

WASM_GROUP = 1


def test_a_mark_that_is_not_seen_twice_is_no_map_to_write_to():
    line = Line(Slave(der_models()), always(3))
    seen = [0]

    def answer(i, frame):
        if line.asked[i][1:3] == (3, 40000):
            seen[0] += 1
            if seen[0] % 2 == 0:
                return framed((1, 3, frame[2]) + (0,) * frame[2])
        return frame

    line.answer = answer
    line.run(5000, 2000)
    assert seen[0] > 2
    assert line.inverter.state == SEARCHING
    assert line.inverter.fault == errors.INVERTER_MAP
    assert not line.slave.writes


def test_a_header_that_reads_otherwise_the_second_time_is_not_written_to():
    slave = Slave(der_models())
    line = Line(slave, always(3))

    def answer(i, frame):
        if line.asked[i][1:] == (3, slave.address(704, 0), 6):
            return framed((1, 3, 12, 2, 192, 0, 66) + tuple(frame[7:-2]))
        return frame

    line.answer = answer
    line.run(5000, 2000)
    assert line.inverter.fault == errors.INVERTER_MAP
    assert not slave.writes
    line.answer = None
    assert drive(line)
    assert line.inverter.fault == errors.NO_FAULT


def test_704_that_cannot_be_read_is_not_passed_over_for_124():
    for detail in (False, True):
        slave = Slave(both_models())
        line = Line(slave, always(3))
        if detail:
            slave.refuse[slave.address(704, 50)] = 4
        else:
            slave.refuse[slave.address(704, 0)] = 4  # 704's header is read from further back at first
        line.run(30000, 2000)
        assert line.inverter.state == SEARCHING
        assert line.inverter.fault == errors.INVERTER_MAP
        low, high = slave.address(124, 0), slave.address(124, 26)
        assert not [address for _ms, address, _words in slave.writes if low <= address < high]
        slave.refuse.clear()
        assert drive(line)
        assert slave.signed32(704, 24) == -2000


def passes(code):
    for number in (1, 701, 702, 704, 713):
        line = Line(Slave(both_models()), always(3))
        refusing(line, number, code, 5)
        assert drive(line)
        line.run(3000, 2000)
        inverter, slave = line.inverter, line.slave
        assert slave.signed32(704, 24) == -2000, number
        assert not astray(slave, (704,))
        assert inverter.device.identity()[0] == "Maker"
        assert inverter.charge_rating_w == 7400
        assert inverter.soc_pct_x100 == 6230
        assert inverter.power_age(line.now) < 500


def test_a_passing_illegal_address_makes_no_model_absent():
    passes(2)


def test_a_passing_device_failure_makes_no_model_absent():
    passes(4)


def test_a_device_busy_for_a_while_after_its_start_is_waited_for():
    line = Line(Slave(both_models()), always(3))
    line.answer = lambda i, frame: framed((1, line.asked[i][1] | 0x80, 6)) if line.now < 4000 else frame
    assert drive(line, ms=15000)
    assert errors.INVERTER_EXCEPTION in line.faults
    assert errors.INVERTER_NOT_FOUND not in line.faults
    assert line.slave.signed32(704, 24) == -2000


def test_what_was_refused_for_long_is_found_while_the_device_is_driven():
    line = Line(Slave(der_models()), always(3))
    refusing(line, 713, 2, until=6000)
    assert drive(line, ms=5000)
    assert line.inverter.soc_pct_x100 == -1
    line.run(30000, 2000)
    assert line.inverter.soc_pct_x100 == 6230
    assert line.slave.signed32(704, 24) == -2000
    assert line.inverter.fault == errors.NO_FAULT


def test_a_device_taken_for_one_without_704_is_set_right():
    line = Line(Slave(both_models()), always(3))
    slave = line.slave
    refusing(line, 704, 2, until=15000)
    assert drive(line)
    assert slave.get(124, 13) == 2500  # refused for that long, it counts as the end
    assert line.run(40000, 2000, lambda: slave.signed32(704, 24) == -2000)
    line.run(1000, 2000)
    assert line.inverter.state == DRIVING
    del slave.writes[:]
    line.run(3000, 1000)
    assert not astray(slave, (704,))
