"""What the optimiser is given of a fleet as it is now, and what becomes of its answer.  Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.fleet.dispatch import Schedule as Dispatched
from twin.fleet.problem import VEHICLE
from twin.orders.book import Bounds
from twin.orders.schedule import Departure, Schedule

EFFICIENCY = 0.94  # of a charger, either way
LEAST_SOC = 0.1  # nothing is taken out of a battery below it


def vehicles_of(
    told: Sequence[Mapping[str, Any]],
    bounds: Mapping[str, Bounds],
    departures: Mapping[str, Departure],
    start_s: float,
    slot_s: int,
    slots: int,
) -> tuple[list[str], np.ndarray, list[str]]:
    """Return the controllers that can be planned, their rows of VEHICLE, and those of which too little is known.

    told: what the engine says of them.  bounds: of those that are there; the others have no vehicle to plan for.
    """
    names: list[str] = []
    rows: list[tuple] = []
    unknown: list[str] = []
    for one in told:
        device = one["device"]
        bound = bounds.get(device)
        if bound is None or bound.low_w is None or bound.high_w is None:
            continue
        soc = one.get("soc")
        if soc is None or soc["pct"] is None or one["observability"] == "none":
            unknown.append(device)
            continue
        capacity_kwh = one["capacity_kwh"]
        held_kwh = soc["pct"] / 100.0 * capacity_kwh
        leaves = departures.get(device)
        slot = slots if leaves is None else math.floor((leaves.at_s - start_s) / slot_s)
        required_kwh = leaves.soc * capacity_kwh if leaves is not None and 0 < slot <= slots else 0.0
        end = min(max(slot, 0), slots)
        least_kwh = min(LEAST_SOC * capacity_kwh, held_kwh)
        names.append(device)
        rows.append(
            (
                0,
                0,
                end if end > 0 else slots,
                held_kwh,
                required_kwh,
                least_kwh,
                max(capacity_kwh, held_kwh),
                bound.high_w / 1000.0,
                -bound.low_w / 1000.0,
                EFFICIENCY,
                EFFICIENCY,
                one["wear_price_per_kwh"] or 0.0,
            )
        )
    return names, np.array(rows, VEHICLE), unknown


def schedule_of(names: Sequence[str], found: Dispatched, start_s: float, slot_s: int, number: int) -> Schedule:
    """Return the optimiser's schedule as orders take it: power of each controller in watts."""
    watts = np.round(np.clip(found.power_kw, -50.0, 50.0) * 1000.0)
    return Schedule(start_s, slot_s, {name: watts[:, i].tolist() for i, name in enumerate(names)}, number)
