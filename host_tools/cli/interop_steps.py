"""`gridkeel interop steps`: what a frequency step waits for while the controller is busy with cars."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gridkeel import VERSION
from hil.interop import steps_verdict
from hil.interop.steps import LIMIT_MS, Run, run
from host_tools.cli.progress import watching
from host_tools.errors import EXIT_CHECK_FAILED

COLOURS = {steps_verdict.OK: "green", steps_verdict.NOT_JUDGED: "yellow"}


def command(
    count: Annotated[int, typer.Option(min=1, max=200, help="Steps under each load.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the table.")] = False,
) -> None:
    """Step the frequency while a car charges and others keep the controller busy with TLS and contracts.

    Needs root and iproute2. The figures are of this machine's clock. Exit code 1: a step was not answered, or the
    95th percentile under a load is over the limit on a machine that keeps it without.
    """
    console = Console()
    begun_s = time.monotonic()
    with watching(console, quiet, "laying the cable", lines=True) as say:
        runs = run(count, say)
    took_s = time.monotonic() - begun_s
    verdicts = steps_verdict.verdicts(runs)
    show(console, runs, verdicts, took_s)
    if json_file:
        rows = [each.document() | {"verdict": verdicts[each.load]} for each in runs]
        document = {"gridkeel": VERSION, "took_s": took_s, "limit_ms": LIMIT_MS, "runs": rows}
        json_file.write_text(json.dumps(document, indent=1) + "\n")
    if not set(verdicts.values()) <= {steps_verdict.OK, steps_verdict.NOT_JUDGED}:
        raise typer.Exit(EXIT_CHECK_FAILED)


def show(console: Console, runs: list[Run], verdicts: dict[str, str], took_s: float) -> None:
    """Print the table."""
    title = f"Step of 0.1 Hz to 90 % of the answer on the wire, in real time; limit {LIMIT_MS:g} ms; {took_s:.0f} s"
    table = Table(title=title, title_justify="left")
    for heading in ("meanwhile", "done", "answered", "in one", "median", "95 %", "worst", "loop gap", "verdict"):
        table.add_column(heading, justify="left" if heading in ("meanwhile", "verdict") else "right")
    for each in runs:
        figures = [f"{each.delay_ms(percent):.1f} ms" for percent in (50, 95, 100)]
        verdict = verdicts[each.load]
        table.add_row(
            each.load,
            str(len(each.spans)),
            f"{len(each.answers)} of {each.steps}",
            str(len(each.hit)),
            *figures,
            f"{each.gap_ms:.1f} ms",
            f"[{COLOURS.get(verdict, 'red')}]{verdict}[/]",
        )
    console.print(table)
    if steps_verdict.NOT_JUDGED in verdicts.values():
        console.print(
            f"not judged: alone, too, 5 % of the steps took over {LIMIT_MS:g} ms, so this machine is too busy to tell;"
            " the bench's contract-step judges in virtual time",
            highlight=False,
        )
