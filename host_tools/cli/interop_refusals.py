"""`gridkeel interop refusals`: everything a car must not do."""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gridkeel import VERSION
from hil.interop import refusals, silence_run
from hil.interop.endings import Row
from hil.interop.refuse_all import refuse_all
from host_tools.cli.progress import watching
from host_tools.errors import EXIT_CHECK_FAILED


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Which of the table; all without.")
    ] = None,
    silence: Annotated[
        bool, typer.Option(help="With all of the table: cars that fall silent in every state too, in virtual time.")
    ] = True,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the table to this file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the table.")] = False,
) -> None:
    """Do everything a car must not do, and see that each is refused, told, and over: the next car charges.

    Needs root and iproute2. Exit code 0: every refusal was as the standard has it.
    """
    console = Console()
    chosen = refusals.choose(names)
    begun_s = time.monotonic()
    with watching(console, quiet, "laying the cable", lines=True) as say, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this car speaks TLS 1.0 on purpose
        rows = refuse_all(chosen, say)
        if silence and not names:
            rows += silence_run.rows(say)
    took_s = time.monotonic() - begun_s
    show(console, rows, took_s)
    if json_file:
        document = {"gridkeel": VERSION, "took_s": took_s, "refusals": [row.document() for row in rows]}
        json_file.write_text(json.dumps(document, indent=1) + "\n")
    if not all(row.ok for row in rows):
        raise typer.Exit(EXIT_CHECK_FAILED)


def show(console: Console, rows: list[Row], took_s: float) -> None:
    """Print the table; a column for each of the four endings."""
    title = f"Refusals: {sum(row.ok for row in rows)} of {len(rows)} as they should be, in {took_s:.0f} s"
    table = Table(title=title, title_justify="left")
    for heading in ("what the car does", "answer", "contactor at the plant", "log on the link", "next car", "took"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "took" else "left")
    for row in rows:
        cells = {
            "answer": _answer(row),
            "contactor": str(row.contactor),
            "log": row.entry or "nothing",
            "next car": row.next_car,
        }
        coloured = [f"[{'green' if row.endings[key] else 'red'}]{text}[/]" for key, text in cells.items()]
        table.add_row(row.name, *coloured, f"{row.took_s:.1f} s")
    console.print(table)
    for row in rows:
        if not row.ok:
            wrong = ", ".join(key for key, sound in row.endings.items() if not sound)
            console.print(f"[red]not as it should be[/]: {row.name}: {wrong}", highlight=False)


def _answer(row: Row) -> str:
    answer = row.code or "connection ended"
    if row.endings["answer"]:
        return answer
    return f"{answer}, not {row.wanted or 'the end of the connection'}"
