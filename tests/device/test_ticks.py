"""Arithmetic of ticks across their wrap."""

from gridkeel import ticks


def test_diff_is_right_across_the_wrap():
    assert ticks.diff(5, ticks.MASK - 4) == 10
    assert ticks.diff(ticks.MASK - 4, 5) == -10
    assert ticks.diff(7, 7) == 0


def test_diff_is_right_at_its_ends():
    half = 1 << 29
    assert ticks.diff(half - 1, 0) == half - 1
    assert ticks.diff(half, 0) == -half
    assert ticks.diff(0, half) == -half


def test_add_wraps_and_undoes_diff():
    for start in (0, 1, ticks.MASK - 1, ticks.MASK):
        for delta in (0, 1, 999, (1 << 29) - 1):
            later = ticks.add(start, delta)
            assert 0 <= later <= ticks.MASK
            assert ticks.diff(later, start) == delta


def test_sub_wraps_and_undoes_add():
    for start in (0, 1, ticks.MASK - 1, ticks.MASK):
        for delta in (0, 1, 999, (1 << 29) - 1):
            assert ticks.sub(ticks.add(start, delta), delta) == start
