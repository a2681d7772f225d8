"""`gridkeel twin show`, `status`, `export`: what a store holds, also while its twin runs."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.options import JsonOutcome
from command_line.twin_options import Store, default_store
from host_tools.errors import MissingError
from host_tools.files import check_writable, is_stdout, write_atomic

if TYPE_CHECKING:
    from rich.table import Table

_MOST = 1000  # rows of a table


def show(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Controller, as MQTT names it.")],
    store: Store = "",
    json_file: JsonOutcome = None,
) -> None:
    """Show one battery: charge, temperature, resistance and capacity with 95 % intervals, and what can be known of it.

    Example: gridkeel twin show gk-1
    """
    from host_tools.screen import Screen

    check_writable(json_file)
    told, _counts, _size = _read(store)
    found = next((one for one in told if one["device"] == device), None)
    if found is None:
        near = ", ".join(one["device"] for one in told[:5])
        raise MissingError(f"the store knows no controller {device!a}" + (f"; it knows {near} ..." if near else ""))
    if json_file is not None:
        write_atomic(json_file, json.dumps(found, indent=2) + "\n")
    if is_stdout(json_file):
        return
    Screen().table(_facts(found))


def status(store: Store = "", json_file: JsonOutcome = None) -> None:
    """Show what a store holds: controllers, records that were not used and why, its size.

    Example: gridkeel twin status --json
    """
    from host_tools.screen import Screen
    from twin.intake.parser import KINDS

    check_writable(json_file)
    told, counts, size = _read(store)
    records = sum(one["records"] for one in told)
    latest_s = max((one["heard_s"] for one in told), default=None)
    if json_file is not None:
        document = {
            "controllers": len(told),
            "records": records,
            "heard_s": latest_s,
            "bytes": size,
            "unused": counts,
            "observability": _by_observability(told),
        }
        write_atomic(json_file, json.dumps(document, indent=2) + "\n")
    if is_stdout(json_file):
        return
    screen = Screen()
    by = ", ".join(f"{number} {word}" for word, number in _by_observability(told).items())
    heard = _time(latest_s) if latest_s else "never"
    screen.say(f"{len(told)} controllers, {records} records, the last at {heard}; {size / 1e6:.1f} MB")
    screen.say(f"what is known of the state of charge: {by or 'nothing'}")
    if counts:
        table = _table(("not used", "records", "what they were"))
        for kind, number in counts.items():
            table.add_row(kind, str(number), KINDS.get(kind, ""))
        screen.table(table)


def export(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="history.csv or history.parquet (extra `parquet`).")],
    store: Store = "",
    device: Annotated[str, typer.Option(help="One controller alone.")] = "",
) -> None:
    """Write the history as a table: one sample of each battery every five minutes, older ones every hour.

    Example: gridkeel twin export history.parquet
    """
    from twin.engine.shard import layout
    from twin.store import export as table
    from twin.store.opening import opened

    check_writable(out)
    table.check(out)
    with opened(store or default_store(), layout(), read_only=True) as kept:
        count = table.write(out, kept.history(device or None))
    print(f"{out}: {count} samples")


def table_of(told: list[dict[str, Any]]) -> Table:
    """Return the batteries as a table, those that are known worst first."""
    table = _table(("controller", "charge", "95 %", "temperature", "capacity", "health", "known by"))
    ordered = sorted(told, key=lambda one: (_half(one) is None, -(_half(one) or 0.0), one["device"]))
    for one in ordered[:_MOST]:
        soc = one.get("soc")
        if soc is None:
            table.add_row(one["device"], "-", "-", "-", "-", "-", one["observability"])
            continue
        table.add_row(
            one["device"],
            _unit(soc["pct"], "%", 1),
            f"{_unit(soc['low_pct'], '', 1)}..{_unit(soc['high_pct'], '%', 1)}",
            _unit(one["temperature"]["c"], "degC", 1),
            _unit(one["capacity"]["ah"], "Ah", 1),
            _unit(one["health_pct"], "%", 1),
            one["observability"],
        )
    if len(told) > _MOST:
        table.caption = f"and {len(told) - _MOST} more: --json has them all"
    return table


def _read(store: str) -> tuple[list[dict[str, Any]], dict[str, int], int]:
    from twin.engine.estimates import documents
    from twin.engine.packs import Packs
    from twin.engine.shard import Shard, layout
    from twin.store.opening import opened

    with opened(store or default_store(), layout(), read_only=True) as kept:
        shard = Shard(Packs())
        shard.load(kept.load(), check=False)
        return documents(shard.names, shard.rows, shard.heard_s), kept.counts(), kept.bytes_used()


def _facts(one: dict[str, Any]) -> Table:
    table = _table(("", "", ""))
    table.add_row("controller", one["device"], f"last heard {_time(one['heard_s'])}")
    table.add_row(
        "records", str(one["records"]), f"{one['unusable']} not usable; boot {one['boot']}, sequence {one['sequence']}"
    )
    table.add_row("known by", one["observability"], _WHAT[one["observability"]])
    if "soc" not in one:
        return table
    for name, unit, label, digits in (
        ("soc", "pct", "state of charge", 1),
        ("temperature", "c", "temperature", 1),
        ("resistance", "mohm", "resistance, 10 s", 1),
        ("capacity", "ah", "capacity", 1),
    ):
        value, shown = one[name], _UNITS[unit]
        interval = (
            f"{_unit(value['low_' + unit], '', digits)} to {_unit(value['high_' + unit], shown, digits)} with 95 %"
        )
        table.add_row(label, _unit(value[unit], shown, digits), interval)
    rest = f"after an hour of rest +/- {one['soc_sigma_after_rest_pct']:.1f} % (one sigma)"
    table.add_row("vehicle's own word", _unit(one.get("soc_reported_pct"), "%", 1), f"from {one['soc_source']}; {rest}")
    table.add_row("health", _unit(one["health_pct"], "%", 1), f"of a new {one['chemistry']} battery")
    table.add_row("power", f"{one['delivered_w']} W", "positive into the vehicle")
    table.add_row("through it", f"{one['throughput_kwh']:.1f} kWh", f"{one['full_cycles']:.2f} full cycles")
    price = one["wear_price_per_kwh"]
    worn = "-" if one["cycle_loss_pct"] is None else f"{one['cycle_loss_pct']:.2f} %"
    cost = "no ageing law of this chemistry" if price is None else f"{price:.4f} EUR for a kWh in and out again"
    table.add_row("capacity lost by it", worn, cost)
    vehicle = f"id {one['vehicle_id']:08x}" if one["vehicle_id"] else "gives no identity"
    table.add_row("vehicle", f"stay {one['session']}", vehicle)
    return table


_UNITS = {"pct": "%", "c": "degC", "mohm": "mohm", "ah": "Ah"}
_WHAT = {
    "none": "nothing says the state of charge",
    "counting": "charge is counted from a start that nobody measured",
    "voltage": "the battery's own voltage corrects it",
    "vehicle": "the vehicle says it, and the voltage checks it",
}


def _by_observability(told: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in told:
        found[one["observability"]] = found.get(one["observability"], 0) + 1
    return dict(sorted(found.items()))


def _half(one: dict[str, Any]) -> float | None:
    soc = one.get("soc")
    return None if soc is None or soc["high_pct"] is None else soc["high_pct"] - soc["low_pct"]


def _unit(value: float | None, unit: str, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f} {unit}".rstrip()


def _time(at_s: float) -> str:
    return datetime.datetime.fromtimestamp(at_s).astimezone().isoformat(sep=" ", timespec="seconds")


def _table(headings: tuple[str, ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headings))
    for heading in headings:
        table.add_column(heading)
    return table
