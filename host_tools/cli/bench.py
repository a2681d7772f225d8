"""`gridkeel bench`: play scenarios through a controller and judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hil.bench import scenario as scenarios
from hil.bench.run_all import Wanted, run_all
from hil.config import load_parameters
from hil.estimator.run_all import run_all as run_estimator
from host_tools.errors import EXIT_CHECK_FAILED

DEFAULT = "blackout"
ESTIMATOR = "estimator"


def command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...",
            help="Scenarios by name or .toml file, `all`, or `estimator` for the frequency estimator's own bench.",
            show_default=DEFAULT,
        ),
    ] = None,
    rig: Annotated[str, typer.Option(help="Rig by name or .toml file.")] = "lockstep",
    realtime: Annotated[
        bool, typer.Option("--realtime", help="The virtual board on its own clock (--rig realtime).")
    ] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM[:SS]", help="Where in the record to begin.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="HH:MM[:SS]", help="Where in the record to end.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="The whole record, 11:00 to 12:59:58.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with a [parameters] table.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Set one parameter; may be repeated.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for report.html, junit.xml and bench.json.")] = Path("out"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live table, only the summary.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="With `estimator`: a thinned grid, in seconds.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the scenarios that ship.")] = False,
) -> None:
    """Play recorded or made-up mains through a real controller and judge what it did.

    The controller is a MicroPython process running the files that are flashed. Exit code 0: every check held.
    """
    console = Console()
    if listing:
        _list(console)
        return
    if names == [ESTIMATOR]:
        if not run_estimator(console, quick, json_file, out, show=not quiet).ok:
            raise typer.Exit(EXIT_CHECK_FAILED)
        return
    chosen = names or [DEFAULT]
    if chosen == ["all"]:
        chosen = scenarios.names()
    wanted = Wanted(
        scenarios=chosen,
        rig="realtime" if realtime else rig,
        start=start,
        end=end,
        whole=whole,
        parameters=load_parameters(config, param or []),
        out=out,
        json_file=json_file,
        live=not quiet and console.is_terminal,
    )
    if not run_all(wanted, console):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _list(console: Console) -> None:
    table = Table("scenario", "s", "what it plays", title="Scenarios", title_justify="left")
    for name in scenarios.names():
        scenario = scenarios.load(name)
        table.add_row(name, f"{scenario.duration_s:g}", f"{scenario.title}. {scenario.summary}")
    console.print(table)
