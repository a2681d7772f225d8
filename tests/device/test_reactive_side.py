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
        self.forgotten = 0

    def forget(self):
        self.forgotten += 1

    def renew(self):
        self.held_s = 0

    def encode(self, var, enabled, reactive_first):
        self.commanded_var = var
        self.enabled = enabled

    def write_setting(self, master, out, now_ms):
        return 8

    def write_step(self, master, out, step, now_ms):
        self.steps_written.append(step)
        return 8

    def set_reversion(self, reversion_s):
        self.reversion_s = reversion_s

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
    assert side.write_setting(None, None, now_ms) == 8
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


def due_ms(jobs, job):
    """Return when a job is due; None where nobody asked for it."""
    return jobs._due_ms[job] if jobs.wants(job) else None


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
    assert (control_of.enabled, control_of.reversion_s) == (1, 4)
    control_of.may_retry = True
    read(side, control.LOST)
    assert steps_written(side, jobs, 1000) == [0, 1], "what was lost is written from the first step on"
    side.request(False, 0, 2000)
    assert steps_written(side, jobs, 2000) == [1]
    assert (control_of.enabled, control_of.reversion_s) == (0, 0)
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


def test_a_search_forgets_the_hold_and_the_next_drive_takes_it_anew():
    side, jobs = holding()
    jobs.clear()
    side.forget()
    assert not side.holds
    assert not side.request(True, 500, 1000) and not jobs.wants(VAR_SET)
    side.drive(2000)
    assert steps_written(side, jobs, 2000) == [0]


def test_an_inverter_that_is_found_again_is_left_alone_where_nothing_is_wanted():
    side, jobs = holding()
    jobs.clear()
    side.forget()
    side.request(False, 0, 1000)
    side.drive(2000)
    assert not jobs.wants(VAR_SET)


def test_what_was_let_go_is_not_let_go_again_with_each_drive():
    side, jobs = holding()
    side.request(False, 0, 1000)
    assert steps_written(side, jobs, 1000) == [0]
    side.drive(2000)
    assert not jobs.wants(VAR_SET)


def test_a_setting_that_is_written_again_keeps_what_was_seen_of_it():
    side, jobs = holding()
    held = side._device.var_control
    held.forgotten = 0
    written(side, jobs, 100)
    assert held.forgotten == 0
    side.request(True, 500, 200)
    written(side, jobs, 200)
    assert held.forgotten == 1 and side.commanded_var == 500


def test_what_was_requested_while_a_setting_was_on_the_line_goes_out_next():
    side, jobs = holding()
    side.write_setting(None, None, 500)
    side.request(True, 2000, 510)
    jobs.drop(VAR_SET)
    side.set_done(520)
    assert due_ms(jobs, VAR_SET) == 600, "a tenth of a second after the one before"


def test_the_timer_is_refreshed_half_its_time_after_its_step_and_read_back_at_leisure():
    side, jobs = side_of()
    held = side._device.var_control
    held.held_s = 3
    side.request(True, 1000, 0)
    written(side, jobs, 0)
    side.write_step(None, None, 100)
    side.step_done(150)
    assert due_ms(jobs, VAR_REFRESH) == 2100
    assert due_ms(jobs, VAR_READBACK) >= 550
    assert held.held_s == 0, "what the timer shows counts from its writing on"
    assert due_ms(jobs, VAR_SET) == 150
    read(side, control.UNSETTLED, 200)
    assert not held.settled, "the setting is about to be written again"


def test_what_once_differed_is_held_with_a_reading_that_matches():
    side, jobs = side_of()
    side._device.var_control.pause_ms = 500
    side.request(True, 1000, 0)
    assert steps_written(side, jobs, 0) == [0]
    written(side, jobs, 100)
    assert not side.request(True, 1500, 110)
    assert not side.holds and side.commanded_var == 0 and not jobs.wants(VAR_SET)
    read(side, control.MATCH, 200)
    assert side.holds and jobs.wants(VAR_SET)


def test_what_is_nearer_to_zero_holds_as_what_matches_does():
    side, jobs = side_of()
    side._device.var_control.pause_ms = 500
    side.request(True, 1000, 0)
    steps_written(side, jobs, 0)
    read(side, control.CLAMPED, 200)
    assert side.holds


def test_a_hold_goes_on_while_its_timer_is_written_again():
    side, jobs = holding()
    side._device.var_control.pause_ms = 500
    side.renew()
    assert steps_written(side, jobs, 2000) == [0]
    assert side.holds


def test_a_reading_that_matches_says_nothing_before_the_steps_are_written():
    side, jobs = side_of()
    side.request(True, 1000, 0)
    read(side, control.MATCH, 100)
    assert not side.holds and not jobs.wants(VAR_REFRESH)


def test_a_reading_that_matches_what_was_let_go_is_not_refreshed():
    side, jobs = holding()
    side.request(False, 0, 1000)
    steps_written(side, jobs, 1000)
    read(side, control.MATCH, 1500)
    assert not side.holds and not jobs.wants(VAR_REFRESH)


def test_a_setting_that_differs_is_written_again_only_after_its_pause():
    side, jobs = holding()
    written(side, jobs, 500)
    for result in (control.DIFFERS, control.OVERRIDDEN, control.UNSETTLED):
        read(side, result, 1000)
        assert side.holds and not jobs.wants(VAR_SET), result
    side._device.var_control.may_retry = True
    read(side, control.UNSETTLED, 1400)
    assert side.holds and not jobs.wants(VAR_SET), "a reading that judges nothing writes nothing"
    read(side, control.DIFFERS, 1500)
    assert not side.holds and due_ms(jobs, VAR_SET) == 1500


def test_what_was_lost_is_set_to_zero_once():
    side, jobs = holding()
    written(side, jobs, 500)
    read(side, control.LOST, 1000)
    written(side, jobs, 1010)
    read(side, control.LOST, 1500)
    assert not jobs.wants(VAR_SET)


def test_an_inverter_without_control_of_reactive_power_says_so_where_it_is_wanted():
    side, jobs = side_of()
    side._device.var_control = None
    assert side.request(True, 1000, 0) is True
    side.drive(5)
    assert side.request(False, 0, 10) is False
    assert not jobs.wants(VAR_SET)
    side.request(True, 1000, 20)
    side._device.var_control = Control()
    assert side.request(False, 0, 30) is False
    assert not jobs.wants(VAR_SET), "nothing was written that would have to be let go"


def test_large_changes_go_out_a_tenth_of_a_second_apart_small_ones_later():
    side, jobs = holding()
    written(side, jobs, 1000)
    step_var = side._p.command_step_w
    for var, at_ms in ((1000 + step_var, 1100), (1000 - step_var, 1100), (1000 + step_var - 1, 1550), (0, 1100)):
        jobs.drop(VAR_SET)
        side.request(True, var, 1050)
        assert due_ms(jobs, VAR_SET) == at_ms, var
    side.missed()
    side.request(True, 1000, 1060)
    assert due_ms(jobs, VAR_SET) == 1060, "what was not answered is written again at once"


def test_a_small_reactive_power_is_taken_to_zero_without_delay():
    side, jobs = holding(5)
    written(side, jobs, 1000)
    side.request(True, 0, 1050)
    assert due_ms(jobs, VAR_SET) == 1100
    written(side, jobs, 1100)
    side.request(True, 0, 1150)
    assert not jobs.wants(VAR_SET)
