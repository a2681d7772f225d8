"""Schedules: held against HiGHS on the whole problem, a bound, and a simulator that shares no code with the planner."""

from __future__ import annotations

import time

import fleet_maker
import numpy as np
import pytest

from twin.fleet import dispatch, highs, interior, problem, simulate
from twin.fleet.problem import VEHICLE, Reserve

HOURS = 0.25


def played(own: np.ndarray, price: np.ndarray, planned: dispatch.Schedule, limits: tuple) -> simulate.Played:
    names = [f"car-{k}" for k in range(len(own))]
    return simulate.play(own, names, planned.power_kw, price, HOURS, *limits)


def one(**changes: float) -> np.ndarray:
    """Return one vehicle with half a battery of 40 kWh that stays for all slots and needs what it has."""
    own = np.zeros(1, VEHICLE)
    usual = {
        "arrival_slot": 0, "departure_slot": 8, "energy_kwh": 20.0, "required_kwh": 20.0, "least_kwh": 4.0,
        "most_kwh": 40.0, "charge_kw": 10.0, "discharge_kw": 10.0, "charge_efficiency": 0.9,
        "discharge_efficiency": 0.9, "wear_per_kwh": 0.05,
    }  # fmt: skip
    for name, value in {**usual, **changes}.items():
        own[name] = value
    return own


def free(slots: int = 8) -> tuple[np.ndarray, np.ndarray]:
    return np.full((1, slots), np.inf), np.full((1, slots), np.inf)


@pytest.mark.parametrize("sites", [1, 4])
@pytest.mark.parametrize("deepest", [0.0, 0.62])
@pytest.mark.parametrize("wear", [0.0, 0.03])
def test_taken_apart_costs_what_the_whole_problem_costs(sites: int, deepest: float, wear: float) -> None:
    own = fleet_maker.vehicles(60, slots=48, sites=sites, wear_per_kwh=wear)
    price = fleet_maker.prices(48, deepest)
    limits = fleet_maker.limits(own, 48)
    apart = dispatch.plan(own, price, HOURS, *limits, method="apart")
    whole = highs.solve(problem.build(own, price, HOURS, *limits)[0])
    least = min(whole.cost, apart.bound)
    assert apart.bound <= apart.cost + 1e-6
    if deepest == 0.0:  # below zero the whole linear problem burns energy by both ways at once, which no plan may
        assert apart.bound <= whole.cost + 1e-6 * abs(whole.cost)
        assert apart.cost == pytest.approx(whole.cost, rel=1e-3)
    assert apart.cost - least < 0.02 * abs(least)
    assert apart.gap < 1e-3
    done = played(own, price, apart, limits)
    assert not done.broken
    assert done.missing_kwh.max() < 0.01
    assert done.energy_cost + done.wear_cost == pytest.approx(apart.cost)


@pytest.mark.parametrize("method", ["whole", "apart"])
def test_at_minus_500_a_megawatt_hour_no_vehicle_goes_both_ways_and_no_limit_breaks(method: str) -> None:
    own = fleet_maker.vehicles(12, slots=24, wear_per_kwh=0.0)
    own["energy_kwh"] = own["most_kwh"]  # full: burning would pay most
    price = np.full(24, -0.5)
    limits = fleet_maker.limits(own, 24)
    planned = dispatch.plan(own, price, HOURS, *limits, method=method)
    done = played(own, price, planned, limits)
    assert not done.broken
    assert done.energy_cost + done.wear_cost == pytest.approx(planned.cost)
    assert planned.cost < 0.0


@pytest.mark.parametrize("method", ["whole", "apart"])
@pytest.mark.parametrize(("spread", "pays"), [(0.10, False), (0.30, True)])
def test_a_cycle_below_its_break_even_spread_is_not_planned(method: str, spread: float, pays: bool) -> None:
    """A kWh out brings 0.9 * high, the same in again costs 0.1 / 0.9, wear 0.12: it pays from high = 0.257 on."""
    price = np.array([0.10] * 4 + [0.10 + spread] * 2 + [0.10] * 2)
    own = one(wear_per_kwh=0.12)
    planned = dispatch.plan(own, price, HOURS, *free(), method=method)
    out = -np.minimum(planned.power_kw, 0.0).sum() * HOURS
    assert (out > 1.0) == pays
    assert pays or out == 0.0


def test_no_random_pair_of_charge_and_discharge_would_better_be_left_out() -> None:
    own = fleet_maker.vehicles(40, slots=48, wear_per_kwh=0.05, seed=4)
    price = fleet_maker.prices(48, seed=4)
    planned = dispatch.plan(own, price, HOURS, *fleet_maker.limits(own, 48, share=2.0), method="apart", gap=1e-6)
    for k, vehicle in enumerate(own):
        power = planned.power_kw[:, k]
        sold = price[power < -0.5].min(initial=np.inf) * vehicle["discharge_efficiency"]
        bought = price[power > 0.5].max(initial=-np.inf) / vehicle["charge_efficiency"]
        before = np.flatnonzero(power > 0.5).max(initial=-1) < np.flatnonzero(power < -0.5).min(initial=99)
        # All bought before it is sold, so that leaving out any pair keeps every limit: each must earn its wear.
        if before and np.isfinite(sold) and np.isfinite(bought):
            assert sold - bought > vehicle["wear_per_kwh"] - 1e-3


def test_a_departure_that_cannot_be_met_is_named_with_its_kwh_and_the_rest_is_planned() -> None:
    own = np.concatenate([one(required_kwh=40.0, energy_kwh=10.0), one(required_kwh=30.0)])
    price = np.linspace(0.1, 0.2, 8)
    for method in ("whole", "apart"):
        planned = dispatch.plan(own, price, HOURS, *free(), method=method)
        # 8 slots of 2.5 kWh at 90 %: 18 kWh, 28 of 40
        assert planned.short(["late", "fine"]) == ["late will leave with 12.00 kWh less than it needs"]
        assert planned.energy_kwh[-1, 1] == pytest.approx(30.0, abs=0.01)
        assert planned.energy_kwh[-1, 0] == pytest.approx(28.0, abs=0.01)


def test_what_a_sites_limit_leaves_missing_is_told() -> None:
    own = np.concatenate([one(required_kwh=36.0), one(required_kwh=36.0)])
    limit = np.full((1, 8), 8.0)
    for method in ("whole", "apart"):
        planned = dispatch.plan(own, np.full(8, 0.1), HOURS, limit, limit, method=method)
        assert planned.missing_kwh.sum() == pytest.approx(32.0 - 8 * 2 * 0.9, abs=0.05)
        assert not played(own, np.full(8, 0.1), planned, (limit, limit)).broken


def test_a_solver_that_does_not_finish_keeps_the_last_plan() -> None:
    own = fleet_maker.vehicles(30, slots=48)
    price, limits = fleet_maker.prices(48), fleet_maker.limits(own, 48)
    last = dispatch.plan(own, price, HOURS, *limits, method="apart")
    for method in ("whole", "apart"):
        kept = dispatch.plan(own, price * 2, HOURS, *limits, method=method, last=last, time_limit_s=1e-9)
        assert kept.kept_last and not kept.finished
        assert np.array_equal(kept.power_kw, last.power_kw)
    alone = dispatch.plan(own, price, HOURS, *limits, method="apart", time_limit_s=1e-9)
    assert not alone.finished and not alone.kept_last
    assert not played(own, price, alone, limits).broken


def test_the_bound_holds_at_every_step_of_the_method() -> None:
    own = fleet_maker.vehicles(30, slots=48)
    built, _ = problem.build(own, fleet_maker.prices(48), HOURS, *fleet_maker.limits(own, 48))
    whole = highs.solve(built)
    for gap in (10.0, 1.0, 0.1, 1e-2, 1e-4):
        assert interior.solve(built, gap).bound <= whole.cost + 1e-6


def test_reserve_is_held_in_power_and_energy() -> None:
    own = fleet_maker.vehicles(50, slots=48)
    price, limits = fleet_maker.prices(48), fleet_maker.limits(own, 48, share=0.6)
    wanted = np.zeros(48)
    wanted[16:28] = 40.0
    reserve = Reserve(wanted, wanted, wanted / 2, wanted / 2)
    plain = dispatch.plan(own, price, HOURS, *limits)
    planned = dispatch.plan(own, price, HOURS, *limits, reserve=reserve)
    assert planned.reserve_short_kw[0].max() < 0.5 and planned.reserve_short_kw[1].max() < 0.5
    assert planned.cost >= plain.cost - 1e-3 * abs(plain.cost)
    assert not played(own, price, planned, limits).broken


def test_reserve_that_nobody_can_hold_is_told() -> None:
    own = fleet_maker.vehicles(5, slots=48)
    wanted = np.full(48, 1000.0)
    reserve = Reserve(wanted, wanted, 0 * wanted, 0 * wanted)
    planned = dispatch.plan(own, fleet_maker.prices(48), HOURS, *fleet_maker.limits(own, 48), reserve=reserve)
    assert planned.reserve_short_kw[0][0] == pytest.approx(1000.0)


def test_the_simulator_finds_what_is_wrong() -> None:
    own, limit = one(), np.full((1, 8), 5.0)
    names, price = ["car"], np.full(8, 0.1)

    def broken(power: list[float]) -> str:
        return " ".join(simulate.play(own, names, np.array([power]).T, price, HOURS, limit, limit).broken)

    assert broken([0.0] * 8) == ""
    assert "charges above its limit" in broken([11.0] + [0.0] * 7)
    assert "site 0 draws 6.00 kW of 5.00 kW" in broken([6.0] + [0.0] * 7)
    assert "site 0 feeds in" in broken([-6.0] + [0.0] * 7)
    assert "falls under its least" in broken([-5.0, *[-10.0] * 7])
    own["energy_kwh"] = 40.0
    assert "rises over its most" in broken([4.0] + [0.0] * 7)
    own["arrival_slot"] = 2
    assert "while it is away" in broken([1.0] + [0.0] * 7)


def test_two_hundred_vehicles_are_planned_in_seconds_of_processor() -> None:
    own = fleet_maker.vehicles(200, slots=48)
    began = time.process_time()
    planned = dispatch.plan(own, fleet_maker.prices(48), HOURS, *fleet_maker.limits(own, 48), method="apart")
    assert planned.gap < 1e-3
    assert time.process_time() - began < 10.0
