"""The energy account: the verdict on each kind of deviation from the baseline."""

from noalloc import without_heap

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.services import accounting
from gridkeel.services.accounting import Account


class Hour:
    """An account whose hour ends where the walk ends; baseline 3,000 W."""

    def __init__(self, **changes):
        self.account = Account(Parameters(changes))
        self.now = ticks.MASK - 10000
        self.account.update(3000, self.now)

    def flow(self, power_w, seconds):
        for _ in range(seconds):
            self.now = ticks.add(self.now, 1000)
            self.account.update(power_w, self.now)
        return self

    def verdict(self):
        return self.account.deviation_wh, accounting.VERDICTS[self.account.verdict]


def test_energy_below_the_baseline_is_shed():
    assert Hour().flow(1000, 1800).flow(3000, 1800).verdict() == (-1000, "shed")


def test_energy_that_is_made_up_for_is_shifted():
    assert Hour().flow(1000, 900).flow(3000, 900).flow(4000, 1800).verdict() == (0, "shifted")


def test_discharge_made_up_for_with_losses_is_battery():
    # 4,000 W out for a quarter of an hour: 1,750 Wh under the baseline; 2,000 Wh over it come back
    assert Hour().flow(-4000, 900).flow(7000, 1800).flow(3000, 900).verdict() == (250, "battery")


def test_energy_over_the_baseline_is_added_and_none_at_it():
    assert Hour().flow(4000, 3600).verdict() == (1000, "added")
    assert Hour().flow(3000, 3600).verdict() == (0, "none")


def test_a_part_that_is_made_up_for_is_still_shed():
    assert Hour().flow(1000, 1800).flow(4000, 1800).verdict() == (-500, "shed")


def test_tolerance_decides_at_its_edge():
    # 980 of 1,000 Wh come back: 20 of 1,980 moved are just over 1 %
    assert Hour(account_tolerance_pct=1).flow(1000, 1800).flow(4960, 1800).verdict() == (-20, "shed")
    assert Hour(account_tolerance_pct=2).flow(1000, 1800).flow(4960, 1800).verdict() == (-20, "shifted")
    assert Hour(account_tolerance_pct=1).flow(1000, 1800).flow(5042, 1800).verdict() == (21, "battery")
    assert Hour(account_tolerance_pct=2).flow(1000, 1800).flow(5042, 1800).verdict() == (21, "shifted")


def test_each_window_begins_anew():
    hour = Hour(account_window_s=600)
    hour.flow(0, 600)
    assert hour.verdict() == (-500, "shed")
    hour.flow(6000, 300)
    assert hour.verdict() == (-500, "shed")
    assert hour.account.up_wh == 250
    hour.flow(6000, 300)
    assert hour.verdict() == (500, "added")


def test_a_gap_counts_for_a_second_at_the_most():
    hour = Hour()
    hour.now = ticks.add(hour.now, 60000)
    hour.account.update(3000 + 36000, hour.now)
    assert hour.account.up_wh == 10


def test_no_heap():
    hour = Hour(account_window_s=60)

    def walk():
        hour.flow(-50000, 100)
        hour.flow(50000, 100)

    without_heap(walk)
