"""`gridkeel twin run` and `gridkeel twin replay`: records from a broker, or from a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from command_line.command import refuse
from command_line.options import JsonFile, JsonOutcome, Quiet
from command_line.stopping import stop_on_signals
from command_line.twin_options import Capacity, Chemistry, Nominal, Store, Vehicles, default_store, packs_of
from host_tools.errors import ToolError
from host_tools.files import check_writable, is_stdout, write_atomic

if TYPE_CHECKING:
    from twin.engine.inline import Engine
    from twin.engine.packs import Packs
    from twin.fleet.prices import CsvPrices
    from twin.store.content import Store as StoreKept


def run(
    context: typer.Context,
    broker: Url = "mqtt://127.0.0.1:1883",
    store: Store = "",
    name: Annotated[
        str, typer.Option("--name", help="Name of this twin at the broker, which keeps its records by it.")
    ] = "twin",
    engine: Annotated[
        str, typer.Option(help="inline: in this process; ray: on Ray's workers, with a store in PostgreSQL.")
    ] = "inline",
    shards: Annotated[int, typer.Option(min=1, max=1000, help="Workers of --engine ray.")] = 2,
    ray_address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Ray cluster of --engine ray.", show_default="one on this machine")
    ] = "",
    vehicles: Vehicles = None,
    chemistry: Chemistry = "nca",
    capacity_kwh: Capacity = 60.0,
    nominal_v: Nominal = 360.0,
    told_s: Annotated[
        float, typer.Option("--tell", min=0.0, help="Seconds between two estimates of a battery on MQTT; 0 for none.")
    ] = 10.0,
    schedule: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Power of each controller by slot; read again when it changes."),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Prices to plan on: start, price_eur_per_mwh; read at each plan."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone of times without one in --prices, as Europe/Madrid.")
    ] = None,
    site_kw: Annotated[
        float | None, typer.Option("--site-kw", min=0.0, help="What all controllers together may draw and feed in, kW.")
    ] = None,
    departures: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="When vehicles leave: device,at,soc_pct.")
    ] = None,
    group: Annotated[
        int, typer.Option(min=0, max=65_535, help="Group that follows the regulation signal; 0 for none.")
    ] = 0,
    regulation_w: Annotated[
        float, typer.Option("--regulation-w", min=0.0, help="What the group is to give to either side, W.")
    ] = 0.0,
    rates: Annotated[
        bool, typer.Option("--rates", help="Ask for faster records where a vehicle came or its power changed.")
    ] = False,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
    json_file: JsonFile = None,
    report_s: Annotated[
        float, typer.Option("--report", min=0.0, help="Seconds between two lines of counters; 0 for none.")
    ] = 60.0,
) -> None:
    """Take the records of every controller on a broker and estimate its battery, until Ctrl-C or SIGTERM.

    A record is acknowledged once what became of it is in the store: whatever is killed, nothing is lost or doubled.

    Example: gridkeel twin run --broker mqtt://127.0.0.1:1883 --vehicles vehicles.csv
    """
    from host_tools.mqtt.address import broker_at
    from host_tools.uplink.log import Log
    from twin.engine.shard import layout
    from twin.orders.schedule import ScheduleFile, read_departures, read_schedule
    from twin.service.ordering import Ordering
    from twin.service.regulating import Regulating
    from twin.service.service import Part, Service
    from twin.service.settings import Settings
    from twin.service.telling import Telling
    from twin.store.opening import opened

    at = broker_at(
        broker, cafile=cafile, certfile=certfile, keyfile=keyfile, username=username, password_file=password_file
    )
    packs = packs_of(vehicles, chemistry, capacity_kwh, nominal_v)
    if bool(group) != bool(regulation_w):
        raise ToolError("--group and --regulation-w belong together: who follows the signal, and by how much")
    place = store or default_store()
    _check_engine(context, engine, place)
    if schedule is not None and prices is not None:
        raise ToolError("--schedule and --prices: choose one, a plan that is given or one that is made")
    if prices is None:
        refuse(context, ("timezone", "site_kw"), "belongs to --prices")
    source = _prices(prices, timezone) if prices is not None else None
    leaving = read_departures(departures) if departures else []
    if schedule is not None:
        read_schedule(schedule)  # one that is wrong at the start is an error; later the last one stays
    check_writable(json_file)
    stop = stop_on_signals()
    log = Log(False, sys.stderr if is_stdout(json_file) else None)
    try:
        with ExitStack() as stack:
            kept = stack.enter_context(opened(place, layout()))
            worked = stack.enter_context(_engine(engine, place, kept, packs, shards, ray_address))
            settings = Settings(at, name=name, told_s=told_s, report_s=report_s)
            ordering = Ordering(log.say, departures=leaving, rates=rates)
            parts: list[Part] = [Telling((ordering.extra,)), ordering]
            if schedule is not None:
                ordering.load = ScheduleFile(schedule, log.say).load
            if source is not None:
                from twin.service.planning import Planning

                planning = Planning(source, leaving, ordering, kept, log.say, inf if site_kw is None else site_kw)
                ordering.load = planning.load
                parts.append(planning)
            regulating = Regulating(group, regulation_w, ordering, log.say) if group else None
            if regulating is not None:
                parts.append(regulating)
            service = Service(settings, worked, tuple(parts), log.say)
            service.run(stop)
            summary = service.summary() | {"sent": dict(ordering.sent), "results": dict(ordering.results)}
            if regulating is not None:
                summary["regulation"] = regulating.summary()
            log.say(", ".join(f"{value} {key}" for key, value in summary.items() if not isinstance(value, dict)))
    finally:
        log.close()
    if json_file is not None:
        write_atomic(json_file, json.dumps(summary, indent=2) + "\n")


def _prices(path: Path, timezone: str | None) -> CsvPrices:
    """Return the prices of a file, which is read again for each plan.  Errors: as of its `fetch`, now."""
    from twin.fleet.prices import CsvPrices

    source = CsvPrices(path, timezone)
    source.fetch()
    return source


def _check_engine(context: typer.Context, engine: str, place: str) -> None:
    """Errors: ToolError for an engine that there is not, or that does not work with the store."""
    from twin.store.opening import is_server

    if engine not in ("inline", "ray"):
        raise ToolError(f"--engine {engine}: there are inline and ray")
    if engine == "inline":
        refuse(context, ("shards", "ray_address"), "belongs to --engine ray")
    elif not is_server(place):
        raise ToolError("--engine ray needs a store that several processes write: --store postgresql://HOST/DATABASE")


@contextmanager
def _engine(name: str, place: str, kept: StoreKept, packs: Packs, shards: int, ray_address: str) -> Iterator[Engine]:
    from twin.engine.inline import Inline

    if name == "ray":
        from twin.engine.on_ray import OnRay

        worked: Engine = OnRay(place, packs, shards=shards, address=ray_address)
    else:
        worked = Inline(kept, packs)
    try:
        yield worked
    finally:
        worked.close()


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, as `mosquitto_sub -F %J` writes them.")],
    store: Annotated[
        str, typer.Option("--store", metavar="FILE|URL", help="Store that takes them.", show_default="none is kept")
    ] = "",
    vehicles: Vehicles = None,
    chemistry: Chemistry = "nca",
    capacity_kwh: Capacity = 60.0,
    nominal_v: Nominal = 360.0,
    json_file: JsonOutcome = None,
    quiet: Quiet = False,
) -> None:
    """Work the records of a file faster than they came, by the file's own clock, and show what they make known.

    Example: mosquitto_sub -F %J -t 'gridkeel/v2/+/battery' > night.jsonl; gridkeel twin replay night.jsonl
    """
    import tempfile

    from command_line.progress import watching
    from command_line.twin_look import table_of
    from host_tools.screen import Screen
    from twin.engine.inline import Inline
    from twin.engine.shard import layout
    from twin.service.replay import replay as play
    from twin.store.opening import opened

    packs = packs_of(vehicles, chemistry, capacity_kwh, nominal_v)
    check_writable(json_file)
    screen = Screen(quiet, json_file)
    with tempfile.TemporaryDirectory() as folder, opened(store or f"{folder}/twin.db", layout()) as kept:
        engine = Inline(kept, packs)
        with watching(screen, f"replaying {file.name} ...") as show:
            done = play(file, engine, show)
        told = engine.told()
    screen.table(table_of(told))
    unused = sum(done.unused.values())
    screen.result(
        f"{done.records} records of {len(told)} controllers in {done.took_s:.1f} s, {done.speed:.0f} times as fast as"
        f" they came; {unused} not used" + (f" ({_kinds(done.unused)})" if unused else "")
    )
    if json_file is not None:
        document = {
            "records": done.records,
            "unused": dict(done.unused),
            "took_s": round(done.took_s, 3),
            "speed": round(done.speed, 1),
            "controllers": told,
        }
        write_atomic(json_file, json.dumps(document, indent=2) + "\n")


def _kinds(unused: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(unused.items()) if number)
