"""Wear of each battery so far by its throughput, and what one more kilowatt-hour through it costs."""

from __future__ import annotations

from functools import cache

import numpy as np

from twin.battery import ageing, ageing_law
from twin.battery.arrays import Floats
from twin.engine.packs import chemistry_of

REPLACEMENT_PER_KWH = 120.0  # EUR, of a new battery
END_OF_LIFE = 0.8
_KELVIN = 273.15
_USE = ageing.Use()


def wear(rows: np.ndarray) -> tuple[Floats, Floats]:
    """Return (loss of capacity by cycles so far, price of a kWh into the battery and out again) of each row of a shard.

    Cycles count as those of ageing.Use, since the first record; calendar loss is not known, nor the age before that.
    NaN where no estimate was begun, or no ageing law is known of the chemistry.
    """
    lost, price = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for kind in np.unique(rows["chemistry"][rows["started"]]):
        law = _law(kind.decode())
        if law is None:
            continue
        places = np.flatnonzero(rows["started"] & (rows["chemistry"] == kind))
        ages = ageing.start(len(places))
        rate = float(
            law.cycling.rate(np.array(_USE.depth), np.array(_USE.c_rate), np.array(_USE.temperature_c + _KELVIN))
        )
        ages["cycle"] = full_cycles(rows[places]) * rate ** (1.0 / law.cycling.power)
        lost[places] = ageing.losses(ages, law)[1]
        price[places] = ageing.wear_price_per_kwh(ages, law, _USE, REPLACEMENT_PER_KWH, END_OF_LIFE)
    return lost, price


def full_cycles(rows: np.ndarray) -> Floats:
    """Return the energy through each battery, both ways, over twice what it holds."""
    held_wh = np.zeros(len(rows))
    for kind in np.unique(rows["chemistry"][rows["started"]]):
        chemistry = chemistry_of(kind.decode())
        cell_wh = chemistry.capacity_ah * float(np.mean(chemistry.ocv_v))
        chosen = rows["chemistry"] == kind
        held_wh[chosen] = (rows["series"] * rows["parallel"])[chosen] * cell_wh
    return rows["throughput_wh"] / np.maximum(2.0 * held_wh, 1e-9)


@cache
def _law(name: str) -> ageing_law.Law | None:
    return ageing_law.load(name) if name in ageing_law.names() else None
