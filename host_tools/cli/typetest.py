"""`gridkeel typetest`: test a controller to a grid code's profile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hil.config import load_parameters
from hil.report.files import write_json
from hil.report.text import number
from hil.typetest import catalogue, files, page
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS
from hil.typetest.plan import procedures
from hil.typetest.runner import DAY, TypeTest, run
from host_tools.errors import EXIT_CHECK_FAILED

_COLOURS = {PASS: "green", FAIL: "red", OPEN: "yellow", NOT_OFFERED: "dim"}


def command(
    profile: Annotated[str, typer.Option(help=f"One of {', '.join(catalogue.NAMES)}.")] = "custom",
    only: Annotated[list[str] | None, typer.Option(help="Only this procedure; may be repeated.")] = None,
    day: Annotated[
        bool, typer.Option("--day", help="Add the first 90 minutes of the recorded day: no response at all.")
    ] = False,
    start: Annotated[str, typer.Option("--from", metavar="HH:MM[:SS]", help="Begin of --day.")] = DAY[0],
    end: Annotated[str, typer.Option("--to", metavar="HH:MM[:SS]", help="End of --day.")] = DAY[1],
    config: Annotated[Path | None, typer.Option(help="TOML file with a [parameters] table.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a parameter of the controller, not of what is demanded of it."),
    ] = None,
    firmware: Annotated[Path | None, typer.Option(help="Folder of another program to flash and test.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for typetest.html, typetest.json and typetest.xml.")] = Path("out"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the findings to this file too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the findings.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the procedures of the profile.")] = False,
) -> None:
    """Put a controller through a profile's procedure and report clause by clause.

    `custom` holds a controller to its own parameters. Exit code 0: no finding failed.
    """
    console = Console()
    changes = load_parameters(config, param or [])
    wanted = catalogue.profile(profile, changes)
    span = (start, end) if day else None
    if listing:
        for procedure in procedures(wanted, span):
            console.print(f"{procedure.name:16} {procedure.duration_s:7.0f} s  {procedure.title}", highlight=False)
        return
    columns = (TextColumn("{task.description:<52}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("type test", total=1.0)

        def watch(position: int, count: int, title: str, share: float) -> None:
            progress.update(task, description=title, completed=(position + min(share, 1.0)) / count)

        test = run(wanted, changes, only, firmware, span, watch)
        progress.update(task, description="type test", completed=1.0)
    _print(console, test)
    found = files.as_dict(test)
    write_json(found, out / "typetest.json")
    if json_file is not None:
        write_json(found, json_file)
    files.write_junit(test, out / "typetest.xml")
    page.write_page(test, out / "typetest.html")
    console.print(f"report: {out / 'typetest.html'}", highlight=False)
    if not test.ok:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _print(console: Console, test: TypeTest) -> None:
    table = Table(title=f"Type test: {test.profile.title}", title_justify="left")
    for name in ("verdict", "clause", "what", "stimulus"):
        table.add_column(name)
    table.add_column("band", justify="right")
    table.add_column("measured", justify="right")
    for finding in test.findings:
        colour = _COLOURS[finding.verdict]
        measured = "–" if finding.measured is None else f"{number(finding.measured)} {finding.unit}"
        verdict = f"[{colour}]{finding.verdict}[/]"
        table.add_row(verdict, finding.clause, finding.what, finding.stimulus, finding.band, measured)
    console.print(table)
    console.print(f"[bold]{test.profile.title}[/]: {test.statement()}", highlight=False)
