"""`gridkeel study`: what many controllers do to one grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hil.fleet import page
from hil.fleet.study import PARTS, Study, run
from hil.report.files import write_json
from hil.report.text import label_and_unit, number
from host_tools.errors import ToolError

app = typer.Typer(help="Studies of many controllers on one grid.", no_args_is_help=True)
DEFAULT_CHARGERS = "10,1000,100000,1000000"


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
    out: Annotated[Path, typer.Option(help="Folder for fleet.html and fleet.json.")] = Path("out"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the tables.")] = False,
) -> None:
    """Put chargers on a 30 GW grid: lose a power station, swing a load, trip and return at one instant or staggered.

    Every charger is computed by the firmware's own rules, over arrays; a million of them take some minutes.
    """
    console = Console()
    columns = (TextColumn("{task.description:<36}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("fleet study", total=1.0)

        def watch(position: int, count: int, words: str, share: float) -> None:
            progress.update(task, description=words, completed=(position + share) / count)

        study = run(_numbers(chargers), seconds, part or PARTS, watch)
        progress.update(task, description="fleet study", completed=1.0)
    _print(console, study)
    figures = {"seconds": seconds, "grid": vars(study.grid), **study.figures()}
    write_json(figures, out / "fleet.json")
    if json_file is not None:
        write_json(figures, json_file)
    page.write_page(study, out / "fleet.html")
    console.print(f"report: {out / 'fleet.html'}", highlight=False)


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
