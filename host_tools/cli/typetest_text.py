"""What `gridkeel typetest` prints: profiles, procedures, findings, a summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from hil.report.text import number
from hil.typetest import catalogue
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS
from hil.typetest.plan import procedures
from hil.typetest.procedure import Procedure
from hil.typetest.runner import TypeTest

_COLOURS = {PASS: "green", FAIL: "red", OPEN: "yellow", NOT_OFFERED: "dim"}


def profiles(console: Console) -> None:
    """Print every profile with what it holds and how long it is played."""
    for name in catalogue.NAMES:
        profile = catalogue.profile(name)
        found = procedures(profile)
        seconds = sum(procedure.duration_s for procedure in found)
        words = f"{name:22} {len(found):3} procedures {seconds:6.0f} s  {profile.title}"
        console.print(words, highlight=False, soft_wrap=True)


def plan(console: Console, found: Sequence[Procedure]) -> None:
    """Print the procedures of a profile."""
    for procedure in found:
        console.print(
            f"{procedure.name:20} {procedure.duration_s:7.0f} s  {procedure.title}", highlight=False, soft_wrap=True
        )


def findings(console: Console, test: TypeTest) -> None:
    """Print every finding and the statement."""
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


def summary(console: Console, tests: Sequence[TypeTest]) -> None:
    """Print one row a profile."""
    table = Table(title="Type tests", title_justify="left")
    table.add_column("profile")
    for name in ("findings", PASS, OPEN, FAIL, NOT_OFFERED, "played\ns", "took\ns"):
        table.add_column(name, justify="right")
    for test in tests:
        counts = [str(test.count(verdict)) for verdict in (PASS, OPEN, FAIL, NOT_OFFERED)]
        times = [f"{test.played_s:.0f}", f"{test.took_s:.0f}"]
        table.add_row(test.profile.name, str(len(test.findings)), *counts, *times)
    console.print(table)
