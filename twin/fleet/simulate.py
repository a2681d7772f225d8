"""The judge of a schedule: plays it slot by slot, battery by battery, and lists every limit it breaks.

It shares nothing with the optimiser but the vehicles' data: no array of the problem, no formula of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Played:
    """What a schedule does: energies, cost, wear, missing kWh at departure, broken limits in words."""

    energy_kwh: np.ndarray
    energy_cost: float
    wear_cost: float
    missing_kwh: np.ndarray
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tolerance:
    """What counts as kept: meters and controllers are far coarser."""

    power_kw: float = 0.002
    energy_kwh: float = 0.002
    site_share: float = 1e-5


def play(
    vehicles: np.ndarray,
    names: list[str],
    power_kw: np.ndarray,
    price_per_kwh: np.ndarray,
    slot_h: float,
    import_kw: np.ndarray,
    export_kw: np.ndarray,
    tolerance: Tolerance | None = None,
) -> Played:
    """Play power_kw [slots, vehicles], positive into the vehicle.  import_kw, export_kw: [sites, slots]."""
    allowed = tolerance or Tolerance()
    energy = vehicles["energy_kwh"].astype(float).copy()
    missing = np.zeros(len(vehicles))
    played = Played(energy, 0.0, 0.0, missing)
    for slot, row in enumerate(power_kw):
        _check_power(played, vehicles, names, slot, row, allowed.power_kw)
        into = np.maximum(row, 0.0) * vehicles["charge_efficiency"] * slot_h
        out = np.maximum(-row, 0.0) / vehicles["discharge_efficiency"] * slot_h
        before = energy.copy()
        energy += into - out
        _check_energy(played, vehicles, names, slot, before, energy, allowed.energy_kwh)
        played.energy_cost += float(row.sum()) * slot_h * float(price_per_kwh[slot])
        played.wear_cost += float((vehicles["wear_per_kwh"] * (into + out)).sum()) / 2.0
        _check_sites(played, vehicles, slot, row, import_kw[:, slot], export_kw[:, slot], allowed)
        leaving = vehicles["departure_slot"] == slot + 1
        missing[leaving] = np.maximum(vehicles["required_kwh"] - energy, 0.0)[leaving]
    return played


def _check_power(
    played: Played, vehicles: np.ndarray, names: list[str], slot: int, row: np.ndarray, allowed: float
) -> None:
    gone = (slot < vehicles["arrival_slot"]) | (slot >= vehicles["departure_slot"])
    wrong = {
        "has power while it is away": gone & (np.abs(row) > 0.0),
        "is not a number": ~np.isfinite(row),
        "charges above its limit": row > vehicles["charge_kw"] + allowed,
        "discharges above its limit": -row > vehicles["discharge_kw"] + allowed,
    }
    for words, mask in wrong.items():
        played.broken += [f"slot {slot}: {names[k]} {words} ({row[k]:.3f} kW)" for k in np.flatnonzero(mask)]


def _check_energy(
    played: Played,
    vehicles: np.ndarray,
    names: list[str],
    slot: int,
    before: np.ndarray,
    after: np.ndarray,
    allowed: float,
) -> None:
    low = (after < vehicles["least_kwh"] - allowed) & (after < before - 1e-9)
    full = (after > vehicles["most_kwh"] + allowed) & (after > before + 1e-9)
    for words, mask in (("falls under its least", low), ("rises over its most", full)):
        played.broken += [f"slot {slot}: {names[k]} {words} energy ({after[k]:.3f} kWh)" for k in np.flatnonzero(mask)]


def _check_sites(
    played: Played,
    vehicles: np.ndarray,
    slot: int,
    row: np.ndarray,
    into: np.ndarray,
    out: np.ndarray,
    allowed: Tolerance,
) -> None:
    for site in range(len(into)):
        power = float(row[vehicles["site"] == site].sum())
        if power > into[site] * (1.0 + allowed.site_share) + allowed.power_kw:
            played.broken.append(f"slot {slot}: site {site} draws {power:.2f} kW of {into[site]:.2f} kW")
        if -power > out[site] * (1.0 + allowed.site_share) + allowed.power_kw:
            played.broken.append(f"slot {slot}: site {site} feeds in {-power:.2f} kW of {out[site]:.2f} kW")
