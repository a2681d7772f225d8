"""Maps that end oddly: in half an end model, in silence, at the last register, past it."""

from sunspec_line import Ends, Line, always, astray, drive
from sunspec_slave import Slave, der_models, legacy_models

from gridkeel import errors

WASM_GROUP = 1


def test_a_map_that_ends_with_one_zero_and_then_refuses_is_driven():
    for models, number in ((der_models(), 704), (legacy_models(), 124)):
        line = Line(Ends(models, [0], 2), always(3))
        assert drive(line, ms=1000)
        assert not astray(line.slave, (number,))
        assert line.faults == {errors.NO_FAULT}


def test_a_map_that_ends_in_silence_is_driven():
    for models, number in ((der_models(), 704), (legacy_models(), 124)):
        line = Line(Ends(models, [], 0), always(3))
        assert drive(line, ms=10000)
        assert not astray(line.slave, (number,))
        assert errors.INVERTER_SILENT not in line.faults


class AtTheLimit(Slave):
    """A map whose first model reaches up to where the others lie, and these up to the last register but `left`."""

    def __init__(self, models, left):
        size = sum([len(words) for words in models])
        super().__init__(models, 0x10000 - 2 - size - left, end=left >= 2)
        self._start = Slave(models[:1], 40000)
        self._start.words[2] = 64999
        self._start.words[3] = self.base + 2 - 40000 - 4

    def handle(self, frame, now):
        return super().handle(frame, now) if frame[2] << 8 | frame[3] > 60000 else self._start.handle(frame, now)


def test_a_map_that_reaches_the_last_register_is_driven():
    for left in (0, 1, 2):
        slave = AtTheLimit(der_models(), left)
        line = Line(slave, always(3))
        assert drive(line, ms=3000), left
        assert not astray(slave, (704,))
        assert slave.signed32(704, 24) == -2000


def test_a_model_that_reaches_past_the_last_register_counts_as_absent():
    models = der_models()
    models[4][1] = 0xFFFF
    line = Line(Slave(models), always(3))
    line.run(3000, 2000)
    assert line.inverter.fault == errors.INVERTER_UNSUITED
    assert not line.slave.writes
