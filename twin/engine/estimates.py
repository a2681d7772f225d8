"""What is told of each battery: the estimator's figures, of the whole pack and with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.battery.pack import Pack
from twin.engine.packs import chemistry_of
from twin.engine.wear import full_cycles, wear
from twin.estimate.figures import FIGURES, OBSERVABILITY, figures
from twin.intake.fields import SOURCES
from twin.store.content import FINE_S, Sample

_SOURCE = {number: name for name, number in SOURCES.items() if name is not None}


def figures_of(rows: np.ndarray) -> np.ndarray:
    """Return one row of FIGURES for each row of a shard; zeros where no estimate was begun."""
    found = np.zeros(len(rows), FIGURES)
    started = rows["started"]
    for kind in np.unique(rows["chemistry"][started]):
        places = np.flatnonzero(started & (rows["chemistry"] == kind))
        found[places] = figures(rows["estimate"][places], chemistry_of(kind.decode()))
    return found


def samples(names: list[str], rows: np.ndarray, now_s: float) -> list[Sample]:
    """Return the samples of history of this instant."""
    at_s = int(now_s) // FINE_S * FINE_S
    found = figures_of(rows)
    kept = []
    for name, row, one in zip(names, rows, found, strict=True):
        if not row["started"]:
            continue
        pack = _pack(row)
        kept.append(
            Sample(
                device=name,
                at_s=at_s,
                soc=round(float(one["soc"]), 5),
                soc_low=round(float(one["soc_low"]), 5),
                soc_high=round(float(one["soc_high"]), 5),
                temperature_c=_number(one["temperature_c"], 2),
                resistance_ohm=_number(pack.resistance_ohm(float(one["resistance_ohm"])), 6),
                capacity_ah=_number(pack.capacity_ah(float(one["capacity_ah"])), 3),
                delivered_w=float(row["delivered_w"]),
                energy_in_wh=float(row["energy_in_wh"]),
                energy_out_wh=float(row["energy_out_wh"]),
            )
        )
    return kept


def document(name: str, row: np.void, one: np.void, heard_s: float, worn: tuple[float, float, float]) -> dict[str, Any]:
    """Return what is told of one battery, as MQTT and `show` have it.  worn: full cycles, loss by them, their price."""
    cycles, lost, price = worn
    told: dict[str, Any] = {"device": name, "heard_s": round(heard_s, 3), "boot": int(row["boot"])}
    told |= {"sequence": int(row["sequence"]), "records": int(row["records"]), "unusable": int(row["unusable"])}
    if not row["started"]:
        return {**told, "observability": OBSERVABILITY[0]}
    pack = _pack(row)
    scale = {"resistance": pack.resistance_ohm(1.0), "capacity": pack.capacity_ah(1.0)}
    told |= {
        "session": int(row["session"]),
        "vehicle_id": int(row["vehicle_id"]),
        "chemistry": row["chemistry"].decode(),
        "soc": _interval(one, "soc", "", 100.0, "pct"),
        "temperature": _interval(one, "temperature", "_c", 1.0, "c"),
        "resistance": _interval(one, "resistance", "_ohm", 1000.0 * scale["resistance"], "mohm"),
        "capacity": _interval(one, "capacity", "_ah", scale["capacity"], "ah"),
        "capacity_kwh": _number(one["capacity_ah"] / pack.chemistry.capacity_ah * pack.capacity_kwh, 3),
        "health_pct": _number(100.0 * one["capacity_ah"] / pack.chemistry.capacity_ah, 2),
        "observability": OBSERVABILITY[int(one["observability"])],
        "soc_sigma_after_rest_pct": _number(100.0 * one["sigma_after_rest"], 3),
        "soc_source": _SOURCE[int(row["soc_source"])],
        "delivered_w": int(row["delivered_w"]),
        "throughput_kwh": _number(row["throughput_wh"] / 1000.0, 3),
        "full_cycles": _number(cycles, 3),
        "cycle_loss_pct": _number(100.0 * lost, 4),
        "wear_price_per_kwh": _number(price, 5),
    }
    if row["soc_word"] >= 0:
        told["soc_reported_pct"] = _number(100.0 * row["soc_word"], 2)
    return told


def documents(names: list[str], rows: np.ndarray, heard_s: np.ndarray) -> list[dict[str, Any]]:
    """Return `document` of each row."""
    found = figures_of(rows)
    worn = zip(full_cycles(rows).tolist(), *(column.tolist() for column in wear(rows)), strict=True)
    return [document(*each) for each in zip(names, rows, found, heard_s.tolist(), worn, strict=True)]


def _pack(row: np.void) -> Pack:
    return Pack(int(row["series"]), float(row["parallel"]), chemistry_of(row["chemistry"].decode()))


def _interval(one: np.void, name: str, unit: str, scale: float, called: str) -> dict[str, float | None]:
    names = (
        (called, f"{name}{unit}"),
        (f"low_{called}", f"{name}_low{unit}"),
        (f"high_{called}", f"{name}_high{unit}"),
    )
    return {key: _number(scale * float(one[source]), 3) for key, source in names}


def _number(value: float, digits: int) -> float | None:
    """Return a number as JSON can have it."""
    return round(float(value), digits) if np.isfinite(value) else None
