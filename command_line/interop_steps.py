"""`gridkeel interop steps`: what a frequency step waits for while the controller is busy with vehicles."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.options import JsonFile, Quiet
from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.files import check_writable, write_atomic

if TYPE_CHECKING:
    from hil.interop.steps import Run
    from host_tools.screen import Screen


def command(
    count: Annotated[int, typer.Option(min=1, max=200, help="Steps under each load.")] = 20,
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Step the frequency while a vehicle charges and others keep the controller busy with TLS and contracts.

    Needs root and iproute2. The figures are of this machine's clock. Exit code 1: a step was not answered, or the
    95th percentile under a load is over the limit on a machine that keeps it without.
    """
    from command_line.progress import watching
    from gridkeel import VERSION
    from hil.interop import steps_verdict
    from hil.interop.steps import LIMIT_MS, run
    from host_tools.screen import Screen

    check_writable(json_file)
    screen = Screen(quiet, json_file)
    begun_s = time.monotonic()
    with watching(screen, "laying the cable", lines=True) as say:
        runs = run(count, say)
    took_s = time.monotonic() - begun_s
    verdicts = steps_verdict.verdicts(runs)
    if json_file:
        rows = [each.document() | {"verdict": verdicts[each.load]} for each in runs]
        document = {"gridkeel": VERSION, "took_s": took_s, "limit_ms": LIMIT_MS, "runs": rows}
        write_atomic(json_file, json.dumps(document, indent=1) + "\n")
    if not show(screen, runs, verdicts, took_s):
        raise typer.Exit(EXIT_CHECK_FAILED)


def show(screen: Screen, runs: list[Run], verdicts: dict[str, str], took_s: float) -> bool:
    """Print the table and the verdict; return whether no load failed."""
    from rich.table import Table

    from hil.interop.steps import LIMIT_MS
    from hil.interop.steps_verdict import NOT_JUDGED, OK

    colours = {OK: "green", NOT_JUDGED: "yellow"}
    title = f"Step of 0.1 Hz to 90 % of the answer on the wire, in real time; limit {LIMIT_MS:g} ms"
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
            f"[{colours.get(verdict, 'red')}]{verdict}[/]",
        )
    screen.table(table)
    words = list(verdicts.values())
    if NOT_JUDGED in words:
        screen.say(
            f"not judged: alone, too, 5 % of the steps took over {LIMIT_MS:g} ms, so this machine is too busy to judge;"
            " the bench's contract-step judges in virtual time"
        )
    ok = set(words) <= {OK, NOT_JUDGED}
    said = f"{words.count(OK)} of {len(words)} loads within the limit, {words.count(NOT_JUDGED)} not judged"
    screen.verdict(ok, f"{said}, {took_s:.0f} s")
    return ok
