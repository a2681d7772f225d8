"""The tables of `gridkeel typetest`: profiles, procedures, findings, a summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from hil.report.text import number
from hil.typetest import catalogue
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS
from hil.typetest.plan import procedures
from hil.typetest.procedure import Procedure
from hil.typetest.runner import TypeTest

_COLOURS = {PASS: "green", FAIL: "red", OPEN: "yellow", NOT_OFFERED: "dim"}


def profiles() -> Table:
    """Return every profile with what it holds and how long it is played."""
    table = Table("profile", title="Profiles", title_justify="left")
    for name in ("procedures", "s"):
        table.add_column(name, justify="right")
    table.add_column("title")
    for name in catalogue.NAMES:
        profile = catalogue.profile(name)
        found = procedures(profile)
        seconds = sum(procedure.duration_s for procedure in found)
        table.add_row(name, str(len(found)), f"{seconds:.0f}", escape(profile.title))
    return table


def plan(found: Sequence[Procedure]) -> Table:
    """Return the procedures of a profile."""
    table = Table("procedure", title="Procedures", title_justify="left")
    table.add_column("s", justify="right")
    table.add_column("title")
    for procedure in found:
        table.add_row(procedure.name, f"{procedure.duration_s:.0f}", escape(procedure.title))
    return table


def findings(test: TypeTest) -> Table:
    """Return every finding."""
    table = Table(title=escape(f"Type test: {test.profile.title}"), title_justify="left")
    for name in ("verdict", "clause", "what", "stimulus"):
        table.add_column(name)
    table.add_column("band", justify="right")
    table.add_column("measured", justify="right")
    for finding in test.findings:
        colour = _COLOURS[finding.verdict]
        measured = "–" if finding.measured is None else f"{number(finding.measured)} {finding.unit}"
        verdict = f"[{colour}]{finding.verdict}[/]"
        words = (finding.clause, finding.what, finding.stimulus, finding.band, measured)
        table.add_row(verdict, *map(escape, words))
    return table


def summary(tests: Sequence[TypeTest]) -> Table:
    """Return one row a profile."""
    table = Table(title="Type tests", title_justify="left")
    table.add_column("profile")
    for name in ("findings", PASS, OPEN, FAIL, NOT_OFFERED, "played\ns", "took\ns"):
        table.add_column(name, justify="right")
    for test in tests:
        counts = [str(test.count(verdict)) for verdict in (PASS, OPEN, FAIL, NOT_OFFERED)]
        times = [f"{test.played_s:.0f}", f"{test.took_s:.0f}"]
        table.add_row(test.profile.name, str(len(test.findings)), *counts, *times)
    return table
