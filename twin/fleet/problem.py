"""The dispatch problem as arrays over slots and vehicles: what may flow when, what it costs, what must be there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.battery.arrays import Bools, Floats, Ints

VEHICLE = np.dtype(
    [
        ("site", "i4"),  # row of the sites' limits
        ("arrival_slot", "i4"),  # first slot in which it is connected
        ("departure_slot", "i4"),  # first slot in which it is gone
        ("energy_kwh", "f8"),  # in the battery at arrival
        ("required_kwh", "f8"),  # in the battery at departure
        ("least_kwh", "f8"),
        ("most_kwh", "f8"),
        ("charge_kw", "f8"),  # at the grid; 0 where it cannot
        ("discharge_kw", "f8"),
        ("charge_efficiency", "f8"),
        ("discharge_efficiency", "f8"),
        ("wear_per_kwh", "f8"),  # price of a kWh into the battery and out again; half of it for either way
    ]
)
SHORTAGE_FACTOR = 20.0  # a missing kWh costs this many times the highest price, so it is planned only where it must be


@dataclass(frozen=True)
class Reserve:
    """Power that the fleet keeps free, kW a slot: up is less load or more feed-in, down the opposite.

    primary, secondary: [slots]; hours: how long each must be sustained from the batteries.
    """

    primary_up_kw: Floats
    primary_down_kw: Floats
    secondary_up_kw: Floats
    secondary_down_kw: Floats
    primary_hours: float = 0.5
    secondary_hours: float = 1.0

    def up(self) -> tuple[Floats, Floats]:
        """Return power, kW, and energy, kWh, of each slot."""
        primary, secondary = self.primary_up_kw, self.secondary_up_kw
        return primary + secondary, primary * self.primary_hours + secondary * self.secondary_hours

    def down(self) -> tuple[Floats, Floats]:
        primary, secondary = self.primary_down_kw, self.secondary_down_kw
        return primary + secondary, primary * self.primary_hours + secondary * self.secondary_hours


@dataclass(frozen=True)
class Problem:
    """Arrays [slots, vehicles] at the grid (kW) and in the battery (kWh); price of a kWh at the grid by slot."""

    slot_h: float
    price_per_kwh: Floats  # [slots]
    charge_kw: Floats
    discharge_kw: Floats
    least_kwh: Floats  # after each slot; at departure what is required
    most_kwh: Floats
    vehicles: np.ndarray
    site: Ints
    import_kw: Floats  # [sites, slots]
    export_kw: Floats
    shortage_per_kwh: float

    @property
    def slots(self) -> int:
        return len(self.price_per_kwh)

    @property
    def connected(self) -> Bools:
        return connected(self.vehicles, self.slots)

    def stored(self, charge_kw: Floats, discharge_kw: Floats) -> Floats:
        """Return the kWh that go into each battery in each slot."""
        own = self.vehicles
        return self.slot_h * (charge_kw * own["charge_efficiency"] - discharge_kw / own["discharge_efficiency"])

    def cost(self, charge_kw: Floats, discharge_kw: Floats) -> float:
        """Return the price of energy and wear."""
        own = self.vehicles
        half = 0.5 * own["wear_per_kwh"]
        price = self.price_per_kwh[:, None]
        charging = charge_kw * (price + half * own["charge_efficiency"])
        return float(self.slot_h * (charging + discharge_kw * (half / own["discharge_efficiency"] - price)).sum())

    def chosen(self, charging: Bools, discharging: Bools) -> Problem:
        """Return the same problem with charging and discharging only where they are allowed."""
        return replace(self, charge_kw=self.charge_kw * charging, discharge_kw=self.discharge_kw * discharging)


def connected(vehicles: np.ndarray, slots: int) -> Bools:
    slot = np.arange(slots)[:, None]
    return (slot >= vehicles["arrival_slot"]) & (slot < vehicles["departure_slot"])


def build(
    vehicles: np.ndarray, price_per_kwh: Floats, slot_h: float, import_kw: Floats, export_kw: Floats
) -> tuple[Problem, Floats]:
    """Return the problem, and the kWh each vehicle would miss even alone: its requirement is lowered by them.

    import_kw, export_kw: [sites, slots], what may flow into the site and out of it; infinite where nothing limits it.
    """
    slots = len(price_per_kwh)
    there = connected(vehicles, slots)
    own = vehicles
    charge = np.where(there, own["charge_kw"], 0.0)
    discharge = np.where(there, own["discharge_kw"], 0.0)
    most = np.maximum(own["most_kwh"], own["energy_kwh"])
    most = np.where(there, most, np.maximum(most, own["required_kwh"]) + own["most_kwh"] + 1.0)
    least = np.where(there, np.minimum(own["least_kwh"], own["energy_kwh"]), -own["most_kwh"] - 1.0)
    stay_h = np.maximum(np.minimum(own["departure_slot"], slots) - np.maximum(own["arrival_slot"], 0), 0) * slot_h
    reach = np.minimum(own["energy_kwh"] + stay_h * own["charge_kw"] * own["charge_efficiency"], own["most_kwh"])
    within = own["departure_slot"] <= slots
    required = np.where(within & (stay_h > 0), own["required_kwh"], 0.0)
    missing = np.maximum(required - np.maximum(reach, own["energy_kwh"]), 0.0)
    last = np.clip(own["departure_slot"], 1, slots) - 1
    rows = np.arange(len(own))
    at_end = np.maximum(least[last, rows], required - missing)
    least[last, rows] = np.where(within & (stay_h > 0), at_end, least[last, rows])
    site = own["site"].astype(np.intp)
    total_in = np.zeros_like(import_kw)
    total_out = np.zeros_like(import_kw)
    np.add.at(total_in, site, charge.T)
    np.add.at(total_out, site, discharge.T)
    shortage = SHORTAGE_FACTOR * float(np.abs(price_per_kwh).max() + own["wear_per_kwh"].max(initial=0.0) + 0.01)
    problem = Problem(
        slot_h, np.asarray(price_per_kwh, float), charge, discharge, least, most, own, site,
        np.minimum(import_kw, total_in + 1.0), np.minimum(export_kw, total_out + 1.0), shortage,
    )  # fmt: skip
    return problem, missing
