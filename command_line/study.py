"""`gridkeel study`: what many controllers do to one grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.command import Command, group
from command_line.options import Config, JsonFile, Quiet
from host_tools.errors import ToolError
from host_tools.files import check_folder, check_writable

if TYPE_CHECKING:
    from host_tools.screen import Screen
    from studies.fleet.study import Study

app = group(help="Studies of many controllers on one grid.", no_args_is_help=True)
DEFAULT_CHARGERS = "10,1000,100000,1000000"
QUARTERS = 4


@app.callback()
def _root() -> None:
    """Keep `fleet` a command of its own."""


@app.command(cls=Command)
def fleet(
    chargers: Annotated[
        str, typer.Option(metavar="N[,N]...", help="How many chargers, up to 1000000 each.")
    ] = DEFAULT_CHARGERS,
    seconds: Annotated[float, typer.Option(help="Time after the event, s.")] = 30.0,
    part: Annotated[list[str] | None, typer.Option(help="Only this part of those above; may be repeated.")] = None,
    config: Config = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a parameter of every charger, over what its case sets."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for fleet.html, fleet.json and the time series, fleet-PART.csv.")
    ] = Path("out"),
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Put chargers on a 30 GW grid and see what they do to its frequency.

    loss: a power station is lost, with more and more chargers; swing: a load swings; trip, return: at one instant or
    staggered; reserve: FCR, fast reserve, both; regulation: a centre brings the frequency back; event: load shed at
    one instant or spread; plan: a price falls.  Every charger is computed by the firmware's own rules, over arrays; a
    million of them take some minutes.
    """
    from hil.config import load_parameters
    from hil.report.files import write_json
    from host_tools.screen import Screen
    from studies.fleet import page
    from studies.fleet.scenes import PARTS

    screen = Screen(quiet, json_file)
    changes = load_parameters(config, param or [])
    check_writable(json_file)
    check_folder(out)
    study = _run(screen, _numbers(chargers), seconds, part or list(PARTS), changes)
    _print(screen, study)
    figures = {"seconds": seconds, "grid": vars(study.grid), **study.figures()}
    write_json(figures, out / "fleet.json")
    if json_file is not None:
        write_json(figures, json_file)
    page.write_page(study, out / "fleet.html")
    screen.result(f"{sum(map(len, study.parts.values()))} runs; {out / 'fleet.html'}")


def _run(screen: Screen, chargers: list[int], seconds: float, parts: Sequence[str], changes: dict[str, int]) -> Study:
    from studies.fleet.study import run

    with screen.progress() as progress:
        task = progress.add_task("fleet study", total=1.0)
        lines = Lines(screen)

        def watch(position: int, count: int, words: str, share: float) -> None:
            progress.update(task, description=words, completed=(position + share) / count)
            lines.reached(f"run {position + 1} of {count}, {words}", share)

        study = run(chargers, seconds, parts, changes, watch)
        progress.update(task, description="fleet study", completed=1.0)
    return study


class Lines:
    """Progress for what is no terminal: a line where a run begins, and one every quarter of it."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = ("", -1)

    def reached(self, words: str, share: float) -> None:
        """Report a run and the share of it that is done, where that has changed."""
        now = (words, int(min(share, 1.0) * QUARTERS))
        if not self._screen.console.is_terminal and now != self._last:
            self._screen.say(f"{words}: {now[1] * 100 // QUARTERS} %")
        self._last = now


def _numbers(text: str) -> list[int]:
    try:
        return [int(word.replace("_", "")) for word in text.split(",")]
    except ValueError:
        raise ToolError(f"--chargers {text}: give whole numbers, for example --chargers 10,1000") from None


def _print(screen: Screen, study: Study) -> None:
    from rich.table import Table

    from hil.report.text import label_and_unit
    from studies.fleet import page

    for name, outcomes in study.parts.items():
        table = Table("case", title=page.TITLES[name], title_justify="left")
        for heading in ("chargers", "computed"):
            table.add_column(heading, justify="right")
        for column in page.COLUMNS[name]:
            label, unit = label_and_unit(column)
            table.add_column(f"{label} {unit}".strip(), justify="right")
        for one in outcomes:
            values = [page.shown(one, column) for column in page.COLUMNS[name]]
            table.add_row(one.case.name, f"{one.chargers:,}", f"{one.simulated:,}", *values)
        screen.table(table)
