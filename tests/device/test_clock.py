"""The time of day: unset until told, carried across the tick's wrap."""

from gridkeel import ticks
from gridkeel.clock import WallClock


def test_an_unset_clock_says_so():
    assert WallClock().unix_s(5) is None


def test_it_runs_on_ticks():
    clock = WallClock()
    clock.set(1_790_000_000, 500)
    assert clock.unix_s(1499) == 1_790_000_000
    assert clock.unix_s(1500) == 1_790_000_001
    assert clock.unix_s(3499) == 1_790_000_002


def test_it_crosses_the_wrap():
    clock = WallClock()
    clock.set(1_790_000_000, ticks.MASK - 999)
    assert clock.unix_s(0) == 1_790_000_001
    assert clock.unix_s(2000) == 1_790_000_003


def test_it_can_be_set_back():
    clock = WallClock()
    clock.set(1_790_000_000, 0)
    clock.set(1_780_000_000, 1000)
    assert clock.unix_s(2000) == 1_780_000_001
