"""`gridkeel twin plan`: a schedule for a fleet from files of prices and vehicles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.options import JsonFile, Quiet
from host_tools.errors import ToolError
from host_tools.files import check_folder, check_writable, write_atomic

if TYPE_CHECKING:
    from host_tools.screen import Screen
    from twin.fleet.dispatch import Schedule
    from twin.fleet.prices import Prices
    from twin.fleet.vehicles import Fleet

METHODS = ("auto", "whole", "apart")


def plan(
    prices: Annotated[
        Path, typer.Option("--prices", metavar="FILE.csv", help="Columns start and price_eur_per_mwh (or _per_kwh).")
    ],
    vehicles: Annotated[
        Path,
        typer.Option("--vehicles", metavar="FILE.csv", help="One stay of a vehicle a line: docs/twin-planning.md."),
    ],
    sites: Annotated[
        Path | None, typer.Option("--sites", metavar="FILE.csv", help="Columns site, import_kw, export_kw.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Of times without one, as Europe/Madrid.")
    ] = None,
    slot_min: Annotated[int, typer.Option("--slot-min", min=5, max=60, help="Minutes of a slot.")] = 15,
    primary_kw: Annotated[
        float, typer.Option("--primary-kw", min=0.0, help="Power held for primary response, up and down.")
    ] = 0.0,
    secondary_kw: Annotated[
        float, typer.Option("--secondary-kw", min=0.0, help="Power held for regulation, up and down.")
    ] = 0.0,
    replacement_per_kwh: Annotated[
        float, typer.Option("--replacement-per-kwh", min=0.0, help="Price of a new battery, a kWh: the price of wear.")
    ] = 120.0,
    end_of_life_pct: Annotated[
        float, typer.Option("--end-of-life-pct", min=1.0, max=99.0, help="Capacity at which it is replaced.")
    ] = 70.0,
    method: Annotated[
        str, typer.Option(help="whole: HiGHS; apart: by vehicle; auto: whole up to 100 vehicles.")
    ] = METHODS[0],
    time_limit_s: Annotated[
        float, typer.Option("--time-limit-s", min=1.0, help="Then the solver is stopped.")
    ] = 3600.0,
    out: Annotated[
        Path, typer.Option(help="Folder for plan.csv, plan.json (for twin run --schedule) and plan.png.")
    ] = (Path("out")),
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Plan when each vehicle charges and discharges: lowest cost of energy and wear, within every limit.

    Prints the cost beside that without a plan, and beside what no plan can undercut. A vehicle that cannot have what it
    needs is named with the missing kWh, and the rest is planned. Exit code 0 then, too.
    """
    from command_line.progress import watching
    from host_tools.screen import Screen
    from twin.fleet import dispatch, simulate
    from twin.fleet.prices import CsvPrices, zone_of
    from twin.fleet.vehicles import Wear, read

    if method not in METHODS:
        raise ToolError(f"--method {method}: can be {', '.join(METHODS)}")
    check_writable(json_file)
    check_folder(out)
    series = CsvPrices(prices, timezone).fetch().at_step(slot_min * 60)
    wear = Wear(replacement_per_kwh, end_of_life_pct / 100.0)
    fleet = read(vehicles, sites, series, zone_of(timezone), wear)
    screen = Screen(quiet, json_file)
    slot_h = series.step_s / 3600.0
    given = (fleet.vehicles, series.per_kwh, slot_h, fleet.import_kw, fleet.export_kw)
    with watching(screen, f"planning {len(fleet.names)} vehicles ...", lines=False) as show:
        planned = dispatch.plan(
            *given,
            reserve=_reserve(series, primary_kw, secondary_kw),
            method=method,
            time_limit_s=time_limit_s,
            watch=lambda step, gap: show(f"step {step}, {gap:.2%} from the bound"),
        )
        plain = dispatch.uncontrolled(*given)
    played = simulate.play(
        fleet.vehicles, fleet.names, planned.power_kw, series.per_kwh, slot_h, fleet.import_kw, fleet.export_kw
    )
    if played.broken:
        raise ToolError(f"the schedule breaks a limit, this is a defect: {played.broken[0]}")
    figures = _figures(series, fleet, planned, plain, played.wear_cost)
    _write(out, series, fleet, planned, plain)
    if json_file is not None:
        write_atomic(json_file, json.dumps(figures, indent=2) + "\n")
    _print(screen, figures)
    screen.result(f"{len(fleet.names)} vehicles, {len(series.per_kwh)} slots; {out / 'plan.png'}")


def _reserve(prices: Prices, primary_kw: float, secondary_kw: float) -> Any:
    import numpy as np

    from twin.fleet.problem import Reserve

    if not primary_kw and not secondary_kw:
        return None
    primary, secondary = (np.full(len(prices.per_kwh), power) for power in (primary_kw, secondary_kw))
    return Reserve(primary, primary, secondary, secondary)


def _figures(prices: Prices, fleet: Fleet, planned: Schedule, plain: Schedule, wear_cost: float) -> dict[str, Any]:
    short = planned.missing_kwh > 0.01
    up, down = planned.reserve_short_kw
    return {
        "vehicles": len(fleet.names),
        "slots": len(prices.per_kwh),
        "slot_s": prices.step_s,
        "start": prices.start.isoformat(),
        "currency": prices.currency,
        "cost": planned.cost,
        "cost_of_wear": wear_cost,
        "cost_uncontrolled": plain.cost,
        "bound": planned.bound,
        "gap": planned.gap,
        "method": planned.method,
        "finished": planned.finished,
        "seconds": planned.seconds,
        "missing_kwh": {name: float(kwh) for name, kwh, is_short in _each(fleet, planned, short) if is_short},
        "reserve_short_kw": {"up": float(up.max(initial=0.0)), "down": float(down.max(initial=0.0))},
    }


def _each(fleet: Fleet, planned: Schedule, short: Any) -> Any:
    return zip(fleet.names, planned.missing_kwh, short, strict=True)


def _write(out: Path, prices: Prices, fleet: Fleet, planned: Schedule, plain: Schedule) -> None:
    from twin.fleet.picture import draw

    out.mkdir(parents=True, exist_ok=True)
    lines = ["start,vehicle,power_kw,energy_kwh"]
    power = planned.power_kw.round(3)
    level = planned.energy_kwh.round(3)
    for slot in range(len(prices.per_kwh)):
        when = prices.time_of(slot).isoformat()
        own = fleet.vehicles
        there = (slot >= own["arrival_slot"]) & (slot < own["departure_slot"])
        lines += [f"{when},{fleet.names[k]},{power[slot, k]:g},{level[slot, k]:g}" for k in there.nonzero()[0]]
    write_atomic(out / "plan.csv", "\n".join(lines) + "\n")
    watts = (planned.power_kw * 1000.0).round().astype(int).T.tolist()
    document = {
        "start_s": prices.start.timestamp(),
        "slot_s": prices.step_s,
        "power_w": dict(zip(fleet.names, watts, strict=True)),
    }
    write_atomic(out / "plan.json", json.dumps(document) + "\n")
    draw(out / "plan.png", prices, fleet, planned, plain)


def _print(screen: Screen, figures: dict[str, Any]) -> None:
    currency = figures["currency"]
    screen.say(f"cost          {figures['cost']:12.2f} {currency}, of it wear {figures['cost_of_wear']:.2f}")
    screen.say(f"uncontrolled  {figures['cost_uncontrolled']:12.2f} {currency}")
    screen.say(f"bound         {figures['bound']:12.2f} {currency}: the schedule is within {figures['gap']:.3%} of it")
    if not figures["finished"]:
        screen.say("the solver was stopped before it was done: the schedule keeps every limit, but may be dear", "red")
    for name, kwh in figures["missing_kwh"].items():
        screen.say(f"{name} will leave with {kwh:.2f} kWh less than it needs", "red")
    for way, power in figures["reserve_short_kw"].items():
        if power > 0.01:
            screen.say(f"up to {power:.1f} kW of the reserve {way} cannot be held", "red")
