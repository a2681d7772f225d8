"""Ageing: rainflow by the standard's own example, losses by hand, the price of wear by finite difference."""

from __future__ import annotations

import numpy as np
import pytest

from twin.battery import ageing, ageing_law, rainflow
from twin.battery.ageing import Use
from twin.battery.ageing_law import KELVIN

HOURS = np.arange(24 * 60 + 1)


def counted(series: list[float]) -> dict[float, float]:
    """Return {depth: count} of one series, open ranges as half cycles."""
    closed, rest = rainflow.count(rainflow.turning_points(np.array([series])))
    found: dict[float, float] = {}
    for ranges, count in ((closed, 1.0), (rainflow.between(rest), 0.5)):
        for depth in np.round(ranges.depth, 9).tolist():
            found[depth] = found.get(depth, 0.0) + count
    return found


def by_one(series: np.ndarray) -> dict[float, float]:
    """Return the same, by the standard's own rule: a stack, one point at a time."""
    points: list[float] = []
    found: dict[float, float] = {}

    def add(depth: float, count: float) -> None:
        found[round(float(depth), 9)] = found.get(round(float(depth), 9), 0.0) + count

    turns = [series[0]]
    for here, after in zip(series[1:], series[2:], strict=False):
        if (here - turns[-1]) * (after - here) < 0.0:
            turns.append(here)
    for point in [*turns, series[-1]]:
        points.append(point)
        while len(points) >= 3 and abs(points[-1] - points[-2]) >= abs(points[-2] - points[-3]):
            depth = abs(points[-2] - points[-3])
            if len(points) == 3:
                add(depth, 0.5)
                points.pop(0)
            else:
                add(depth, 1.0)
                del points[-3:-1]
    for first, second in zip(points, points[1:], strict=False):
        add(abs(second - first), 0.5)
    return found


def test_the_example_of_astm_e1049_is_counted_as_there() -> None:
    assert counted([-2, 1, -3, 5, -1, 3, -4, 4, -2]) == {3: 0.5, 4: 1.5, 6: 0.5, 8: 1.0, 9: 0.5}


def test_random_series_are_counted_as_one_point_at_a_time_does() -> None:
    draw = np.random.default_rng(5)
    for _ in range(50):
        series = np.round(draw.uniform(0, 1, draw.integers(3, 60)), 2)
        assert counted(list(series)) == by_one(series)


def test_equal_cycles_are_each_counted_once_and_rests_are_no_turns() -> None:
    assert counted([0.9, 0.5, 0.5, 0.9] * 50) == {0.4: 50.0}


def commute(vehicles: int, depth: float = 0.3) -> np.ndarray:
    """Return a SoC that falls twice a day and is charged at night."""
    one = np.interp(HOURS % 24, [0, 7, 8, 17, 18, 22, 24], [0.9, 0.9, 0.9 - depth / 2, 0.9 - depth / 2, 0.6, 0.6, 0.9])
    return np.tile(one, (vehicles, 1))


def test_a_cell_at_rest_loses_by_the_laws_formula() -> None:
    law = ageing_law.load("nca")
    ages = ageing.start(1)
    ageing.advance(ages, law, np.full((1, 8761), 0.5), np.full(8761, 25.0), 1.0)
    # 75.4 * exp((-3340 + 353 * 0.5) / 298.15) * 365 ** 0.512
    assert ageing.losses(ages, law)[0][0] == pytest.approx(75.4 * np.exp(-3163.5 / 298.15) * 365**0.512, rel=1e-4)
    assert ageing.losses(ages, law)[1][0] == 0.0


def test_cycles_of_one_depth_lose_by_the_laws_formula() -> None:
    law = ageing_law.load("nca")
    ages = ageing.start(1)
    ageing.advance(ages, law, np.tile([0.9, 0.4], (1, 501))[:, :1001], np.full(1001, 25.0), 1.0)
    rate = 2 * (1.86e-6 + 4.74e-11 * 0.5 + 0.000177 * 0.5)
    assert ages["full_cycles"][0] + 0.25 * 2 == pytest.approx(250, abs=1.0)
    assert ageing.losses(ages, law)[1][0] == pytest.approx(rate * 250**0.699, rel=2e-3)


@pytest.mark.parametrize("name", ageing_law.names())
def test_a_stretch_in_pieces_ages_as_the_whole(name: str) -> None:
    law = ageing_law.load(name)
    draw = np.random.default_rng(3)
    soc = 0.5 + 0.45 * np.sin(np.cumsum(draw.normal(0, 0.1, (7, len(HOURS))), axis=1))
    warmth = 15 + 8 * np.sin(HOURS / 24)
    whole, pieces = ageing.start(7), ageing.start(7)
    ageing.advance(whole, law, soc, warmth, 1.0)
    for first in range(0, len(HOURS) - 1, 240):
        ageing.advance(pieces, law, soc[:, first : first + 241], warmth[first : first + 241], 1.0)
    # The capacity that scales the charge is that of the piece's start: the only thing that may differ.
    assert ageing.capacity(pieces, law) == pytest.approx(ageing.capacity(whole, law), abs=2e-4)
    assert ageing.losses(pieces, law)[1] == pytest.approx(ageing.losses(whole, law)[1], rel=0.03)


@pytest.mark.parametrize("name", ["nca", "lfp"])
def test_heat_and_full_charge_each_age_more(name: str) -> None:
    law = ageing_law.load(name)

    def lost(depth: float, warmth: float, up: float = 0.0) -> float:
        ages = ageing.start(1)
        ageing.advance(ages, law, commute(1, depth) + up, np.full(len(HOURS), warmth), 1.0)
        return float(1.0 - ageing.capacity(ages, law)[0])

    assert lost(0.3, 25) > lost(0.3, 10)
    assert lost(0.3, 25, up=0.1) > lost(0.3, 25)


def test_the_same_charge_in_deeper_cycles_ages_more() -> None:
    law = ageing_law.load("nca")
    shallow, deep = ageing.start(1), ageing.start(1)
    ageing.advance(shallow, law, 0.5 + np.tile([0.1, -0.1], (1, 600)), np.full(1200, 25.0), 1.0)
    ageing.advance(deep, law, 0.5 + np.tile([0.3, -0.3], (1, 200)), np.full(400, 25.0), 3.0)
    assert deep["full_cycles"] == pytest.approx(shallow["full_cycles"], rel=0.01)
    assert ageing.losses(deep, law)[1] > 2 * ageing.losses(shallow, law)[1]


@pytest.mark.parametrize("name", ageing_law.names())
@pytest.mark.parametrize("years", [0, 4])
def test_the_price_of_wear_is_the_finite_difference_of_the_loss(name: str, years: int) -> None:
    """Ten cycles more now, then a year of use: what the difference costs, for each kWh of those ten."""
    law = ageing_law.load(name)
    ages = ageing.start(1)
    for _ in range(years * 6):
        ageing.advance(ages, law, commute(1), np.full(len(HOURS), 20.0), 1.0)
    kelvin = np.array([20.0 + KELVIN])
    use = Use(depth=0.5, c_rate=0.15, temperature_c=20.0, full_cycles_a_day=0.3, days=365.0)
    each = float(law.cycling.rate(np.array(0.5), np.array(0.15), kelvin)[0]) ** (1 / law.cycling.power)

    def loss_after(more: float) -> float:
        later = ages.copy()
        later["cycle"] += each * (more + use.full_cycles_a_day * use.days)
        return float(ageing.losses(later, law)[1][0])

    slope = (loss_after(10.0) - loss_after(0.0)) / 10.0
    price = ageing.wear_price_per_kwh(ages, law, use, replacement_per_kwh=150.0, end_of_life=0.7)
    assert price[0] == pytest.approx(slope * 150.0 / 0.3, rel=0.05)
    assert 0.0005 < price[0] < 0.2


def test_an_unknown_chemistry_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="lead.*nca"):
        ageing_law.load("lead")
