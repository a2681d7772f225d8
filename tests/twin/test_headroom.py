"""Headroom by hand: power and energy to either side, and the vehicle that cannot be ready any more."""

from __future__ import annotations

import numpy as np
import pytest

from twin.fleet.headroom import headroom
from twin.fleet.problem import VEHICLE


def vehicle(**changes: float) -> np.ndarray:
    own = np.zeros(1, VEHICLE)
    usual = {
        "departure_slot": 16, "required_kwh": 30.0, "least_kwh": 5.0, "most_kwh": 50.0, "charge_kw": 10.0,
        "discharge_kw": 8.0, "charge_efficiency": 0.9, "discharge_efficiency": 0.8,
    }  # fmt: skip
    for name, value in {**usual, **changes}.items():
        own[name] = value
    return own


def test_a_vehicle_with_time_left_gives_what_it_can_regain() -> None:
    """4 h left regain 36 kWh, so that it may fall to its least: 20 - 5 = 15 kWh, 12 at the grid; 30 fit in, 33.3."""
    found = headroom(vehicle(), np.array([20.0]), np.array([3.0]), 0.0, 0.25)
    assert (found.up_kw[0], found.down_kw[0]) == (11.0, 7.0)
    assert found.up_kwh[0] == pytest.approx(12.0)
    assert found.down_kwh[0] == pytest.approx(30.0 / 0.9)
    assert found.for_hours(0.5) == (pytest.approx(11.0), pytest.approx(7.0))
    assert found.for_hours(3.0) == (pytest.approx(4.0), pytest.approx(7.0))


def test_a_vehicle_that_needs_every_minute_gives_nothing_up() -> None:
    """1 h left regains 9 kWh, 21 + 9 = 30: no slack."""
    found = headroom(vehicle(), np.array([21.0]), np.array([10.0]), 12.0, 0.25)
    assert (found.up_kw[0], found.up_kwh[0], found.down_kw[0], found.missing_kwh[0]) == (0.0, 0.0, 0.0, 0.0)


def test_a_vehicle_that_cannot_be_ready_is_named_with_its_kwh() -> None:
    found = headroom(vehicle(), np.array([15.0]), np.array([10.0]), 12.0, 0.25)
    assert found.short(["gk-7"]) == ["gk-7 will lack 6.00 kWh at its departure even at full power from now on"]


def test_a_vehicle_that_is_away_or_full_has_none() -> None:
    away = headroom(vehicle(arrival_slot=4), np.array([20.0]), np.array([0.0]), 0.0, 0.25)
    assert away.for_hours(0.5) == (0.0, 0.0)
    full = headroom(vehicle(), np.array([50.0]), np.array([0.0]), 0.0, 0.25)
    assert (full.up_kw[0], full.down_kw[0]) == (8.0, 0.0)


def test_charging_that_can_wait_is_headroom_of_a_vehicle_that_cannot_feed_in() -> None:
    found = headroom(vehicle(discharge_kw=0.0), np.array([20.0]), np.array([10.0]), 0.0, 0.25)
    assert found.up_kw[0] == 10.0
    assert found.up_kwh[0] == pytest.approx(26.0 / 0.9)  # 20 + 36 - 30 may be left out
