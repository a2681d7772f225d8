"""The driver's active side by itself: which readings it judges, and what it writes again."""

from gridkeel.inverter import DRIVING, READY, control
from gridkeel.inverter.active import ActiveSide
from gridkeel.inverter.jobs import SET, Jobs
from gridkeel.params import Parameters


class Control:
    """Registers that say what a test wants them to say."""

    steps = renewing = 0
    life_s = held_s = 4
    commanded_w = 0

    def __init__(self):
        self.result = control.MATCH
        self.may_retry = False
        self.settled = None  # what the last reading was told of its setting

    def encode(self, power_w):
        self.commanded_w = power_w

    def set_reversion(self, reversion_s):
        pass

    def write_setting(self, master, out, now_ms):
        return 8

    def check(self, master, settled):
        self.settled = settled
        return self.result

    def retry(self, now_ms):
        return self.may_retry


class Device:
    """A device with one way to set a power."""

    def __init__(self):
        self.control = Control()


class Line:
    """A line whose inverter is in a state."""

    def __init__(self, state):
        self.state = state
        self.jobs = Jobs()


def side_of(state=DRIVING):
    """A side that wrote its setting at 0 ms."""
    line = Line(state)
    side = ActiveSide(Parameters(), line, Device())
    side.request(2000, 0)
    written(side, line.jobs, 0)
    return side, line.jobs


def written(side, jobs, now_ms):
    jobs.drop(SET)
    side.write_setting(None, None, now_ms)
    side.set_done(now_ms)


def read(side, result, now_ms):
    side._device.control.result = result
    return side.read_back(None, now_ms)


def test_a_setting_that_was_not_answered_is_not_held_against_the_inverter():
    side, jobs = side_of()
    read(side, control.MATCH, 1000)
    assert side._device.control.settled
    side.missed()
    read(side, control.UNSETTLED, 1500)
    assert side._device.control.settled is False
    written(side, jobs, 2000)
    read(side, control.MATCH, 2500)
    assert side._device.control.settled


def test_what_was_lost_is_written_again_with_the_reading_that_matches():
    side, jobs = side_of()
    assert read(side, control.LOST, 1000) == control.LOST
    side._device.control.may_retry = True
    assert read(side, control.UNSETTLED, 1500) == control.UNSETTLED
    assert not jobs.wants(SET), "a reading that judges nothing writes nothing"
    assert read(side, control.MATCH, 2000) == control.DIFFERS and jobs.wants(SET)
    written(side, jobs, 2000)
    assert read(side, control.MATCH, 2500) == control.MATCH


def test_what_was_not_driven_yet_is_taken_with_the_first_reading_that_matches():
    side, jobs = side_of(READY)
    assert read(side, control.LOST, 1000) == control.LOST
    side._device.control.may_retry = True
    assert read(side, control.MATCH, 1500) == control.MATCH and not jobs.wants(SET)
