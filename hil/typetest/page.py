"""The type test as one HTML page: statement, every finding, a drawing of every procedure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from hil.report import plots
from hil.report.document import data_links, document, figure, table, verdict
from hil.report.series import write_series
from hil.report.text import number
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS, Finding
from hil.typetest.runner import Done, TypeTest
from host_tools.files import write_atomic

FOOTER = (
    "Power is positive into the vehicle. Bands hold the measurement accuracy of IEEE 1547-2018 Table 3 times 1.5."
    " Open: measured inside the band, but no public source confirms the figure behind it. House limit: this project's"
    " own, tighter than the source's. The bench is the virtual board in virtual time."
)
_MARKS = {
    PASS: '<td class="r pass">✔ pass</td>',
    FAIL: '<td class="r fail">✘ FAIL</td>',
    OPEN: '<td class="r m">○ open</td>',
    NOT_OFFERED: '<td class="r m">– not offered</td>',
}
_HEAD = (
    '<tr><th></th><th>clause</th><th>what</th><th>stimulus</th><th class="n">band</th><th class="n">measured</th></tr>'
)


def write_page(test: TypeTest, path: Path) -> None:
    """Write the report, whole or not at all, and the time series of each procedure next to it."""
    body = [_top(test), _setup(test)]
    for k, one in enumerate(test.done, start=1):
        series = write_series(one.record, path.parent) if one.record else []
        body.append(_section(one, f"p{k}", series))
    write_atomic(path, document(f"Type test: {test.profile.title}", body, FOOTER))


def _top(test: TypeTest) -> str:
    profile = test.profile
    rows = []
    for k, one in enumerate(test.done, start=1):
        worst = next((each for each in (FAIL, NOT_OFFERED, OPEN) if _has(one, each)), PASS)
        link = f'<a href="#p{k}">{escape(one.title)}</a>'
        rows.append(f'<tr>{_MARKS[worst]}<td>{link}</td><td class="n">{len(one.findings)}</td></tr>')
    head = '<tr><th></th><th>procedure</th><th class="n">findings</th></tr>'
    return (
        f'<header class="head"><div><h1>Type test: {escape(profile.title)}</h1>'
        f'<p class="sub">{escape(profile.source)}; {escape(test.started_utc)}</p></div>'
        f"{verdict(test.ok, test.statement())}</header>"
        f'<section class="card"><h2>Procedures</h2>{table("checks", head, rows)}</section>'
    )


def _has(one: Done, wanted: str) -> bool:
    return any(finding.verdict == wanted for finding in one.findings)


def _setup(test: TypeTest) -> str:
    rows = [("rating", f"{test.profile.rating_w:.0f} W"), ("figures not confirmed", _open(test))]
    rows += [(name, str(value)) for name, value in test.parameters.items()]
    rows += [(f"inverter: {name}", f"{value:g}") for name, value in test.profile.inverter.items()]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<section class="card"><h2>Controller under test</h2><dl>{cells}</dl></section>'


def _open(test: TypeTest) -> str:
    return ", ".join(sorted(test.profile.open)).replace("_", "-") or "none"


def _section(one: Done, name: str, series: Sequence[Path]) -> str:
    failed = sum(finding.verdict == FAIL for finding in one.findings)
    words = f"{len(one.findings) - failed} of {len(one.findings)} findings"
    rows = _table_rows(one.findings)
    set_for_it = ""
    if one.procedure and one.procedure.parameters:
        set_for_it = ", ".join(f"{key} = {value}" for key, value in one.procedure.parameters.items())
        set_for_it = f'<p class="sub">set for this procedure: {escape(set_for_it)}</p>'
    return (
        f'<section class="card run" id="{name}"><div class="head"><div><h2>{escape(one.title)}</h2>{set_for_it}</div>'
        f"{verdict(not failed, words)}</div>{table('checks', _HEAD, rows)}{_drawing(one, name)}"
        f"{data_links(series)}</section>"
    )


def _table_rows(findings: Sequence[Finding]) -> list[str]:
    rows = []
    for finding in findings:
        opening = '<tr class="failed">' if finding.verdict == FAIL else "<tr>"
        measured = "–" if finding.measured is None else f"{number(finding.measured)} {finding.unit}"
        what = escape(finding.what + (" (project limit)" if finding.house else ""))
        rows.append(
            f"{opening}{_MARKS[finding.verdict]}<td>{escape(finding.clause)}</td><td>{what}</td>"
            f'<td class="m">{escape(finding.stimulus)}</td><td class="n">{escape(finding.band)} {finding.unit}</td>'
            f'<td class="n">{escape(measured)}</td></tr>'
        )
    return rows


def _drawing(one: Done, name: str) -> str:
    if one.record is None:
        return ""
    record = replace(one.record, focus_s=one.record.span_s())
    drawing = plots.closer_look(record, name)
    return figure(drawing, "Record") if drawing else ""
