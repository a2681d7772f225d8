"""Schedules of a fleet: prices, departures, wear, limits of sites and reserve in; a power a slot and vehicle out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from twin.battery.arrays import Floats
from twin.fleet import highs, interior, recover
from twin.fleet.interior import Watch
from twin.fleet.problem import Problem, Reserve, build

WHOLE_UP_TO = 100  # vehicles that HiGHS plans at once; more are taken apart
GOOD_ENOUGH = 1e-3  # of the bound: then whole numbers are not tried
WHOLE_NUMBERS_S = 5.0
MISSING_KWH = 0.01  # less than this is not worth a word


@dataclass(frozen=True)
class Schedule:
    """What each vehicle is to do, and how good that is.

    power_kw: [slots, vehicles] at the grid, positive into the vehicle.  cost: of energy and wear.
    bound: what no schedule of these vehicles can undercut; gap is the distance to it, of the bound.
    missing_kwh: what a vehicle lacks at its departure, [vehicles].  finished False: the solver was stopped, and this is
    the last schedule, or where there is none the best that could be made feasible.
    """

    power_kw: Floats
    energy_kwh: Floats
    missing_kwh: Floats
    cost: float
    bound: float
    reserve_short_kw: tuple[Floats, Floats]
    method: str
    finished: bool
    seconds: float
    kept_last: bool = False

    @property
    def gap(self) -> float:
        return (self.cost - self.bound) / max(abs(self.bound), 1e-9)

    def short(self, names: list[str]) -> list[str]:
        """Return a line for each vehicle that will not have what it needs."""
        return [
            f"{names[k]} will leave with {self.missing_kwh[k]:.2f} kWh less than it needs"
            for k in np.flatnonzero(self.missing_kwh > MISSING_KWH)
        ]


def plan(
    vehicles: np.ndarray,
    price_per_kwh: Floats,
    slot_h: float,
    import_kw: Floats,
    export_kw: Floats,
    *,
    reserve: Reserve | None = None,
    last: Schedule | None = None,
    gap: float = 5e-4,
    time_limit_s: float = np.inf,
    method: str = "auto",
    watch: Watch | None = None,
) -> Schedule:
    """Plan for vehicles (twin.fleet.problem.VEHICLE) and slots of slot_h hours.

    import_kw, export_kw: [sites, slots].  method: "whole" (HiGHS), "apart" (by vehicle), "auto".  last: what is kept
    where the solver does not finish in time_limit_s.
    """
    began = time.monotonic()
    until = began + time_limit_s
    problem, alone = build(vehicles, price_per_kwh, slot_h, import_kw, export_kw)
    chosen = method if method != "auto" else "whole" if len(vehicles) <= WHOLE_UP_TO else "apart"
    solver = _whole if chosen == "whole" else _apart
    power, bound, finished = solver(problem, gap, until, watch)
    held: Problem = problem
    if reserve is not None and finished:
        held, _ = _hold(problem, reserve, power)
        power, _, finished = solver(held, gap, until, watch)
    if not finished and last is not None:
        return replace(last, finished=False, kept_last=True, seconds=time.monotonic() - began)
    return _described(problem, reserve, power, bound, chosen, finished, alone, time.monotonic() - began)


def uncontrolled(
    vehicles: np.ndarray, price_per_kwh: Floats, slot_h: float, import_kw: Floats, export_kw: Floats
) -> Schedule:
    """Return what the vehicles do without a plan: full power from arrival until they have what they need."""
    problem, alone = build(vehicles, price_per_kwh, slot_h, import_kw, export_kw)
    power = np.zeros_like(problem.charge_kw)
    held = vehicles["energy_kwh"].astype(float).copy()
    eta = vehicles["charge_efficiency"]
    goal = np.minimum(vehicles["required_kwh"], vehicles["most_kwh"])
    for slot in range(problem.slots):
        power[slot] = np.minimum(problem.charge_kw[slot], np.maximum(goal - held, 0.0) / (slot_h * eta))
        power[slot] = recover.shared(problem, slot, power[slot])
        held += power[slot] * slot_h * eta
    return _described(problem, None, power, -np.inf, "uncontrolled", True, alone, 0.0)


def _apart(problem: Problem, gap: float, until: float, watch: Watch | None) -> tuple[Floats, float, bool]:
    found = interior.solve(problem, gap, until, watch)
    bound = found.bound
    burning = recover.both_pay(problem, found.site_price)
    if found.finished and burning.any():
        one_way = problem.chosen(*recover.modes(problem, found.u, found.v, burning))
        found = interior.solve(one_way, gap, until, watch)
        problem = one_way
    charge, discharge = problem.charge_kw * found.u, problem.discharge_kw * found.v
    return recover.schedule(problem, charge, discharge), bound, found.finished


def _whole(problem: Problem, gap: float, until: float, watch: Watch | None) -> tuple[Floats, float, bool]:
    found = highs.solve(problem, time_limit_s=max(until - time.monotonic(), 1e-3))
    both = (found.charge_kw > 1e-6) & (found.discharge_kw > 1e-6)
    if found.finished and both.any():
        return _one_way(problem, gap, until, watch, found.bound, both)
    if watch is not None:
        watch(0, 0.0)
    return recover.schedule(problem, found.charge_kw, found.discharge_kw), found.bound, found.finished


def _one_way(
    problem: Problem, gap: float, until: float, watch: Watch | None, bound: float, both: np.ndarray
) -> tuple[Floats, float, bool]:
    """Plan where burning energy would pay: in turns, and where that is far from the bound also with whole numbers."""
    power, apart_bound, finished = _apart(problem, gap, until, watch)
    bound = max(bound, apart_bound) if finished else bound
    if finished and _cost(problem, power) - bound < GOOD_ENOUGH * abs(bound):
        return power, bound, True
    price = problem.price_per_kwh[:, None] + np.zeros(both.shape)
    exclusive = (both | (price <= 0.0)) & (problem.charge_kw > 0) & (problem.discharge_kw > 0)
    left_s = min(max(until - time.monotonic(), 1e-3), WHOLE_NUMBERS_S)
    found = highs.solve(problem, exclusive=exclusive, gap=gap, time_limit_s=left_s)
    other = recover.schedule(problem, found.charge_kw, found.discharge_kw)
    bound = max(bound, found.bound) if np.isfinite(found.bound) else bound
    better = found.solved and (not finished or _cost(problem, other) < _cost(problem, power))
    return (other if better else power), bound, finished or found.solved


def _cost(problem: Problem, power: Floats) -> float:
    """Return the price of energy, wear and what is missing."""
    rows = np.arange(len(problem.vehicles))
    end = np.clip(problem.vehicles["departure_slot"], 1, problem.slots) - 1
    missing = np.maximum(problem.least_kwh[end, rows] - recover.energy(problem, power)[end, rows], 0.0)
    cost = problem.cost(np.maximum(power, 0.0), np.maximum(-power, 0.0))
    return cost + problem.shortage_per_kwh * float(missing.sum())


def _hold(problem: Problem, reserve: Reserve, power: Floats) -> tuple[Problem, tuple[Floats, Floats]]:
    """Return the problem with each slot's reserve laid on the vehicles that can bear it, and what nobody can bear.

    A vehicle's part of the reserve comes off what it may feed in (up) or draw (down), and off the energy it may use.
    Parts go by what each has to spare under the plan without reserve, so that the energy is there.
    """
    own = problem.vehicles
    level = recover.energy(problem, power)
    spare_out = np.maximum(level - np.minimum(own["least_kwh"], own["energy_kwh"]), 0.0) * own["discharge_efficiency"]
    spare_in = np.maximum(own["most_kwh"] - level, 0.0) / own["charge_efficiency"]
    up, short_up = _parts(reserve.up(), problem.discharge_kw, spare_out)
    down, short_down = _parts(reserve.down(), problem.charge_kw, spare_in)
    up_h, down_h = (_hours(each) for each in (reserve.up(), reserve.down()))
    end = np.clip(own["departure_slot"], 1, problem.slots) - 1
    least = problem.least_kwh + up * up_h[:, None] / own["discharge_efficiency"]
    rows = np.arange(len(own))
    least[end, rows] = np.maximum(problem.least_kwh[end, rows], np.minimum(least[end, rows], level[end, rows]))
    held = replace(
        problem,
        charge_kw=problem.charge_kw - down,
        discharge_kw=problem.discharge_kw - up,
        least_kwh=np.minimum(least, np.maximum(level, problem.least_kwh)),
        most_kwh=np.maximum(problem.most_kwh - down * down_h[:, None] * own["charge_efficiency"], level),
    )
    return held, (short_up, short_down)


def _hours(wanted: tuple[Floats, Floats]) -> Floats:
    return wanted[1] / np.maximum(wanted[0], 1e-9)


def _parts(wanted: tuple[Floats, Floats], power_kw: Floats, energy_kwh: Floats) -> tuple[Floats, Floats]:
    able = np.minimum(power_kw, energy_kwh / np.maximum(_hours(wanted), 1e-9)[:, None])
    total = able.sum(axis=1)
    share = np.minimum(wanted[0] / np.maximum(total, 1e-9), 1.0)
    return able * share[:, None], np.maximum(wanted[0] - total, 0.0)


def held_reserve(problem: Problem, reserve: Reserve, power: Floats) -> tuple[Floats, Floats]:
    """Return the kW up and down that the fleet has in each slot, in power and energy of each vehicle."""
    own = problem.vehicles
    level = recover.energy(problem, power)
    out = np.maximum(level - np.minimum(own["least_kwh"], own["energy_kwh"]), 0.0) * own["discharge_efficiency"]
    into = np.maximum(own["most_kwh"] - level, 0.0) / own["charge_efficiency"]
    up_h, down_h = (np.maximum(_hours(each), 1e-9)[:, None] for each in (reserve.up(), reserve.down()))
    up = np.minimum(problem.discharge_kw + power, np.where(problem.discharge_kw > 0, out / up_h, np.maximum(power, 0)))
    down = np.minimum(problem.charge_kw - power, into / down_h)
    return up.sum(axis=1), down.sum(axis=1)


def _described(
    problem: Problem,
    reserve: Reserve | None,
    power: Floats,
    bound: float,
    method: str,
    finished: bool,
    alone: Floats,
    seconds: float,
) -> Schedule:
    own = problem.vehicles
    level = recover.energy(problem, power)
    rows = np.arange(len(own))
    end = np.clip(own["departure_slot"], 1, problem.slots) - 1
    within = problem.connected.any(axis=0) & (own["departure_slot"] <= problem.slots)
    missing = np.where(within, np.maximum(own["required_kwh"] - level[end, rows], 0.0), alone)
    cost = problem.cost(np.maximum(power, 0.0), np.maximum(-power, 0.0))
    unmet = float(np.maximum(missing - alone, 0.0).sum()) * problem.shortage_per_kwh
    none = np.zeros(problem.slots)
    short = (none, none)
    if reserve is not None:
        up, down = held_reserve(problem, reserve, power)
        short = np.maximum(reserve.up()[0] - up, 0.0), np.maximum(reserve.down()[0] - down, 0.0)
    # A bound counts what is missing at its price; a schedule that leaves something missing is held against it so.
    return Schedule(
        power,
        level,
        missing,
        cost,
        bound - unmet if unmet > 1e-3 * abs(bound) else bound,
        short,
        method,
        finished,
        seconds,
    )
