"""The clock: unset until synchronised, carried across the tick's wrap."""

from gridkeel import clock, ticks
from gridkeel.clock import WallClock


def test_an_unset_clock_is_reported_as_unset():
    assert WallClock().unix_s(5) is None and WallClock().unix_s(5000) is None


def test_a_set_clock_runs_on_ticks():
    clock = WallClock()
    clock.set(1_790_000_000, 500)
    assert clock.unix_s(1499) == 1_790_000_000
    assert clock.unix_s(1500) == 1_790_000_001
    assert clock.unix_s(3499) == 1_790_000_002


def test_the_clock_crosses_the_wrap_of_the_tick():
    clock = WallClock()
    clock.set(1_790_000_000, ticks.MASK - 999)
    assert clock.unix_s(0) == 1_790_000_001
    assert clock.unix_s(2000) == 1_790_000_003


def test_an_earlier_time_sets_the_clock_back():
    clock = WallClock()
    clock.set(1_790_000_000, 0)
    clock.set(1_780_000_000, 1000)
    assert clock.unix_s(2000) == 1_780_000_001


NOON = 1_790_000_000


def set_clock(ms=0, now_ms=0):
    wall = WallClock()
    assert wall.synchronise(NOON, ms, now_ms) == clock.TAKEN
    return wall


def test_milliseconds_place_the_second():
    wall = set_clock(900, 300)
    assert wall.unix_s(399) == NOON
    assert wall.unix_s(400) == NOON + 1


def test_a_late_time_report_hardly_moves_the_clock():
    wall = set_clock()
    assert wall.synchronise(NOON + 5, 0, 5400) == clock.TAKEN  # 400 ms under way
    assert wall.unix_s(9900) == NOON + 9
    assert wall.unix_s(10060) == NOON + 10


def test_an_early_time_report_is_nearer_the_truth():
    wall = set_clock(0, 400)  # the first was 400 ms late
    assert wall.synchronise(NOON + 5, 0, 5000) == clock.TAKEN
    assert wall.unix_s(5999) == NOON + 5
    assert wall.unix_s(6000) == NOON + 6


def test_fast_ticks_are_followed():
    """Ticks 1 % fast, a time report every 5 s: the clock stays within half a second."""
    wall = set_clock()
    for k in range(1, 200):
        assert wall.synchronise(NOON + 5 * k, 0, 5050 * k) == clock.TAKEN
    assert NOON + 999 <= wall.unix_s(5050 * 200) <= NOON + 1000


def test_an_absurd_time_is_refused():
    wall = WallClock()
    for unix_s, ms in ((0, 0), (clock.EARLIEST_UNIX_S - 1, 0), (clock.LATEST_UNIX_S, 0), (NOON, 1000)):
        assert wall.synchronise(unix_s, ms, 0) == clock.ABSURD
        assert wall.unix_s(0) is None
    assert wall.synchronise(clock.EARLIEST_UNIX_S, 0, 0) == clock.TAKEN


def test_a_jump_is_refused_until_it_has_been_repeated():
    for jump in (-3600, 6, -6, 86400 * 365):
        wall = set_clock()
        for k in range(1, clock.AGREEING):
            assert wall.synchronise(NOON + jump + 5 * k, 0, 5000 * k) == clock.JUMPED
            assert wall.offset_s == jump
            assert wall.unix_s(5000 * k) == NOON + 5 * k
        assert wall.synchronise(NOON + jump + 5 * clock.AGREEING, 0, 5000 * clock.AGREEING) == clock.TAKEN
        assert wall.unix_s(5000 * clock.AGREEING) == NOON + jump + 5 * clock.AGREEING


def test_jumps_that_disagree_are_never_taken():
    wall = set_clock()
    for k in range(1, 20):
        assert wall.synchronise(NOON + 3600 * (k % 3 + 1) + 5 * k, 0, 5000 * k) == clock.JUMPED
    assert wall.unix_s(100000) == NOON + 100


def test_a_good_time_report_ends_the_dispute():
    wall = set_clock()
    for k in range(1, 20):
        jump = 0 if k % clock.AGREEING == 0 else 3600
        expected = clock.JUMPED if jump else clock.TAKEN
        assert wall.synchronise(NOON + jump + 5 * k, 0, 5000 * k) == expected
    assert wall.unix_s(100000) == NOON + 100


def test_a_time_report_across_the_wrap_of_the_ticks():
    wall = WallClock()
    assert wall.synchronise(NOON, 500, 100) == clock.TAKEN  # its second began before the wrap
    assert wall.unix_s(599) == NOON
    assert wall.unix_s(600) == NOON + 1


def test_the_latest_time_is_the_last_second_of_the_century():
    assert clock.LATEST_UNIX_S == 4102444800  # 2100-01-01T00:00:00Z
    assert WallClock().synchronise(clock.LATEST_UNIX_S - 1, 0, 0) == clock.TAKEN


def test_what_is_off_by_five_seconds_is_followed_and_a_millisecond_more_is_a_jump():
    for off_ms in (5000, -5000):
        assert set_clock(0, 10000).synchronise(NOON, 0, 10000 - off_ms) == clock.TAKEN
        more_ms = off_ms + (1 if off_ms > 0 else -1)
        assert set_clock(0, 10000).synchronise(NOON, 0, 10000 - more_ms) == clock.JUMPED


def test_a_late_time_report_moves_the_clock_by_an_eighth():
    wall = set_clock()
    assert wall.synchronise(NOON + 5, 0, 5400) == clock.TAKEN
    assert wall.unix_s(6049) == NOON + 5
    assert wall.unix_s(6050) == NOON + 6


def test_three_reports_that_agree_within_a_second_move_the_clock():
    for apart_ms, third in ((1000, clock.TAKEN), (1001, clock.JUMPED)):
        wall = set_clock()
        assert wall.synchronise(NOON + 3605, 0, 5000) == clock.JUMPED
        assert wall.synchronise(NOON + 3610, 0, 10000 + apart_ms) == clock.JUMPED
        assert wall.synchronise(NOON + 3615, 0, 15000 + apart_ms) == third


def test_a_clock_that_was_set_counts_disagreeing_reports_anew():
    wall = set_clock()
    assert wall.synchronise(NOON + 3605, 0, 5000) == clock.JUMPED
    wall.set(NOON + 10, 10000)
    for k in (3, 4):
        assert wall.synchronise(NOON + 3600 + 5 * k, 0, 5000 * k) == clock.JUMPED
    assert wall.synchronise(NOON + 3625, 0, 25000) == clock.TAKEN


def test_how_far_an_absurd_time_is_off_is_not_reported():
    wall = set_clock()
    assert wall.synchronise(NOON + 3605, 0, 5000) == clock.JUMPED and wall.offset_s == 3600
    assert wall.synchronise(0, 0, 6000) == clock.ABSURD and wall.offset_s == 0


def test_how_far_a_time_is_off_is_reported_up_to_seventeen_years():
    for known_s, reported_s, off_s in (
        (NOON, clock.LATEST_UNIX_S - 1, 1 << 29),
        (clock.LATEST_UNIX_S - 1, NOON, -(1 << 29)),
    ):
        wall = WallClock()
        wall.set(known_s, 0)
        assert wall.synchronise(reported_s, 0, 0) == clock.JUMPED
        assert wall.offset_s == off_s


def test_a_reading_before_the_clock_was_set_changes_nothing():
    wall = WallClock()
    wall.set(NOON, 5000)
    assert wall.unix_s(2000) == NOON
    assert wall.unix_s(6000) == NOON + 1
