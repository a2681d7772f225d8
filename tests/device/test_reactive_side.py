"""The driver's reactive side by itself: what a reading makes of its hold, and what is asked of the line."""

from gridkeel.inverter import control
from gridkeel.inverter.jobs import VAR_READBACK, VAR_REFRESH, VAR_SET, VAR_STEP, Jobs
from gridkeel.inverter.reactive import ReactiveSide
from gridkeel.params import Parameters


class Control:
    """Registers that say what a test wants them to say."""

    steps = 1
    held_s = 0
    pause_ms = 0
    commanded_var = 0

    def __init__(self):
        self.result = control.UNSETTLED
        self.resting = self.may_retry = False
        self.steps_written = []

    def renew(self):
        self.held_s = 0

    def encode(self, var, enabled, reactive_first):
        self.commanded_var = var

    def write_setting(self, master, out, now_ms):
        return 8

    def write_step(self, master, out, step, now_ms):
        self.steps_written.append(step)
        return 8

    def set_reversion(self, reversion_s):
        pass

    def check(self, master, settled):
        self.settled = settled  # what the last reading was told of its setting
        return self.result

    def retry(self, now_ms):
        return self.may_retry

    def rests(self, now_ms):
        return self.resting


class Device:
    """A device with one way to set reactive power."""

    def __init__(self):
        self.var_control = Control()


def side_of(driving=True):
    jobs = Jobs()
    device = Device()
    side = ReactiveSide(Parameters({"reversion_s": 4}), jobs, device)
    if driving:
        side.drive(0)
    return side, jobs


def holding(var=1000):
    """A side that wrote 0 var and its reversion at 0 ms, and was asked for var."""
    side, jobs = side_of()
    side.request(True, var, 0)
    written(side, jobs, 0)
    side.write_step(None, None, 0)
    side.step_done(0)
    written(side, jobs, 0)
    return side, jobs


def written(side, jobs, now_ms):
    jobs.drop(VAR_SET)
    side.write_setting(None, None, now_ms)
    side.set_done(now_ms)


def steps_written(side, jobs, now_ms):
    """Write the setting, then what steps are asked for; return their numbers."""
    found = side._device.var_control.steps_written = []
    written(side, jobs, now_ms)
    while jobs.wants(VAR_STEP):
        jobs.drop(VAR_STEP)
        side.write_step(None, None, now_ms)
        side.step_done(now_ms)
    return found


def read(side, result, now_ms=1000):
    side._device.var_control.result = result
    return side.read_back(None, now_ms)


def test_nothing_is_asked_of_the_line_before_the_power_side_drives():
    side, jobs = side_of(driving=False)
    assert not side.request(True, 500, 0) and not jobs.wants(VAR_SET)
    side.drive(10)
    assert jobs.wants(VAR_SET)


def test_the_timer_is_refreshed_at_half_of_what_is_held():
    side, jobs = holding()
    jobs.drop(VAR_REFRESH)
    side._device.var_control.held_s = 2
    read(side, control.MATCH)
    assert jobs.wants(VAR_REFRESH) and jobs._due_ms[VAR_REFRESH] == 1000


def test_what_was_lost_and_matches_again_is_held_again_once_its_rest_is_over():
    side, jobs = holding()
    assert side.holds
    written(side, jobs, 500)
    assert read(side, control.LOST) == control.LOST and not side.holds
    assert jobs.wants(VAR_SET)
    written(side, jobs, 1000)
    assert side._device.var_control.commanded_var == 0
    side._device.var_control.resting = True
    read(side, control.MATCH, 2000)
    assert not side.holds and not jobs.wants(VAR_SET)
    side._device.var_control.resting = False
    read(side, control.MATCH, 3000)
    assert side.holds and jobs.wants(VAR_SET)


def test_a_change_that_is_taken_back_is_not_written():
    side, jobs = holding()
    written(side, jobs, 100)
    side.request(True, 1005, 200)
    assert jobs.wants(VAR_SET)
    side.request(True, 1000, 300)
    assert not jobs.wants(VAR_SET)


def test_a_hold_is_taken_with_every_step_and_let_go_with_the_last():
    side, jobs = side_of()
    control_of = side._device.var_control
    control_of.steps = 2
    side.request(True, 1000, 0)
    assert steps_written(side, jobs, 0) == [0, 1]
    control_of.may_retry = True
    read(side, control.LOST)
    assert steps_written(side, jobs, 1000) == [0, 1], "what was lost is written from the first step on"
    side.request(False, 0, 2000)
    assert steps_written(side, jobs, 2000) == [1]
    assert not jobs.wants(VAR_READBACK) and not jobs.wants(VAR_REFRESH), "what was let go is left alone"


def test_a_hold_that_is_let_go_before_its_steps_went_out_writes_the_last_alone():
    side, jobs = side_of()
    side._device.var_control.steps = 2
    side.request(True, 1000, 0)
    side.request(False, 0, 0)
    assert steps_written(side, jobs, 0) == [1]


def test_reading_the_reactive_power_back_leaves_the_line_to_the_power():
    side, jobs = holding()
    jobs.drop(VAR_READBACK)
    read(side, control.MATCH)
    assert jobs.wants(VAR_READBACK) and jobs._due_ms[VAR_READBACK] >= 1400


def test_a_setting_that_is_young_or_was_not_answered_is_not_held_against_the_inverter():
    side, jobs = holding()
    for now_ms, settled in ((99, False), (100, True)):
        read(side, control.UNSETTLED, now_ms)
        assert side._device.var_control.settled is settled, now_ms
    side.missed()
    read(side, control.UNSETTLED, 1000)
    assert side._device.var_control.settled is False
