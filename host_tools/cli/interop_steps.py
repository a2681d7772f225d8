"""`gridkeel interop steps`: what a frequency step waits for while the controller is busy with cars."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hil.interop.steps import run
from host_tools.cli.progress import watching
from host_tools.errors import EXIT_CHECK_FAILED


def command(
    count: Annotated[int, typer.Option(min=1, max=200, help="Steps under each load.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the table.")] = False,
) -> None:
    """Step the frequency while a car charges and others keep the controller busy with TLS and contracts.

    Needs root and iproute2. The figures are of this machine's clock; exit code 0: every step was answered.
    """
    console = Console()
    with watching(console, quiet, "laying the cable") as say:
        runs = run(count, say)
    table = Table(title="Step of 0.1 Hz to 90 % of the answer on the wire, in real time", title_justify="left")
    for heading in ("meanwhile", "how many", "answered", "median", "worst", "worst loop gap"):
        table.add_column(heading, justify="left" if heading == "meanwhile" else "right")
    for row in runs:
        answered = f"{len(row.delays_ms)} of {count}"
        figures = (f"{row.median_ms:.1f} ms", f"{row.worst_ms:.1f} ms", f"{row.gap_ms:.1f} ms")
        table.add_row(row.load, str(row.done), answered, *figures)
    console.print(table)
    if json_file:
        figures_of = [asdict(row) | {"median_ms": row.median_ms, "worst_ms": row.worst_ms} for row in runs]
        json_file.write_text(json.dumps(figures_of, indent=1) + "\n")
    if any(row.unanswered for row in runs):
        raise typer.Exit(EXIT_CHECK_FAILED)
