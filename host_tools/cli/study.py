"""`gridkeel study`: what many controllers do to one grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hil.config import load_parameters
from hil.fleet import page
from hil.fleet.scenes import PARTS
from hil.fleet.study import Study, run
from hil.report.files import write_json
from hil.report.text import label_and_unit, number
from host_tools.errors import ToolError

app = typer.Typer(help="Studies of many controllers on one grid.", no_args_is_help=True)
DEFAULT_CHARGERS = "10,1000,100000,1000000"
QUARTERS = 4


@app.callback()
def _root() -> None:
    """Keep `fleet` a command of its own."""


@app.command()
def fleet(
    chargers: Annotated[
        str, typer.Option(metavar="N[,N]...", help="How many chargers, up to 1000000 each.")
    ] = DEFAULT_CHARGERS,
    seconds: Annotated[float, typer.Option(help="Time after the event, s.")] = 30.0,
    part: Annotated[list[str] | None, typer.Option(help=f"Only these parts: {', '.join(PARTS)}.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with a [parameters] table.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a parameter of every charger, over what its case sets."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for fleet.html and fleet.json.")] = Path("out"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the tables.")] = False,
) -> None:
    """Put chargers on a 30 GW grid and see what they do to its frequency.

    loss: a power station is lost, with more and more chargers; swing: a load swings; trip, return: at one instant or
    staggered; reserve: FCR, fast reserve, both; regulation: a centre brings the frequency back; event: load shed at
    one instant or spread; plan: a price falls.  Every charger is computed by the firmware's own rules, over arrays; a
    million of them take some minutes.
    """
    console = Console()
    changes = load_parameters(config, param or [])
    study = _run(console, quiet, _numbers(chargers), seconds, part or PARTS, changes)
    _print(console, study)
    figures = {"seconds": seconds, "grid": vars(study.grid), **study.figures()}
    write_json(figures, out / "fleet.json")
    if json_file is not None:
        write_json(figures, json_file)
    page.write_page(study, out / "fleet.html")
    console.print(f"report: {out / 'fleet.html'}", highlight=False)


def _run(
    console: Console, quiet: bool, chargers: list[int], seconds: float, parts: Sequence[str], changes: dict[str, int]
) -> Study:
    columns = (TextColumn("{task.description:<36}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("fleet study", total=1.0)
        lines = Lines(console, quiet or console.is_terminal)

        def watch(position: int, count: int, words: str, share: float) -> None:
            progress.update(task, description=words, completed=(position + share) / count)
            lines.reached(f"run {position + 1} of {count}, {words}", share)

        study = run(chargers, seconds, parts, changes, watch)
        progress.update(task, description="fleet study", completed=1.0)
    return study


class Lines:
    """Progress for what is no terminal: a line where a run begins, and one every quarter of it."""

    def __init__(self, console: Console, silent: bool) -> None:
        self._console = console
        self._silent = silent
        self._last = ("", -1)

    def reached(self, words: str, share: float) -> None:
        """Tell of a run and the share of it that is done, where that is news."""
        now = (words, int(min(share, 1.0) * QUARTERS))
        if not self._silent and now != self._last:
            self._console.print(f"{words}: {now[1] * 100 // QUARTERS} %", highlight=False, soft_wrap=True)
        self._last = now


def _numbers(text: str) -> list[int]:
    try:
        return [int(word.replace("_", "")) for word in text.split(",")]
    except ValueError:
        raise ToolError(f"--chargers {text}: give whole numbers, for example --chargers 10,1000") from None


def _print(console: Console, study: Study) -> None:
    for name, outcomes in study.parts.items():
        table = Table(title=page.TITLES[name], title_justify="left")
        table.add_column("case")
        table.add_column("chargers", justify="right")
        table.add_column("computed", justify="right")
        for column in page.COLUMNS[name]:
            label, unit = label_and_unit(column)
            table.add_column(f"{label}\n{unit}", justify="right")
        for one in outcomes:
            values = [number(one.figures.get(column, float("nan"))) for column in page.COLUMNS[name]]
            table.add_row(one.case.name, f"{one.chargers:,}", f"{one.simulated:,}", *values)
        console.print(table)
