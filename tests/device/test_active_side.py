"""The driver's active side by itself: which readings it judges, and what it writes again."""

from gridkeel.inverter import DRIVING, READY, control
from gridkeel.inverter.active import ActiveSide
from gridkeel.inverter.jobs import READBACK, REFRESH, SET, STEP, Jobs
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
        self.steps_written = []
        self.confirmed = True

    def forget(self):
        self.confirmed = False

    def renew(self):
        self.held_s = 0

    def encode(self, power_w):
        self.commanded_w = power_w

    def set_reversion(self, reversion_s):
        pass

    def write_setting(self, master, out, now_ms):
        return 8

    def write_step(self, master, out, step, now_ms):
        self.steps_written.append(step)
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


def side_of(state=DRIVING, steps=0, **changes):
    """A side that wrote its setting of 2000 W at 0 ms, and none of its steps."""
    line = Line(state)
    side = ActiveSide(Parameters(changes), line, Device())
    held = side._device.control
    held.steps, held.renewing = steps, steps - 1 if steps else 0
    side.request(2000, 0)
    side._write_all(0)
    written(side, line.jobs, 0)
    return side, line.jobs


def written(side, jobs, now_ms):
    jobs.drop(SET)
    side.write_setting(None, None, now_ms)
    side.set_done(now_ms)


def stepped(side, jobs, now_ms):
    """Write the steps that are asked for; return their numbers."""
    found = side._device.control.steps_written = []
    while jobs.wants(STEP):
        jobs.drop(STEP)
        side.write_step(None, None, now_ms)
        side.step_done(now_ms)
    return found


def due_ms(jobs, job):
    """Return when a job is due; None where nobody asked for it."""
    return jobs._due_ms[job] if jobs.wants(job) else None


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


def test_a_request_is_held_within_the_ratings():
    side, jobs = side_of(charge_max_w=5000, discharge_max_w=3000)
    for requested_w, power_w in ((9000, 5000), (4000, 4000), (-4000, -3000), (-2000, -2000)):
        side.request(requested_w, 0)
        written(side, jobs, 0)
        assert side.commanded_w == power_w


def test_before_it_drives_zero_is_what_would_be_written():
    side, jobs = side_of(READY)
    assert side.to_set_w() == side.commanded_w == 0
    side, jobs = side_of()
    assert side.to_set_w() == side.commanded_w == 2000


def test_a_stop_goes_out_at_once_whatever_holds_it():
    for is_answered in (True, False):
        side, jobs = side_of()
        jobs.hold(SET, 5000)
        if not is_answered:
            written(side, jobs, 0)
            side.missed()
        side.request(0, 100)
        assert due_ms(jobs, SET) == 100, is_answered


def test_a_stop_of_what_may_have_gone_out_goes_out_at_once():
    side, jobs = side_of()
    side.request(0, 0)
    written(side, jobs, 0)
    side.request(1000, 100)
    jobs.drop(SET)
    side.write_setting(None, None, 100)
    side.missed()
    jobs.hold(SET, 5000)
    side.request(0, 200)
    assert due_ms(jobs, SET) == 200


def test_a_power_that_is_taken_back_before_it_went_out_needs_no_stop():
    side, jobs = side_of()
    side.request(0, 0)
    written(side, jobs, 0)
    side.request(1000, 100)
    side.request(0, 110)
    assert not jobs.wants(SET)


def test_nothing_is_asked_of_the_line_before_the_inverter_is_found():
    line = Line(READY)
    device = Device()
    device.control = None
    side = ActiveSide(Parameters(), line, device)
    side.requested = True
    side.request(2000, 0)
    side.request(0, 10)
    line.state = DRIVING
    side.request(2000, 20)
    assert not line.jobs.wants(SET)


def test_a_setting_that_is_written_again_keeps_what_was_seen_of_it():
    side, jobs = side_of()
    held = side._device.control
    held.confirmed = True
    written(side, jobs, 100)
    assert held.confirmed
    side.request(3000, 200)
    written(side, jobs, 200)
    assert not held.confirmed


def test_a_timer_that_a_setting_restarts_is_refreshed_half_a_life_after_it():
    for held_s, life_s, after_ms in ((0, 6, 3000), (2, 6, 1000)):
        side, jobs = side_of()
        held = side._device.control
        held.held_s, held.life_s = held_s, life_s
        written(side, jobs, 1000)
        jobs.drop(REFRESH)
        written(side, jobs, 2000)
        assert due_ms(jobs, REFRESH) == 2000 + after_ms


def test_a_timer_that_a_step_restarts_is_refreshed_half_a_life_after_the_step():
    side, jobs = side_of(steps=1)
    held = side._device.control
    held.life_s, held.held_s = 6, 6
    assert stepped(side, jobs, 1000) == [0]
    assert due_ms(jobs, REFRESH) == 4000
    assert held.held_s == 0, "what the timer shows counts from its writing on"
    jobs.drop(REFRESH)
    written(side, jobs, 2000)
    assert not jobs.wants(REFRESH), "a setting does not restart it"
    held.held_s = 4
    side.drive(2500)
    assert due_ms(jobs, REFRESH) == 3000


def test_no_refresh_is_asked_for_while_a_step_is_still_to_be_written():
    side, jobs = side_of(steps=1)
    side.drive(100)
    assert not jobs.wants(REFRESH)


def test_a_refresh_does_not_skip_a_step_that_is_still_to_be_written():
    side, jobs = side_of(steps=2)
    assert side.renew() == STEP
    written(side, jobs, 100)
    assert stepped(side, jobs, 100) == [0, 1]
    assert side.renew() == STEP
    written(side, jobs, 200)
    assert stepped(side, jobs, 200) == [1], "once all are written a refresh writes the last alone"


def test_a_setting_is_read_back_soon_before_driving_and_at_leisure_while():
    side, jobs = side_of(READY)
    assert due_ms(jobs, READBACK) == 100
    side, jobs = side_of()
    assert not jobs.wants(READBACK)
    read(side, control.MATCH, 1000)
    assert due_ms(jobs, READBACK) >= 1400


def test_what_was_requested_while_a_setting_was_on_the_line_goes_out_next():
    side, jobs = side_of()
    side.write_setting(None, None, 100)
    side.request(3000, 110)
    jobs.drop(SET)
    side.set_done(120)
    assert due_ms(jobs, SET) == 120


def test_the_requested_power_goes_out_with_the_reading_that_matches():
    side, jobs = side_of(READY)
    side.request(3000, 100)
    assert not jobs.wants(SET)
    side._line.state = DRIVING
    side.drive(200)
    assert due_ms(jobs, SET) == 200
