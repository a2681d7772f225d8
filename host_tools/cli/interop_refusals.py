"""`gridkeel interop refusals`: everything a car must not do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hil.interop import silence_run
from hil.interop.refusals import TABLE, Refusal
from hil.interop.refuse_all import Row, refuse_all
from host_tools.cli.progress import watching
from host_tools.errors import EXIT_CHECK_FAILED, ToolError


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
    chosen = _chosen(names)
    with watching(console, quiet, "laying the cable") as say:
        rows = refuse_all(chosen, say)
        if silence and not names:
            rows += silence_run.rows(say)
    console.print(_table(rows))
    if json_file:
        json_file.write_text(json.dumps([asdict(row) | {"ok": row.ok} for row in rows], indent=1) + "\n")
    if not all(row.ok for row in rows):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _chosen(names: list[str] | None) -> list[Refusal]:
    known = {refusal.name: refusal for refusal in TABLE}
    for name in names or []:
        if name not in known:
            raise ToolError(f"no refusal {name!r}; there are: {', '.join(known)}")
    return [known[name] for name in names] if names else list(TABLE)


def _table(rows: list[Row]) -> Table:
    title = f"Refusals: {sum(row.ok for row in rows)} of {len(rows)} as they should be"
    table = Table(title=title, title_justify="left")
    for heading in ("", "what the car does", "answer", "log", "contactor", "next car"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        mark = "[green]ok[/]" if row.ok else "[red]FAIL[/]"
        answer = row.code or "connection ended"
        if row.code != row.wanted:
            answer += f" (not {row.wanted or 'the end of the connection'})"
        table.add_row(mark, row.name, answer, row.entry or "nothing", row.contactor, row.next_car)
    return table
