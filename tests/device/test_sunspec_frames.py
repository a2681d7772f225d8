"""Frames that are not the answer: echoes, repetitions, other units, other lengths."""

from sunspec_line import Line, always, astray, both_models, drive, framed
from sunspec_slave import Slave, der_models, legacy_models

from gridkeel import errors
from gridkeel.inverter import SILENT

WASM_GROUP = 1


def test_an_inverter_on_a_line_that_echoes_is_driven():
    for models in (der_models(), legacy_models()):
        line = Line(Slave(models), always(3))
        line.echoing = True
        assert drive(line)
        line.run(3000, -1000)
        assert line.inverter.bus_errors == 0
        assert line.faults == {errors.NO_FAULT}


def test_an_inverter_is_driven_though_its_echoes_look_like_byte_counts():
    slave = Slave(legacy_models(), 0)
    line = Line(slave, always(3))
    line.echoing = True
    assert drive(line)
    assert line.inverter.bus_errors == 2  # refused at 40000 and at 50000


def test_an_inverter_that_answers_twice_is_driven():
    line = Line(Slave(der_models()), always(3))
    line.answer = lambda i, frame: [frame, frame]
    assert drive(line)
    assert not astray(line.slave, (704,))
    line.run(3000, 500)
    assert line.slave.signed32(704, 24) == -500
    assert line.inverter.power_age(line.now) < 500


def test_an_inverter_that_repeats_its_last_answer_first_is_driven():
    line = Line(Slave(both_models()), always(3))
    before = [b""]

    def answer(i, frame):
        frames = [before[0], frame]
        before[0] = frame
        return frames

    line.answer = answer
    assert drive(line)
    assert not astray(line.slave, (704,))
    assert line.inverter.device.identity()[0] == "Maker"
    assert line.inverter.charge_rating_w == 7400


def test_answers_of_another_unit_and_answers_with_more_than_was_asked_are_none():
    def foreign(frame):
        return framed((9,) + tuple(frame[1:-2]))

    def longer(frame):
        return framed((1, 3, frame[2] + 2) + tuple(frame[3:-2]) + (0, 0)) if frame[1] == 3 else frame

    def before(spoil):
        return lambda i, frame: [spoil(frame), frame]

    def alone(spoil):
        return lambda i, frame: spoil(frame) if frame[1] == 3 else b""

    for spoil in (foreign, longer):
        line = Line(Slave(der_models()), always(3))
        line.answer = before(spoil)
        assert drive(line)
        assert not astray(line.slave, (704,))
        line = Line(Slave(der_models()), always(3))
        line.answer = alone(spoil)
        line.run(5000, 2000)
        assert line.inverter.state == SILENT
        assert not line.slave.writes
