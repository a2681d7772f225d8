"""Answers that come late, twice or not at all: what the driver waits for, and what it never takes for another."""

from small_heap import share
from sunspec_line import (
    DEAF,
    QUEUED,
    Line,
    always,
    astray,
    both_models,
    confirmed,
    drive,
    driven,
    falls_silent,
    framed,
)
from sunspec_slave import Slave, der_models, legacy_models

from gridkeel import errors, ticks
from gridkeel.inverter import DRIVING
from gridkeel.inverter.sunspec import discovery

WASM_GROUP = 1


def test_two_late_headers_do_not_shift_the_walk():
    slave = Slave(der_models())
    header = slave.address(701, 0)
    late = [2]

    def delay(i):
        _ms, _function, address, count = line.asked[i]
        if late[0] and address <= header < address + count <= header + 2:
            late[0] -= 1
            return 450
        return 60

    line = Line(slave, delay)
    assert drive(line)
    assert late[0] == 0
    assert not astray(slave, (704,))
    assert confirmed(line, 704)
    assert slave.signed32(704, 24) == -2000


def test_what_is_written_to_was_read_twice_alike():
    for models, number in ((der_models(), 704), (legacy_models(), 124), (both_models(), 704)):
        line = driven(models, always(3))
        assert confirmed(line, number)


def test_consecutive_questions_of_the_walk_differ_in_length():
    line = driven(both_models(), always(3))
    reads = [count for _ms, function, _address, count in line.asked if function == 3]
    for i in range(1, len(reads)):
        assert reads[i] != reads[i - 1], (i, reads)


def test_what_is_kept_of_the_map_is_read_in_lengths_of_its_own():
    lengths = [row[2] for row in discovery._MODELS if row[2]]
    assert len(set(lengths)) == len(lengths)
    assert not set(lengths) & {2, 3, 4, 6}  # of mark and header


def doubled(models, delay_ms, lag_ms):
    """Return a line on which every answer comes for a second time, lag_ms after the first."""
    line = Line(Slave(models), always(delay_ms))

    def answer(i, frame):
        line.put(ticks.add(line.now, delay_ms + lag_ms), frame, None)
        return frame

    line.answer = answer
    return line


def test_where_every_answer_comes_twice_704_is_found_and_124_left_alone():
    cases = [(delay_ms, lag_ms) for delay_ms in (3, 20, 60, 150) for lag_ms in (100, 400, 1, 30, 250, 700)]
    for delay_ms, lag_ms in share(cases, 2):
        line = doubled(both_models(), delay_ms, lag_ms)
        assert drive(line, ms=90000), (delay_ms, lag_ms)
        assert not astray(line.slave, (704,)), (delay_ms, lag_ms)
        wrong = {errors.INVERTER_NOT_FOUND, errors.INVERTER_UNSUITED, errors.INVERTER_MAP}
        assert not line.faults & wrong, (delay_ms, lag_ms)


def test_a_walk_with_stray_answers_is_made_again_with_time_for_each():
    line = doubled(legacy_models(), 60, 400)
    assert drive(line, ms=90000)
    reads = [ms for ms, function, _address, _count in line.asked if function == 3]
    pauses = [reads[i + 1] - reads[i] for i in range(len(reads) - 1)]
    careful = [pause for pause in pauses if pause >= 1500]
    assert len(careful) > 15
    line.run(10000, 2000)
    reads = [ms for ms, _function, _address, _count in line.asked if ms >= line.now - 5000]
    assert len(reads) > 25  # driven as fast as ever


def test_a_clean_walk_and_one_of_a_device_that_has_704_are_made_once():
    for models, lag_ms in ((legacy_models(), None), (der_models(), 100)):
        line = Line(Slave(models), always(20)) if lag_ms is None else doubled(models, 20, lag_ms)
        assert drive(line, ms=5000)


def spoil_second(line, number, length):
    """Answer the second read of so many registers of a model with what is not there: scale factors of 1."""
    first = line.slave.address(number, 0)
    seen = []

    def answer(i, frame):
        _ms, function, address, count = line.asked[i]
        if function == 3 and count == length and address > first:
            seen.append(i)
            if len(seen) == 2:
                return framed([1, 3, 2 * count] + [0, 1] * count)
        return frame

    line.answer = answer
    return seen


def test_scale_factors_read_astray_move_nothing():
    for models, number, length in share(
        (
            (der_models, 704, 8),
            (legacy_models, 124, 24),
            (der_models, 701, 7),
            (legacy_models, 123, 13),
        ),
        1,
    ):
        line = driven(models(), always(20))
        slave = line.slave
        setting = slave.address(704, 22) if 704 in slave.at else slave.address(124, 12)
        before = [words for _ms, address, words in slave.writes if address == setting][-1]
        line.run(3000, 2000)
        seen = spoil_second(line, number, length)
        begun = len(slave.writes)
        line.run(20000, 2000)
        assert len(seen) > 2, number
        assert [words for _ms, address, words in slave.writes[begun:] if address == setting and words != before] == []
        assert line.inverter.state == DRIVING and not line.faults - {errors.NO_FAULT}, number
        assert line.inverter.power_w == line.inverter.active.commanded_w


def test_every_constant_delay_is_found_driven_and_named_slow():
    for delay_ms in (250, 399, 400, 401, 580):
        line = driven(der_models(), always(delay_ms))
        assert line.inverter.fault == errors.INVERTER_SLOW, delay_ms
        assert errors.INVERTER_NOT_FOUND not in line.faults
        assert errors.INVERTER_SILENT not in line.faults
        line.run(5000, -1500)
        assert line.slave.signed32(704, 24) == 1500
        assert line.inverter.power_age(line.now) < 3000


def test_slow_devices_that_queue_or_are_deaf_while_they_work_are_driven():
    for device in (QUEUED, DEAF):
        line = driven(legacy_models(), always(450), device=device)
        assert line.inverter.fault == errors.INVERTER_SLOW
        assert not astray(line.slave, (124,))


def test_a_device_that_is_fast_again_is_no_longer_called_slow():
    line = driven(der_models(), always(300))
    line.delay = always(3)
    line.run(5000, 2000)
    assert line.inverter.fault == errors.NO_FAULT


def test_every_read_has_its_turn_on_a_slow_line():
    line = driven(der_models(), always(450))
    line.run(5000, 2000)
    for turn in range(400):
        line.run(100, 1000 + 100 * (turn // 5 % 9))  # every half second another power
        assert line.inverter.power_age(line.now) < 3500
        assert line.inverter.soc_age(line.now) < 10000
    assert line.faults == {errors.NO_FAULT, errors.INVERTER_SLOW}


def test_a_lost_answer_of_a_driven_device_costs_one_timeout():
    line = driven(der_models(), always(3))
    line.run(1000, 2000)
    lost = len(line.asked)
    line.answer = lambda i, frame: b"" if i == lost else frame
    line.run(1000, 2000)
    assert 200 <= line.asked[lost + 1][0] - line.asked[lost][0] <= 205
    assert line.inverter.bus_errors == 1


def test_a_zero_is_repeated_at_every_timeout():
    line = driven(der_models(), always(3))
    line.run(1000, 2000)
    line.answer = lambda i, frame: b""
    line.run(50, 2000)
    at = line.now
    line.run(1400, 0)
    zeros = [ms for ms, _address, words in line.slave.writes if ms >= at and len(words) == 4 and words[2:] == [0, 0]]
    assert zeros[0] - at <= 205
    assert len(zeros) >= 5, zeros


def test_a_late_acknowledgement_taken_for_the_next_ones_is_found_out_by_the_reading():
    line = driven(der_models(), always(3), changes={"reversion_s": 60})
    line.run(1000, 2000)
    slave = line.slave
    handle, writes = slave.handle, []

    def lose_the_second(frame, now):
        """The first write is acknowledged late, the second never arrives."""
        if frame[1] != 16 or frame[2] << 8 | frame[3] != slave.address(704, 22):
            return handle(frame, now)
        writes.append(now)
        if len(writes) == 2:
            return b""
        answer = handle(frame, now)
        if len(writes) > 1:
            return answer
        line.put(now + 230, answer, None)
        return b""

    slave.handle = lose_the_second
    line.run(100, 3000)
    line.run(150, 1000)
    assert len(writes) == 2 and line.inverter.active.commanded_w == 1000
    assert slave.signed32(704, 24) == -3000
    line.run(1000, 1000)
    assert slave.signed32(704, 24) == -1000
    assert errors.INVERTER_READBACK in line.faults


def test_silence_is_reported_in_its_time_though_an_answer_is_waited_for():
    line = driven(der_models(), always(3))
    line.run(1000, 2000)
    line.answer = lambda i, frame: b""
    begun = len(line.asked)
    assert falls_silent(line)
    assert 2000 <= line.now - line.asked[begun][0] <= 2005
    assert line.inverter.fault == errors.INVERTER_SILENT
    line.answer = None
    assert drive(line, 1000)
    assert line.inverter.fault == errors.NO_FAULT


def test_an_answer_that_comes_after_the_silence_was_reported_does_nothing():
    for delay_ms in (2050, 2400, 3500):
        line = driven(der_models(), always(3))
        line.run(1000, 2000)
        line.delay = always(delay_ms)
        assert falls_silent(line)
        line.delay = always(3)
        assert drive(line, 1000)
        assert not astray(line.slave, (704,))
