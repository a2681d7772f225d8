"""From the optimiser's shares to a schedule: one power a slot and vehicle, one way at a time, every limit kept."""

from __future__ import annotations

import numpy as np

from twin.battery.arrays import Bools, Floats
from twin.fleet.problem import Problem

IDLE_SHARE = 2e-4  # of full power: less than this is what the method had not yet driven to zero
_PASSES = 3


def both_pay(problem: Problem, site_price: Floats) -> Bools:
    """Return [slots, vehicles]: where it would pay to charge and discharge at once, only to burn energy."""
    own, hours = problem.vehicles, problem.slot_h
    price = problem.price_per_kwh[:, None] - site_price[:, problem.site] / hours
    burnt = 1.0 / own["charge_efficiency"] - own["discharge_efficiency"]
    return price * burnt + own["wear_per_kwh"] < 1e-9


def modes(problem: Problem, u: Floats, v: Floats, burning: Bools) -> tuple[Bools, Bools]:
    """Choose, where both are in use and would pay, one of them: in turns over slots and over vehicles.

    Each vehicle begins at another place of the turn, so that of many about the right share does either at any time,
    and the power of a site stays what was planned.
    """
    mixed = burning & (u > 0.02) & (v > 0.02) & (problem.charge_kw > 0) & (problem.discharge_kw > 0)
    charging = np.ones(mixed.shape, bool)
    balance = (np.arange(mixed.shape[1]) * 0.6180339887) % 1.0 - 0.5
    share = u / np.maximum(u + v, 1e-12)
    for slot in np.flatnonzero(mixed.any(axis=1)):
        balance = balance + np.where(mixed[slot], share[slot], 0.0)
        up = balance > 0.5
        charging[slot] = up
        balance = np.where(mixed[slot] & up, balance - 1.0, balance)
    return ~mixed | charging, ~mixed | ~charging


def schedule(problem: Problem, charge_kw: Floats, discharge_kw: Floats) -> Floats:
    """Return the power of each vehicle at the grid, kW, that does what the two ways together do to its battery."""
    stored = problem.stored(charge_kw, discharge_kw)
    power = _at_grid(problem, stored)
    small = np.abs(power) < IDLE_SHARE * np.maximum(problem.charge_kw, problem.discharge_kw)
    power[small] = 0.0
    for _ in range(_PASSES):
        power = _within_sites(problem, power)
        power = _within_batteries(problem, power)
        power = _made_up(problem, power)
    return _within_batteries(problem, _within_sites(problem, power))


def shared(problem: Problem, slot: int, row: Floats) -> Floats:
    """Return one slot's charging with every site's kept to its limit, all of a site cut alike."""
    total = np.bincount(problem.site, row, len(problem.import_kw))
    keep = np.clip(problem.import_kw[:, slot] / np.maximum(total, 1e-12), 0.0, 1.0)
    return np.asarray(row * keep[problem.site], float)


def energy(problem: Problem, power_kw: Floats) -> Floats:
    """Return what is in each battery after each slot, kWh."""
    into = problem.stored(np.maximum(power_kw, 0.0), np.maximum(-power_kw, 0.0))
    return problem.vehicles["energy_kwh"] + np.cumsum(into, axis=0)


def _at_grid(problem: Problem, stored: Floats) -> Floats:
    own, hours = problem.vehicles, problem.slot_h
    into, out = np.maximum(stored, 0.0), np.maximum(-stored, 0.0)
    power = into / (hours * own["charge_efficiency"]) - out * own["discharge_efficiency"] / hours
    return np.clip(power, -problem.discharge_kw, problem.charge_kw)


def _within_sites(problem: Problem, power: Floats) -> Floats:
    """Scale down what makes a site's power too large: charging where it draws too much, else discharging."""
    sites = len(problem.import_kw)
    for slot, row in enumerate(power):
        net = np.bincount(problem.site, row, sites)
        for over, sign in (
            (net - problem.import_kw[:, slot], 1.0),
            (-net - problem.export_kw[:, slot], -1.0),
        ):
            if not (over > 0.0).any():
                continue
            way = np.maximum(sign * row, 0.0)
            total = np.bincount(problem.site, way, sites)
            keep = 1.0 - np.clip(over / np.maximum(total, 1e-12), 0.0, 1.0)
            power[slot] = row = row - sign * way * (1.0 - keep[problem.site])
    return power


def _within_batteries(problem: Problem, power: Floats) -> Floats:
    """Cut what would empty or overfill a battery, slot by slot; what departure needs is not looked at here."""
    own, hours = problem.vehicles, problem.slot_h
    held = own["energy_kwh"].copy()
    least = np.minimum(own["least_kwh"], own["energy_kwh"])
    most = np.maximum(own["most_kwh"], own["energy_kwh"])
    for slot in range(problem.slots):
        row = power[slot]
        into = np.minimum(hours * own["charge_efficiency"] * np.maximum(row, 0.0), np.maximum(most - held, 0.0))
        out = np.minimum(hours * np.maximum(-row, 0.0) / own["discharge_efficiency"], np.maximum(held - least, 0.0))
        held = held + into - out
        power[slot] = into / (hours * own["charge_efficiency"]) - out * own["discharge_efficiency"] / hours
    return power


def _made_up(problem: Problem, power: Floats) -> Floats:
    """Put what the cuts left missing at departure into the cheapest late slots that have room for it."""
    own, hours = problem.vehicles, problem.slot_h
    slots = problem.slots
    rows = np.arange(len(own))
    end = np.clip(own["departure_slot"], 1, slots) - 1
    levels = energy(problem, power)
    missing = np.maximum(problem.least_kwh[end, rows] - levels[end, rows], 0.0)
    if not (missing > 1e-9).any():
        return power
    some = np.flatnonzero(missing > 1e-9)
    sites = len(problem.import_kw)
    headroom = problem.import_kw.T - np.array([np.bincount(problem.site, row, sites) for row in power])
    top = np.maximum(own["most_kwh"], own["energy_kwh"])
    spare = np.where(problem.connected, top - levels, np.inf)
    spare = np.minimum.accumulate(spare[::-1], axis=0)[::-1]
    for slot in sorted(range(slots), key=lambda at: problem.price_per_kwh[at]):
        mine = some[(missing[some] > 1e-9) & problem.connected[slot, some]]
        if not len(mine):
            continue
        row = power[slot, mine]
        eta = own["charge_efficiency"][mine]
        want = np.minimum(missing[mine], np.maximum(spare[slot, mine], 0.0))
        less = np.minimum(want, hours * np.maximum(-row, 0.0) / own["discharge_efficiency"][mine])  # feed in less first
        room = hours * eta * (problem.charge_kw[slot, mine] - np.maximum(row, 0.0))
        more = np.where(less < want, np.minimum(want - less, room), 0.0)
        kw = less * own["discharge_efficiency"][mine] / hours + more / (hours * eta)
        total = np.bincount(problem.site[mine], kw, sites)
        share = np.clip(headroom[slot] / np.maximum(total, 1e-12), 0.0, 1.0)[problem.site[mine]]
        gained = (less + more) * share
        power[slot, mine] += kw * share
        headroom[slot] -= np.bincount(problem.site[mine], kw * share, sites)
        missing[mine] -= gained
        spare[: slot + 1, mine] = np.minimum(spare[: slot + 1, mine], spare[slot, mine] - gained)
        spare[slot + 1 :, mine] -= gained
    return power
