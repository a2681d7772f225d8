"""The contactor against its auxiliary contact: every row of its table, to the millisecond."""

from noalloc import without_heap

from gridkeel import ticks
from gridkeel.evse import contactor, names
from gridkeel.evse.contactor import CLOSED, CLOSING, OPEN, OPENING, STUCK, WELDED
from gridkeel.evse.times import CONTACTOR_MS


class ContactorSetup:
    """A contactor looked at every 10 ms across the tick's wrap."""

    def __init__(self):
        self.contactor = contactor.Contactor()
        self.now = ticks.MASK - 100
        self.wanted = False
        self.feedback = 0

    def _update(self):
        self.contactor.update(self.wanted, self.feedback, self.now)

    def run(self, ms, wanted=None, feedback=None):
        if wanted is not None:
            self.wanted = wanted
        if feedback is not None:
            self.feedback = feedback
        update = self._update
        for _ in range(ms // 10):
            without_heap(update)
            self.now = ticks.add(self.now, 10)
        assert self.contactor.order == (self.contactor.state in (CLOSING, CLOSED))
        return self.contactor.state


def closed():
    panel = ContactorSetup()
    panel.run(20, wanted=True)
    assert panel.run(20, feedback=1) == CLOSED
    return panel


def test_the_contactor_closes_and_opens():
    panel = ContactorSetup()
    assert panel.run(100) == OPEN
    assert panel.run(10, wanted=True) == CLOSING
    assert panel.contactor.order
    assert not panel.contactor.closed()
    assert panel.run(10, feedback=1) == CLOSED
    assert panel.contactor.closed()
    assert panel.run(10, wanted=False) == OPENING
    assert not panel.contactor.order
    assert panel.run(10, feedback=0) == OPEN


def test_a_missing_closure_is_reported_after_its_time_and_not_before():
    panel = ContactorSetup()
    panel.run(10, wanted=True)
    assert panel.run(CONTACTOR_MS) == CLOSING
    assert panel.run(10) == STUCK
    assert not panel.contactor.order
    panel.run(1000)
    assert panel.contactor.state == STUCK
    panel.contactor.clear(panel.now, 20)
    assert panel.contactor.state == OPEN
    assert panel.run(10) == CLOSING


def test_a_contactor_that_falls_open_is_stuck():
    panel = closed()
    assert panel.run(CONTACTOR_MS, feedback=0) == CLOSED
    assert panel.run(10) == STUCK


def test_a_bouncing_contact_is_neither_stuck_nor_welded():
    panel = closed()
    for _ in range(50):
        assert panel.run(CONTACTOR_MS - 20, feedback=0) == CLOSED
        assert panel.run(10, feedback=1) == CLOSED


def test_a_weld_is_reported_after_its_time_and_stays():
    panel = closed()
    panel.run(10, wanted=False)
    assert panel.run(CONTACTOR_MS) == OPENING
    assert panel.run(10) == WELDED
    for wanted, feedback in ((True, 1), (False, 0), (True, 0)):
        assert panel.run(500, wanted=wanted, feedback=feedback) == WELDED
        panel.contactor.clear(panel.now, 20)
    assert panel.contactor.state == WELDED


def test_closed_without_an_order_is_a_weld_too_and_no_order_follows():
    panel = ContactorSetup()
    assert panel.run(CONTACTOR_MS, wanted=True, feedback=1) == OPEN
    assert panel.run(10) == WELDED


def test_closing_after_it_was_given_up_is_a_weld():
    panel = ContactorSetup()
    panel.run(CONTACTOR_MS + 30, wanted=True)
    assert panel.contactor.state == STUCK
    assert panel.run(CONTACTOR_MS + 10, feedback=1) == WELDED


def test_an_order_withdrawn_while_closing_opens_the_contactor():
    panel = ContactorSetup()
    panel.run(10, wanted=True)
    assert panel.run(10, wanted=False) == OPENING
    assert panel.run(10) == OPEN


def test_wanted_again_while_opening_waits_for_the_contact():
    panel = closed()
    panel.run(10, wanted=False)
    assert panel.run(50, wanted=True) == OPENING
    panel.run(10, feedback=0)
    assert panel.run(10) == CLOSING


def test_names_fit_the_numbers():
    assert names.CONTACTOR[WELDED] == "welded"
    assert names.CONTACTOR[STUCK] == "stuck"
    assert len(names.CONTACTOR) == STUCK + 1


def opened(subject, times):
    """Let the contactor close and open this often, each time as soon as it may; return the time of the last opening."""
    at = 0
    for _ in range(times):
        while not subject.closed():
            at += 10
            subject.update(True, subject.order, at)
        subject.update(False, True, at)
        subject.update(False, False, at)
    return at


def test_openings_of_a_vehicle_that_has_been_gone_for_three_seconds_are_forgotten():
    for gone_ms, waits in ((2_990, True), (3_000, False)):
        subject = contactor.Contactor()
        at = opened(subject, 5) + 10_000
        subject.update(False, False, at)
        subject.clear(at, gone_ms)
        subject.update(True, False, at)
        assert subject.order is not waits
