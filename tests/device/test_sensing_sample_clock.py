"""The sample clock against the host's: found through jitter, bounded, broken off where samples or the host's time jump.

Time in here is in microseconds, 1,000 seconds at the most, so that the 32-bit builds need no heap for it.
"""

from noalloc import without_heap

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.sensing import sample_clock
from gridkeel.sensing.frequency import Estimator
from gridkeel.sensing.sample_clock import IMPLAUSIBLE, KNOWN, SETTLING, UNKNOWN, SampleClock, slope_ppm, spread_us

NOON = 1_790_000_000
BLOCK_US = 20000
HOST_TIME_BLOCKS = 250  # 5 s
START = ticks.MASK - 200_000  # ms: the tick wraps on the way


class ClockSetup:
    """A sample clock and a tick, each so much too fast, and a host whose line and board are late by up to jitter_us."""

    def __init__(self, clock_ppm=0, tick_ppm=0, jitter_us=3000, changes=None):
        self.parameters = Parameters({"block_ms": BLOCK_US // 1000})
        self.parameters.update(changes or {})
        self.clock = SampleClock(self.parameters)
        self.clock_ppm = clock_ppm
        self.tick_ppm = tick_ppm
        self.jitter_us = jitter_us
        self.host_ahead_us = 0
        self.host_sends = True
        self.blocks = 0
        self._dice = 1
        self._now = 0
        self.most_move = 0

    def late_us(self):
        self._dice = (self._dice * 5461 + 12345) & 0xFFFF
        return self.jitter_us * (self._dice >> 4) >> 12

    def tick(self, t_us):
        return ticks.add(START, (t_us + t_us // 1000 * self.tick_ppm // 1000) // 1000)

    def run(self, seconds):
        block, clock = self._block, self.clock
        for _ in range(seconds * 50):
            self.blocks += 1
            t_us = self.blocks * BLOCK_US - self.blocks * self.clock_ppm // 50
            self._now = self.tick(t_us + self.late_us())
            block()
            if self.host_sends and self.blocks % HOST_TIME_BLOCKS == 0:
                host_us = t_us + self.host_ahead_us
                was = clock.ppm
                clock.host_time(
                    NOON + host_us // 1000000, host_us % 1000000 // 1000, self.tick(t_us + 1500 + self.late_us())
                )
                self.most_move = max(self.most_move, abs(clock.ppm - was))

    def _block(self):
        self.clock.block(self._now)


def test_the_state_goes_from_unknown_over_settling_to_known():
    setup = ClockSetup(80)
    assert setup.clock.state == UNKNOWN
    setup.run(10)
    assert setup.clock.state == SETTLING
    setup.run(370)
    assert setup.clock.state == SETTLING
    assert setup.clock.ppm == 0
    setup.run(140)
    assert setup.clock.state == KNOWN
    assert abs(setup.clock.ppm - 80) <= 5
    assert setup.clock.ppm == setup.clock.found_ppm
    assert setup.most_move <= sample_clock.MOVE_PPM


def test_a_slow_clock_is_found_whatever_the_board_s_tick_does():
    """The board's tick cancels out: it is no part of the answer."""
    setup = ClockSetup(-60, tick_ppm=300)
    setup.run(600)
    assert setup.clock.state == KNOWN
    assert abs(setup.clock.ppm + 60) <= 5


def test_the_parameter_counts_first():
    setup = ClockSetup(80, changes={"sample_clock_ppm": 70})
    setup.run(500)
    assert setup.clock.state == KNOWN
    assert abs(setup.clock.found_ppm - 80) <= 5
    assert setup.clock.ppm == setup.clock.found_ppm - 70


def test_an_implausible_clock_is_reported_and_not_followed():
    for ppm in (300, -300):
        setup = ClockSetup(ppm)
        setup.run(450)
        assert setup.clock.state == IMPLAUSIBLE
        assert abs(setup.clock.found_ppm - ppm) <= 10
        assert setup.clock.ppm == 0


def test_trim_0_never_corrects():
    setup = ClockSetup(80, changes={"sample_clock_trim_ppm": 0})
    setup.run(500)
    assert setup.clock.state == IMPLAUSIBLE
    assert setup.clock.ppm == 0


def test_heavy_jitter_takes_longer_to_settle():
    setup = ClockSetup(80, jitter_us=100000)
    setup.run(450)
    assert setup.clock.state == SETTLING
    assert setup.clock.ppm == 0


def test_lost_blocks_break_the_run_and_keep_the_correction():
    for clock_ppm in (80, 0):
        setup = ClockSetup(clock_ppm)
        setup.run(500)
        ppm = setup.clock.ppm
        assert setup.clock.state == KNOWN
        setup.clock.lost()
        setup.blocks += 7
        assert setup.clock.state == SETTLING
        setup.run(200)
        assert setup.clock.state == SETTLING
        assert setup.clock.ppm == ppm


def test_unnoticed_loss_of_blocks_is_not_taken_for_a_slow_clock():
    """Seven blocks in a run of minutes are hundreds of ppm: the bend between segments gives them away."""
    setup = ClockSetup(80)
    setup.run(500)
    ppm = setup.clock.ppm
    setup.blocks += 7
    setup.run(200)
    assert setup.clock.state == SETTLING
    assert abs(setup.clock.ppm - ppm) <= 5


def test_a_host_that_sets_its_clock_breaks_the_run():
    for ahead_us in (-2_000_000, 600_000, 40_000, -40_000):
        setup = ClockSetup(80)
        setup.run(150)
        setup.host_ahead_us = ahead_us
        setup.run(300)
        assert setup.clock.state == SETTLING, ahead_us
        assert setup.clock.ppm == 0
        setup.run(330)
        assert setup.clock.state == KNOWN, ahead_us
        assert abs(setup.clock.found_ppm - 80) <= 5


def test_a_silent_host_breaks_the_run():
    setup = ClockSetup(80)
    setup.run(500)
    ppm = setup.clock.ppm
    setup.host_sends = False
    setup.run(100)
    setup.host_sends = True
    setup.run(50)
    assert setup.clock.state == SETTLING
    assert setup.clock.ppm == ppm


def test_counting_takes_no_heap():
    setup = ClockSetup()
    setup.run(10)
    without_heap(setup._block)
    without_heap(setup.clock.lost)


def test_the_slope_is_right_at_its_edges():
    for n in range(sample_clock.SEGMENTS_MIN, sample_clock.SEGMENTS + 1):
        for ppm in (-2000, -250, 0, 250, 2000):
            offsets = [ppm * 64 * i // 1000 - 12345 for i in range(n)]
            assert abs(slope_ppm(offsets, n) - ppm) <= 3
            assert spread_us(offsets, n, ppm) <= 1600
            offsets[n // 2] += 50
            assert 35000 < spread_us(offsets, n, ppm) < 52000


def test_the_estimator_takes_the_trim_within_its_range():
    estimator = Estimator(Parameters({"sample_clock_ppm": 1900}))
    for trim, whole in ((0, 1900), (50, 1950), (500, 2000), (-4500, -2000)):
        estimator.trim(trim)
        assert estimator._true_uhz(50_000_000) == 50_000_000 + 50 * whole
