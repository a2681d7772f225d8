"""What a fleet can still do beside its plan: power and energy to either side, and which vehicle would then be short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.battery.arrays import Floats


@dataclass(frozen=True)
class Headroom:
    """By vehicle, from now on.  up: less load or more feed-in; down: the opposite.

    up_kw, down_kw: off the planned power, at the grid.  up_kwh: what may be taken out (or not put in), at the grid, so
    that it neither falls under its least nor misses its need at departure; down_kwh: what more fits in.
    missing_kwh: what it will lack at departure even if it charges at full power from now on.
    """

    up_kw: Floats
    down_kw: Floats
    up_kwh: Floats
    down_kwh: Floats
    missing_kwh: Floats

    def for_hours(self, hours: float) -> tuple[float, float]:
        """Return the kW up and down that the fleet can hold for so long."""
        return (
            float(np.minimum(self.up_kw, self.up_kwh / hours).sum()),
            float(np.minimum(self.down_kw, self.down_kwh / hours).sum()),
        )

    def short(self, names: list[str]) -> list[str]:
        """Return a line for each vehicle that can no longer have what it needs."""
        return [
            f"{names[k]} will lack {self.missing_kwh[k]:.2f} kWh at its departure even at full power from now on"
            for k in np.flatnonzero(self.missing_kwh > 0.01)
        ]


def headroom(vehicles: np.ndarray, energy_kwh: Floats, planned_kw: Floats, now_slot: float, slot_h: float) -> Headroom:
    """Return the headroom of vehicles (twin.fleet.problem.VEHICLE) now.

    energy_kwh: in each battery now.  planned_kw: what each is to do now.  now_slot: the time, in slots from the plan's
    start; between arrival and departure a vehicle is there.
    """
    own = vehicles
    there = (now_slot >= own["arrival_slot"]) & (now_slot < own["departure_slot"])
    left_h = np.where(there, (own["departure_slot"] - now_slot) * slot_h, 0.0)
    regained = left_h * own["charge_kw"] * own["charge_efficiency"]
    missing = np.where(there, np.maximum(own["required_kwh"] - energy_kwh - regained, 0.0), 0.0)
    # What is put in while nothing is asked of the vehicle makes up for it later: only what cannot is kept back.
    floor = np.maximum(np.minimum(own["least_kwh"], energy_kwh), own["required_kwh"] - regained)
    spare = np.maximum(energy_kwh - floor, 0.0)
    into = np.maximum(own["most_kwh"] - energy_kwh, 0.0)
    can_feed_in = (own["discharge_kw"] > 0.0) & (spare > 0.0)
    lowest = np.where(can_feed_in, -own["discharge_kw"], 0.0)
    # Charging that is left out is headroom too, as long as the vehicle can still make up for it.
    late = energy_kwh + regained - own["required_kwh"]
    give_up = np.where(late > 0.0, np.maximum(planned_kw, 0.0), 0.0)
    up_kw = np.where(there, give_up + np.maximum(np.minimum(planned_kw, 0.0) - lowest, 0.0), 0.0)
    from_battery = np.where(can_feed_in, spare * own["discharge_efficiency"], 0.0)
    left_out = np.minimum(give_up * left_h, np.maximum(late, 0.0) / own["charge_efficiency"])
    down_kw = np.where(there & (into > 0.0), np.maximum(own["charge_kw"] - planned_kw, 0.0), 0.0)
    return Headroom(
        up_kw,
        down_kw,
        np.where(there, np.maximum(from_battery, left_out), 0.0),
        np.where(there, into / own["charge_efficiency"], 0.0),
        missing,
    )
