"""Ageing of many batteries: calendar and cycle loss of capacity, and the price of a kWh through the battery.

Each loss is a power of an age, loss = age ** power, and the ages only add up: a calendar age grows by
rate ** (1 / power) a day, a cycle age by rate ** (1 / power) a full cycle.  So the order in which stress comes does
not matter, any step in time is exact, and a year of a thousand vehicles is a handful of array operations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.battery import rainflow
from twin.battery.ageing_law import KELVIN, Law
from twin.battery.arrays import Floats, Ints
from twin.battery.rainflow import Points

OPEN_POINTS = 24  # turning points kept of cycles that are still open; what is open beyond them counts as half cycles
HOURS_A_DAY = 24.0
_BLOCK = 1 << 18  # samples worked at a time, so that they stay in the processor's cache

AGE = np.dtype(
    [
        ("calendar", "f8"),  # calendar age, days at rate 1
        ("cycle", "f8"),  # cycle age, full cycles at rate 1, of closed cycles
        ("full_cycles", "f8"),  # charge through the cell over twice its first capacity, of closed cycles
        ("days", "f8"),
        ("open_soc", "f4", (OPEN_POINTS,)),  # turning points of open cycles, NaN where there is none
        ("open_hour", "f4", (OPEN_POINTS,)),
        ("open_kelvin", "f4", (OPEN_POINTS,)),
    ]
)
VERSION = 1


def start(vehicles: int) -> np.ndarray:
    """Return the age of new batteries."""
    ages = np.zeros(vehicles, AGE)
    ages["open_soc"] = np.nan
    return ages


def advance(ages: np.ndarray, law: Law, soc: Floats, temperature_c: Floats, hours: float) -> None:
    """Age batteries in place by one stretch of time.

    soc: [vehicles, samples], of the capacity that is left, 0..1, a sample every `hours`; the first sample is the last
    one of the stretch before.  temperature_c: the same, or [samples] where all have one climate.
    """
    samples = soc.shape[1]
    step = max(1, _BLOCK // samples)
    kelvin = np.atleast_2d(np.asarray(temperature_c, np.float32) + np.float32(KELVIN))
    for first in range(0, len(ages), step):
        rows = slice(first, first + step)
        own = kelvin if len(kelvin) == 1 else kelvin[rows]
        _advance(ages[rows], law, np.asarray(soc[rows], np.float32), own, hours)


def losses(ages: np.ndarray, law: Law) -> tuple[Floats, Floats]:
    """Return the share of capacity lost to time and to cycles, the open ones as half cycles."""
    return ages["calendar"] ** law.calendar.power, _cycle_age(ages, law) ** law.cycling.power


def capacity(ages: np.ndarray, law: Law) -> Floats:
    """Return the share of the first capacity that is left."""
    calendar, cycle = losses(ages, law)
    return 1.0 - calendar - cycle


@dataclass(frozen=True)
class Use:
    """How a battery is used in the time to come: what the price of a kWh through it depends on."""

    depth: float = 0.5
    c_rate: float = 0.15
    temperature_c: float = 20.0
    full_cycles_a_day: float = 0.15
    days: float = 365.0


def marginal_loss(ages: np.ndarray, law: Law, use: Use) -> Floats:
    """Return the loss that one full cycle more, now, has added by the end of the days of use."""
    rate = law.cycling.rate(np.array(use.depth), np.array(use.c_rate), np.array(use.temperature_c + KELVIN))
    power = law.cycling.power
    age_a_cycle = float(rate) ** (1.0 / power)
    age = _cycle_age(ages, law) + age_a_cycle * use.full_cycles_a_day * use.days
    return power * np.maximum(age, age_a_cycle) ** (power - 1.0) * age_a_cycle


def wear_price_per_kwh(ages: np.ndarray, law: Law, use: Use, replacement_per_kwh: float, end_of_life: float) -> Floats:
    """Return the price of one kWh into the battery and out of it again, in the currency of replacement_per_kwh.

    replacement_per_kwh: of a new battery, for one kWh of its capacity.  end_of_life: share of capacity at which it is
    replaced; the capacity from 1 to there is what the replacement pays for.
    """
    return marginal_loss(ages, law, use) * replacement_per_kwh / (1.0 - end_of_life)


def _advance(ages: np.ndarray, law: Law, soc: Floats, kelvin: Floats, hours: float) -> None:
    left = capacity(ages, law)
    _add_calendar(ages, law, soc, kelvin, hours)
    samples = soc.shape[1]
    closed, rest = rainflow.count(rainflow.turning_points(soc))
    duration = (closed.last - closed.first) * float(hours)
    warmth = kelvin[closed.row if len(kelvin) > 1 else 0, closed.last % samples]
    _add_cycles(ages, law, left, closed.row, closed.depth, duration, warmth, 1.0)
    _join_open(ages, law, left, rest, kelvin, hours, samples)
    ages["days"] += (samples - 1) * hours / HOURS_A_DAY
    ages["open_hour"] -= (samples - 1) * hours


def _add_calendar(ages: np.ndarray, law: Law, soc: Floats, kelvin: Floats, hours: float) -> None:
    """Add the calendar age: the mean rate of each day, as the laws were identified, for the length of that day."""
    rates = law.calendar.ln_rate(soc, kelvin)
    np.exp(rates, out=rates)
    samples = soc.shape[1] - 1
    day = max(1, round(HOURS_A_DAY / hours))
    ends = np.append(np.arange(0, samples, day), samples)
    trapezes = np.add.reduceat(rates[:, :-1], ends[:-1], axis=1) + 0.5 * (rates[:, ends[1:]] - rates[:, ends[:-1]])
    length = np.diff(ends)
    ages["calendar"] += (trapezes / length).astype(float) ** (1.0 / law.calendar.power) @ length * hours / HOURS_A_DAY


def _join_open(
    ages: np.ndarray, law: Law, left: Floats, rest: Points, kelvin: Floats, hours: float, samples: int
) -> None:
    """Count the points that this stretch left open together with those of before; keep what is open still."""
    row, slot = np.nonzero(~np.isnan(ages["open_soc"]))
    sample = rest.place % samples
    rows = np.concatenate([row, rest.row])
    order = np.argsort(rows, kind="stable")
    hour = np.concatenate([ages["open_hour"][row, slot], sample * hours])[order]
    warmth = kelvin[rest.row if len(kelvin) > 1 else 0, sample]
    warmth = np.concatenate([ages["open_kelvin"][row, slot], warmth])[order]
    soc = np.concatenate([ages["open_soc"][row, slot], rest.soc])[order]
    closed, rest = rainflow.count(rainflow.clean(Points(rows[order], soc, np.arange(len(order)))))
    _add_cycles(
        ages, law, left, closed.row, closed.depth, hour[closed.last] - hour[closed.first], warmth[closed.last], 1.0
    )
    last = np.searchsorted(rest.row, rest.row, side="right") - 1
    slot = OPEN_POINTS - 1 - (last - np.arange(len(last)))
    over = rainflow.between(rainflow.kept(rest, slot <= 0))
    _add_cycles(ages, law, left, over.row, over.depth, hour[over.last] - hour[over.first], warmth[over.last], 0.5)
    kept = slot >= 0
    ages["open_soc"] = np.nan
    ages["open_soc"][rest.row[kept], slot[kept]] = rest.soc[kept]
    ages["open_hour"][rest.row[kept], slot[kept]] = hour[rest.place[kept]]
    ages["open_kelvin"][rest.row[kept], slot[kept]] = warmth[rest.place[kept]]


def _add_cycles(
    ages: np.ndarray, law: Law, left: Floats, row: Ints, depth: Floats, hours: Floats, kelvin: Floats, count: float
) -> None:
    full = depth * count * left[row]
    ages["cycle"] += np.bincount(row, full * _age_a_cycle(law, depth, hours, kelvin), len(ages))
    ages["full_cycles"] += np.bincount(row, full, len(ages))


def _cycle_age(ages: np.ndarray, law: Law) -> Floats:
    """Return the cycle age with that of open cycles, each range a half one."""
    row, slot = np.nonzero(~np.isnan(ages["open_soc"]))
    open_ = rainflow.between(Points(row, ages["open_soc"][row, slot], slot))
    hours = ages["open_hour"][open_.row, open_.last] - ages["open_hour"][open_.row, open_.first]
    half = 0.5 * open_.depth * _age_a_cycle(law, open_.depth, hours, ages["open_kelvin"][open_.row, open_.last])
    return ages["cycle"] + np.bincount(open_.row, half, len(ages))


def _age_a_cycle(law: Law, depth: Floats, hours: Floats, kelvin: Floats) -> Floats:
    c_rate = depth / np.maximum(hours, 1e-3)
    return law.cycling.rate(depth, c_rate, kelvin) ** (1.0 / law.cycling.power)
