"""The sample clock on exact times: when a run begins, goes on, bends and ends, and what its line says."""

from gridkeel import ticks
from gridkeel.sensing.sample_clock import (
    IMPLAUSIBLE,
    KNOWN,
    KNOWN_PPM,
    SETTLING,
    UNKNOWN,
    SampleClock,
    spread_us,
    uncertain_ppm,
)

NOON = 1_790_000_000
START = ticks.MASK - 200_000  # ms: the tick wraps on the way


class Figures:
    """What a sample clock reads of the parameters, with blocks of 4 s."""

    block_ms = 4000

    def __init__(self, trim_ppm=200, known_ppm=0):
        self.sample_clock_trim_ppm = trim_ppm
        self.sample_clock_ppm = known_ppm


class Exact:
    """A clock whose segments of 64 s each get the offset that is wanted, in ms; moves: its steps in ppm."""

    def __init__(self, **figures):
        self.parameters = Figures(**figures)
        self.clock = SampleClock(self.parameters)
        self.ms = 0
        self.moves = []
        self.block(0)
        self.stamp()

    def block(self, offset):
        self.clock.block(ticks.add(START, self.ms - offset))

    def stamp(self, late_ms=0, ahead_ms=0):
        was = self.clock.ppm
        host_ms = self.ms + ahead_ms
        self.clock.host_time(NOON + host_ms // 1000, host_ms % 1000, ticks.add(START, self.ms + late_ms))
        self.moves.append(self.clock.ppm - was)

    def segment(self, offset, late_ms=0, ahead_ms=0, stamps=range(4, 68, 4)):
        """late_ms: of every stamp but the first."""
        for k in range(4, 68, 4):
            self.ms += 4000
            self.block(offset)
            if k in stamps:
                self.stamp(late_ms if k > 4 else 0, ahead_ms)
        return self

    def line(self, ms_a_segment, segments=6, first=0):
        for k in range(segments):
            self.segment(first + k * ms_a_segment)
        return self


def slope(offsets):
    """The least-squares slope in ppm, ms a segment of 64 s."""
    n = len(offsets)
    middle = sum(offsets) / n
    over = sum([(i - (n - 1) / 2) * (offsets[i] - middle) for i in range(n)])
    return over / sum([(i - (n - 1) / 2) ** 2 for i in range(n)]) * 1000 / 64


def test_six_segments_are_a_line():
    story = Exact().line(5, 5)
    assert (story.clock.state, story.clock.found_ppm) == (SETTLING, 0)
    story.segment(25)
    assert (story.clock.state, story.clock.found_ppm) == (KNOWN, 78)


def test_the_last_sixteen_segments_are_the_line():
    story = Exact(trim_ppm=500)
    offsets = [0] * 18 + [10 * k for k in range(1, 18)]
    for k in range(len(offsets)):
        story.segment(offsets[k])
        if k >= 5:
            assert abs(story.clock.found_ppm - slope(offsets[max(0, k - 15) : k + 1])) <= 0.6, k
    assert story.clock.found_ppm == 156 and story.clock.state == KNOWN


def test_a_bend_of_20_ms_is_a_line_and_one_of_21_breaks_it():
    for bend, expected in ((20, False), (21, True), (-20, False), (-21, True)):
        story = Exact(trim_ppm=2000)
        story.line(0, 2)
        for k in range(1, 5):
            story.segment(k * bend)
        broken = story.clock.found_ppm == 0
        assert broken is expected, bend
        for k in range(5, 8):
            story.segment(k * bend)
            assert (story.clock.found_ppm == 0) == (expected and k < 7), (bend, k)


def test_a_run_that_was_broken_begins_with_nothing_of_the_old_one():
    story = Exact()
    story.line(0, 2)
    story.segment(500)
    story.line(5, 5)
    assert story.clock.state == SETTLING
    story.segment(25)
    assert (story.clock.state, story.clock.found_ppm) == (KNOWN, 78)


def test_a_segment_of_fewer_than_four_stamps_breaks_the_run():
    for stamps, state in (((8, 20, 32, 44, 64), KNOWN), ((8, 20, 32, 64), SETTLING)):
        story = Exact().segment(0, stamps=stamps).line(5, 5, first=5)
        assert story.clock.state == state, stamps
        assert story.segment(30).clock.state == KNOWN


def test_the_least_late_stamp_of_a_segment_counts():
    story = Exact()
    for late_ms in (3, 90, 0, 41, 7, 60):
        story.segment(0, late_ms)
    assert (story.clock.state, story.clock.found_ppm) == (KNOWN, 0)


def test_a_host_that_goes_back_or_far_ahead_breaks_the_run_at_once():
    for ahead_ms in (-10000, 1000000):
        story = Exact().line(0, 2)
        for k in range(8):
            story.ms += 4000
            story.block(0)
            story.stamp(ahead_ms=ahead_ms if k >= 4 else 0)
        for _ in range(5):
            story.segment(0, ahead_ms=ahead_ms)
        assert story.clock.state == SETTLING, ahead_ms
        story.segment(0, ahead_ms=ahead_ms)
        assert story.clock.state == KNOWN, ahead_ms


def test_two_stamps_of_one_second_are_one_run():
    story = Exact()
    for _ in range(6):
        for _ in range(16):
            story.ms += 4000
            story.block(0)
            story.stamp()
            story.ms += 500
            story.stamp()
            story.ms -= 500
    assert story.clock.state == KNOWN


def test_the_range_of_the_correction_holds_its_ends():
    for ms_a_segment, ppm in ((5, 78), (-5, -78)):
        for trim_ppm, state in ((78, KNOWN), (77, IMPLAUSIBLE)):
            clock = Exact(trim_ppm=trim_ppm).line(ms_a_segment).clock
            assert (clock.state, clock.found_ppm) == (state, ppm), trim_ppm


def test_the_correction_moves_by_4_ppm_a_stamp_either_way():
    for ms_a_segment in (5, -5):
        story = Exact().line(ms_a_segment, 8)
        assert max([abs(move) for move in story.moves]) == 4
        assert abs(story.clock.ppm) == 78


def test_what_becomes_implausible_is_followed_no_longer():
    story = Exact().line(5, 8)
    assert story.clock.ppm == 78
    story.parameters.sample_clock_trim_ppm = 10
    story.line(5, 3, first=40)
    assert (story.clock.state, story.clock.ppm) == (IMPLAUSIBLE, 0)
    story.segment(-2000)
    assert story.clock.state == IMPLAUSIBLE, "a run that begins anew makes nothing plausible"
    story.clock.lost()
    assert story.clock.state == IMPLAUSIBLE


def test_what_becomes_uncertain_settles_again():
    story = Exact().line(0, 6)
    for offset in (5, -5, 5, -5):
        story.segment(offset)
    assert story.clock.state == SETTLING


def test_a_slope_as_uncertain_as_is_allowed_is_known():
    for offsets, uncertain in (((0, 0, 2, 0, 0, 0), KNOWN_PPM), ((0, 0, 0, 3, 0, 0), 9)):
        story = Exact()
        for offset in offsets:
            story.segment(offset)
        assert uncertain_ppm(offsets, 6, story.clock.found_ppm) == uncertain
        assert story.clock.state == (KNOWN if uncertain == KNOWN_PPM else SETTLING)


def test_the_uncertainty_is_twice_the_standard_error_of_a_slope():
    for n in range(6, 17):
        offsets = [0] * n
        offsets[1] = 10000
        spread = spread_us(offsets, n, 0)
        expected = spread * (12 / n**3) ** 0.5 / 64
        assert abs(uncertain_ppm(offsets, n, 0) - expected) < 0.02 * expected


def test_without_a_block_nothing_is_counted():
    clock = SampleClock(Figures())
    clock.host_time(NOON, 0, 0)
    assert clock.state == UNKNOWN
    clock.lost()
    assert clock.state == UNKNOWN
