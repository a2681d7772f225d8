"""What the firmware costs on an emulated Cortex-M7 stays within its bounds; `bench_chips.py` prints the whole table."""

from __future__ import annotations

import sys
from pathlib import Path

import m7
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from chip_costs import BOUNDS, Costs  # noqa: E402

TICK = 40  # instructions


@pytest.fixture(scope="module")
def costs() -> Costs:
    return Costs(m7.image())


@pytest.mark.parametrize("what", sorted({what for what, _name in BOUNDS}))
def test_within_its_bounds(what: str, costs: Costs) -> None:
    figures = costs.measure(what)
    passed = {name: value for name, value in figures.items() if value > BOUNDS.get((what, name), value)}
    assert not passed, {name: BOUNDS[what, name] for name in passed}


def test_the_same_on_every_run_to_a_tick_of_its_timer(costs: Costs) -> None:
    first, second = costs.measure("cycle"), costs.measure("cycle")
    assert first.keys() == second.keys()
    assert all(abs(first[name] - second[name]) <= TICK for name in first), (first, second)
