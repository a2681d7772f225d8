"""`gridkeel interop refusals`: everything a vehicle must not do."""

from __future__ import annotations

import json
import time
import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.command import refuse
from command_line.options import JsonFile, Quiet
from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.files import check_writable, write_atomic

if TYPE_CHECKING:
    from hil.interop.refusal_row import Row
    from host_tools.screen import Screen


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Refusals by name; all by default.")
    ] = None,
    silence: Annotated[
        bool, typer.Option(help="With all of the table: vehicles that fall silent in every state too, in virtual time.")
    ] = True,
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Do everything a vehicle must not do, and check that each is refused, logged, and over: the next vehicle charges.

    Needs root and iproute2. Exit code 0: every refusal was as the standard has it.
    """
    if names:
        refuse(context, ("silence",), "belongs to the whole table, without a name")
    from command_line.progress import watching
    from gridkeel import VERSION
    from hil.interop import refusals, silence_run
    from hil.interop.refuse_all import refuse_all
    from host_tools.screen import Screen

    chosen = refusals.choose(names)
    check_writable(json_file)
    screen = Screen(quiet, json_file)
    begun_s = time.monotonic()
    with watching(screen, "laying the cable", lines=True) as say, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this vehicle speaks TLS 1.0 on purpose
        rows = refuse_all(chosen, say)
        if silence and not names:
            rows += silence_run.rows(say)
    took_s = time.monotonic() - begun_s
    if json_file:
        document = {"gridkeel": VERSION, "took_s": took_s, "refusals": [row.document() for row in rows]}
        write_atomic(json_file, json.dumps(document, indent=1) + "\n")
    show(screen, rows, took_s)
    if not all(row.ok for row in rows):
        raise typer.Exit(EXIT_CHECK_FAILED)


def show(screen: Screen, rows: list[Row], took_s: float) -> None:
    """Print the table, a column for each of the four endings, and the verdict."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Refusals", title_justify="left")
    for heading in (
        "what the vehicle does",
        "answer",
        "contactor at the plant",
        "log on the link",
        "next vehicle",
        "took",
    ):
        table.add_column(heading, justify="right" if heading == "took" else "left")
    for row in rows:
        cells = {
            "answer": _answer(row),
            "contactor": str(row.contactor),
            "log": row.entry or "nothing",
            "next vehicle": row.next_vehicle,
        }
        coloured = [f"[{'green' if row.endings[key] else 'red'}]{escape(text)}[/]" for key, text in cells.items()]
        table.add_row(escape(row.name), *coloured, f"{row.took_s:.1f} s")
    screen.table(table)
    for row in rows:
        if not row.ok:
            wrong = ", ".join(key for key, sound in row.endings.items() if not sound)
            screen.say(f"not as it should be: {row.name}: {wrong}", "red")
    held = sum(row.ok for row in rows)
    screen.verdict(held == len(rows), f"{held} of {len(rows)} refusals as they should be, {took_s:.0f} s")


def _answer(row: Row) -> str:
    answer = row.code or "connection ended"
    if row.endings["answer"]:
        return answer
    return f"{answer}, not {row.wanted or 'the end of the connection'}"
