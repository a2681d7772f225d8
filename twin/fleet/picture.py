"""A schedule as a picture: price, power of the fleet with and without a plan, energy in the batteries."""

from __future__ import annotations

from pathlib import Path

from twin.fleet.dispatch import Schedule
from twin.fleet.prices import Prices
from twin.fleet.vehicles import Fleet


def draw(path: Path, prices: Prices, fleet: Fleet, planned: Schedule, plain: Schedule) -> None:
    """Write the picture as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import ConciseDateFormatter, DayLocator, HourLocator
    from matplotlib.figure import Figure

    slots = len(prices.per_kwh)
    times = [prices.time_of(slot) for slot in range(slots + 1)]
    figure = Figure(figsize=(10, 8), layout="constrained")
    FigureCanvasAgg(figure)
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    top.stairs(prices.per_kwh * 1000.0, times, color="black", baseline=None)
    top.axhline(0.0, color="grey", linewidth=0.5)
    top.set_ylabel(f"price\n{prices.currency}/MWh")
    middle.stairs(plain.power_kw.sum(axis=1), times, color="tab:orange", baseline=None, label="uncontrolled")
    middle.stairs(planned.power_kw.sum(axis=1), times, color="tab:blue", baseline=None, label="planned")
    limit = fleet.import_kw.sum(axis=0)
    if limit.max() < float("inf"):
        middle.stairs(limit, times, color="tab:red", baseline=None, linestyle="--", label="sites' limit")
    middle.axhline(0.0, color="grey", linewidth=0.5)
    middle.set_ylabel("fleet, kW\n(positive charges)")
    middle.legend(loc="upper right", fontsize="small")
    own = fleet.vehicles
    for name, schedule, colour in (("uncontrolled", plain, "tab:orange"), ("planned", planned, "tab:blue")):
        there = [(slot >= own["arrival_slot"]) & (slot < own["departure_slot"]) for slot in range(slots)]
        held = [float(schedule.energy_kwh[slot, mask].sum()) for slot, mask in enumerate(there)]
        bottom.plot(times[1:], held, color=colour, label=name)
    bottom.set_ylabel("in connected\nbatteries, kWh")
    hours = slots * prices.step_s / 3600.0
    bottom.xaxis.set_major_locator(HourLocator(interval=3) if hours <= 50 else DayLocator())
    bottom.xaxis.set_major_formatter(ConciseDateFormatter(bottom.xaxis.get_major_locator(), tz=prices.start.tzinfo))
    figure.suptitle(
        f"{len(fleet.names)} vehicles: {planned.cost:.2f} {prices.currency} planned, {plain.cost:.2f} uncontrolled"
    )
    figure.savefig(path, dpi=110)
