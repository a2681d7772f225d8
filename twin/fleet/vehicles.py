"""Vehicles and sites from CSV files: stays with their energy needs, limits of sites; what is wrong is named by line."""

from __future__ import annotations

import csv
import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from host_tools.errors import MissingError, ToolError
from twin.battery import ageing, ageing_law
from twin.battery.ageing import Use
from twin.battery.arrays import Floats
from twin.fleet.prices import Prices, parse_time
from twin.fleet.problem import VEHICLE

NEEDED = ("vehicle", "arrival", "departure", "capacity_kwh", "soc_at_arrival_pct", "required_soc_pct", "charge_kw")
# Columns that may be missing or empty, and what counts then.
USUAL = {
    "discharge_kw": 0.0,
    "charge_efficiency": 0.94,
    "discharge_efficiency": 0.94,
    "least_soc_pct": 10.0,
    "most_soc_pct": 100.0,
}
RANGES = {
    "capacity_kwh": (0.1, 2000.0),
    "soc_at_arrival_pct": (0.0, 100.0),
    "required_soc_pct": (0.0, 100.0),
    "least_soc_pct": (0.0, 100.0),
    "most_soc_pct": (0.0, 100.0),
    "charge_kw": (0.0, 2000.0),
    "discharge_kw": (0.0, 2000.0),
    "charge_efficiency": (0.5, 1.0),
    "discharge_efficiency": (0.5, 1.0),
    "wear_per_kwh": (0.0, 10.0),
}
_MOST_SLOTS = 4000


@dataclass(frozen=True)
class Wear:
    """How the price of wear is made where a vehicle's row has none: replacement of its battery and its chemistry."""

    replacement_per_kwh: float = 120.0
    end_of_life: float = 0.7
    chemistry: str = "nca"
    use: Use = Use()

    def per_kwh(self, chemistry: str) -> float:
        """Return the price of a kWh in and out of a new battery.  Errors: KeyError of an unknown chemistry."""
        law = ageing_law.load(chemistry or self.chemistry)
        price = ageing.wear_price_per_kwh(ageing.start(1), law, self.use, self.replacement_per_kwh, self.end_of_life)
        return float(price[0])


@dataclass(frozen=True)
class Fleet:
    """Vehicles as the optimiser takes them, names in the same order, limits [sites, slots]."""

    vehicles: np.ndarray
    names: list[str]
    sites: list[str]
    import_kw: Floats
    export_kw: Floats


def read(
    path: Path, sites: Path | None, prices: Prices, zone: datetime.tzinfo | None = None, wear: Wear | None = None
) -> Fleet:
    """Return the fleet of a file, its times as slots of the prices.  Errors: MissingError, ToolError."""
    if len(prices.per_kwh) > _MOST_SLOTS:
        raise ToolError(f"{len(prices.per_kwh)} slots; {_MOST_SLOTS} at most can be planned at once")
    limits = _limits(sites) if sites is not None else {}
    names: list[str] = []
    rows = []
    places: dict[str, int] = {name: place for place, name in enumerate(limits)}
    priced: dict[str, float] = {}
    for line, row in _rows(path, NEEDED):
        where = f"{path}, line {line}: "
        name, site = row["vehicle"].strip(), (row.get("site") or "").strip()
        if not name or name in names:
            raise ToolError(f"{where}vehicle {name!r} is {'named twice' if name else 'without a name'}")
        if limits and site not in limits:
            raise ToolError(f"{where}site {site!r} is not in {sites}")
        names.append(name)
        rows.append(_vehicle(where, row, prices, zone, places.setdefault(site, len(places)), wear or Wear(), priced))
    if not rows:
        raise ToolError(f"{path}: no vehicle in it")
    table = np.array([limits.get(site, (math.inf, math.inf)) for site in places])
    slots = len(prices.per_kwh)
    into, out = (np.repeat(table[:, k : k + 1], slots, axis=1) for k in (0, 1))
    return Fleet(np.array(rows, VEHICLE), names, list(places), into, out)


def _vehicle(
    where: str,
    row: dict[str, str],
    prices: Prices,
    zone: datetime.tzinfo | None,
    site: int,
    wear: Wear,
    priced: dict[str, float],
) -> tuple[float, ...]:
    value = {name: _value(where, row, name) for name in RANGES if name != "wear_per_kwh"}
    chemistry = (row.get("chemistry") or "").strip()
    if (row.get("wear_per_kwh") or "").strip():
        price = _value(where, row, "wear_per_kwh")
    elif chemistry in priced:
        price = priced[chemistry]
    else:
        try:
            price = priced[chemistry] = wear.per_kwh(chemistry)
        except KeyError as error:
            raise ToolError(f"{where}{error.args[0]}") from None
    arrival = parse_time(where, row["arrival"], zone)
    departure = parse_time(where, row["departure"], zone)
    if departure <= arrival:
        raise ToolError(f"{where}departure {row['departure']} is not after arrival {row['arrival']}")
    if value["least_soc_pct"] >= value["most_soc_pct"]:
        raise ToolError(f"{where}least_soc_pct {value['least_soc_pct']:g} is not under most_soc_pct")
    slots, capacity = len(prices.per_kwh), value["capacity_kwh"]
    first = math.ceil((arrival.timestamp() - prices.start.timestamp()) / prices.step_s)
    last = math.floor((departure.timestamp() - prices.start.timestamp()) / prices.step_s)
    required = min(value["required_soc_pct"], value["most_soc_pct"]) / 100 * capacity
    energy = value["soc_at_arrival_pct"] / 100 * capacity
    if last > slots:  # what it needs beyond the prices is not known to be dear or cheap: as much as can be by their end
        stay_h = (slots - max(first, 0)) * prices.step_s / 3600.0
        required = min(required, energy + max(stay_h, 0.0) * value["charge_kw"] * value["charge_efficiency"])
    return (
        site, min(max(first, 0), slots), min(max(last, 0), slots), energy, required,
        value["least_soc_pct"] / 100 * capacity, value["most_soc_pct"] / 100 * capacity,
        value["charge_kw"], value["discharge_kw"], value["charge_efficiency"], value["discharge_efficiency"], price,
    )  # fmt: skip


def _limits(path: Path) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for line, row in _rows(path, ("site", "import_kw", "export_kw")):
        where = f"{path}, line {line}: "
        name = row["site"].strip()
        if name in found:
            raise ToolError(f"{where}site {name!r} is named twice")
        found[name] = (_number(where, row, "import_kw", 0.0, 1e7), _number(where, row, "export_kw", 0.0, 1e7))
    if not found:
        raise ToolError(f"{path}: no site in it")
    return found


def _value(where: str, row: dict[str, str], name: str) -> float:
    if not (row.get(name) or "").strip() and name in USUAL:
        return USUAL[name]
    return _number(where, row, name, *RANGES[name])


def _number(where: str, row: dict[str, str], name: str, low: float, high: float) -> float:
    text = (row.get(name) or "").strip()
    try:
        value = float(text)
    except ValueError:
        raise ToolError(f"{where}{name} {text!r} is no number") from None
    if not low <= value <= high:
        raise ToolError(f"{where}{name} = {text} is outside {low:g}..{high:g}")
    return value


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise ToolError(f"{path}: no column {', '.join(missing)}; wanted are {', '.join(needed)}")
            for row in reader:
                yield reader.line_num, row
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ToolError(f"{path}: {error}") from None
