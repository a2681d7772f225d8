"""From what is known of a fleet to what the optimiser is given, and back to orders."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from twin.fleet.dispatch import plan
from twin.orders.book import Bounds
from twin.orders.planning import schedule_of, vehicles_of
from twin.orders.schedule import Departure
from twin.orders.schedule import schedule_of as read

START_S, SLOT_S = 1_800_000_000.0, 900
FREE = Bounds(0.0, -7400.0, 7400.0)


def told(device: str, **changes: Any) -> dict[str, Any]:
    soc = {"pct": 40.0, "low_pct": 35.0, "high_pct": 45.0}
    known = {"device": device, "soc": soc, "observability": "vehicle", "capacity_kwh": 60.0, "wear_price_per_kwh": 0.02}
    return {**known, **changes}


def test_a_vehicle_is_planned_from_what_is_known_of_it() -> None:
    leaves = {"gk-1": Departure("gk-1", START_S + 40 * SLOT_S + 100, 0.8)}
    names, rows, unknown = vehicles_of([told("gk-1")], {"gk-1": FREE}, leaves, START_S, SLOT_S, 96)
    assert names == ["gk-1"] and unknown == []
    (row,) = rows
    assert (row["energy_kwh"], row["required_kwh"], row["departure_slot"]) == pytest.approx((24.0, 48.0, 40))
    assert (row["charge_kw"], row["discharge_kw"], row["least_kwh"], row["wear_per_kwh"]) == (7.4, 7.4, 6.0, 0.02)


def test_who_is_away_is_not_planned_and_whose_charge_nobody_knows_is_named() -> None:
    fleet = [
        told("away"),
        told("dark", observability="none"),
        {"device": "new", "observability": "none"},
        told("there"),
    ]
    bounds = {name: FREE for name in ("dark", "new", "there")}
    names, rows, unknown = vehicles_of(fleet, bounds, {}, START_S, SLOT_S, 96)
    assert names == ["there"] and len(rows) == 1 and unknown == ["dark", "new"]
    assert rows[0]["departure_slot"] == 96 and rows[0]["required_kwh"] == 0.0


def test_a_departure_that_has_passed_or_lies_beyond_the_prices_asks_for_nothing() -> None:
    for at_s in (START_S - 1000.0, START_S + 97 * SLOT_S + 1):
        leaves = {"gk-1": Departure("gk-1", at_s, 0.8)}
        _names, rows, _unknown = vehicles_of([told("gk-1")], {"gk-1": FREE}, leaves, START_S, SLOT_S, 96)
        assert rows[0]["required_kwh"] == 0.0 and rows[0]["departure_slot"] == 96


def test_an_emptier_battery_than_the_reserve_can_be_planned() -> None:
    _names, rows, _unknown = vehicles_of([told("gk-1", soc={"pct": 2.0})], {"gk-1": FREE}, {}, START_S, SLOT_S, 96)
    assert rows[0]["least_kwh"] == rows[0]["energy_kwh"] == pytest.approx(1.2)


def test_a_plan_charges_when_it_is_cheap_and_comes_back_as_a_schedule() -> None:
    prices = np.where(np.arange(24) < 12, 0.30, 0.05)
    leaves = {name: Departure(name, START_S + 24 * SLOT_S, 0.6) for name in ("gk-1", "gk-2")}
    names, rows, _unknown = vehicles_of(
        [told("gk-1"), told("gk-2")], {"gk-1": FREE, "gk-2": FREE}, leaves, START_S, SLOT_S, 24
    )
    site = np.full((1, 24), 11.0)
    schedule = schedule_of(names, plan(rows, prices, 0.25, site, site), START_S, SLOT_S, 7)
    assert read(json.loads(json.dumps(vars(schedule)))) == schedule
    power = np.array([schedule.power_w[name] for name in names])
    assert power.shape == (2, 24) and power[:, :12].max() <= 0.0 and power[:, 12:].sum() > 0.0
    assert np.abs(power.sum(0)).max() <= 11_001.0, "the site's limit is of all of them together"
    assert (power * 0.25 * 0.94 / 1000.0)[power > 0].sum() >= 24.0 - 0.1
