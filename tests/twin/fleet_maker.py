"""Fleets and prices for tests and benchmarks: nights of vehicles that come home and leave in the morning."""

from __future__ import annotations

import numpy as np

from twin.fleet.problem import VEHICLE

SLOT_H = 0.25


def vehicles(count: int, slots: int = 96, sites: int = 1, wear_per_kwh: float = 0.03, seed: int = 0) -> np.ndarray:
    """Return vehicles that arrive about a quarter of the way in and leave about four fifths of it in."""
    draw = np.random.default_rng(seed)
    own = np.zeros(count, VEHICLE)
    own["site"] = draw.integers(0, sites, count)
    own["arrival_slot"] = np.clip(draw.normal(0.23 * slots, 0.05 * slots, count), 0, slots // 2).astype(int)
    own["departure_slot"] = np.clip(draw.normal(0.81 * slots, 0.05 * slots, count), 0.6 * slots, slots).astype(int)
    capacity = draw.uniform(40, 90, count)
    own["energy_kwh"] = capacity * draw.uniform(0.2, 0.7, count)
    own["least_kwh"], own["most_kwh"] = 0.1 * capacity, 0.98 * capacity
    own["charge_kw"] = own["discharge_kw"] = draw.choice([7.4, 11.0, 22.0], count)
    own["charge_efficiency"] = draw.uniform(0.92, 0.96, count)
    own["discharge_efficiency"] = draw.uniform(0.92, 0.96, count)
    own["wear_per_kwh"] = wear_per_kwh
    stay_h = (own["departure_slot"] - own["arrival_slot"]) * SLOT_H
    reach = own["energy_kwh"] + 0.9 * stay_h * own["charge_kw"] * own["charge_efficiency"]
    own["required_kwh"] = np.minimum(capacity * draw.uniform(0.6, 0.9, count), reach)
    return own


def prices(slots: int = 96, deepest: float = 0.0, seed: int = 0) -> np.ndarray:
    """Return a price a kWh from noon to noon; deepest: how far a trough in the night goes below the rest."""
    draw = np.random.default_rng(seed)
    hour = (12.0 + np.arange(slots) * 24.0 / slots) % 24.0
    price = 0.12 + 0.06 * np.sin((hour - 14.0) / 12.0 * np.pi) + 0.08 * np.exp(-(((hour - 19.0) / 2.0) ** 2))
    price += draw.normal(0.0, 0.01, slots)
    return price - deepest * np.exp(-(((hour - 3.0) / 1.5) ** 2))


def limits(own: np.ndarray, slots: int = 96, share: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    """Return what may flow into each site and out of it, [sites, slots]: a share of what its vehicles could draw."""
    sites = int(own["site"].max()) + 1
    total = np.bincount(own["site"], own["charge_kw"], sites)
    into = np.repeat(share * total[:, None], slots, axis=1)
    return into, 0.7 * into
