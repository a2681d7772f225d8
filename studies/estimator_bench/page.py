"""The estimator's report: every clause with its plots and its tests, and every point as CSV beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from hil.report.document import Tile, document, figure, table, tiles, verdict
from hil.report.files import write_csv
from hil.report.text import number
from host_tools.files import write_atomic
from studies.estimator_bench import drawing
from studies.estimator_bench.clauses import Clause, grouped
from studies.estimator_bench.cost import Cost
from studies.estimator_bench.verdict import Row

FOOTER = (
    "Paths: short and long are the estimator's two windows, report f0/2 and f0/5 the filtered reports, edges and edges"
    " long the zero-crossing front end. Errors are the largest of a test's points, past the settling of the windows."
    " Dashed: the limit. Class P and M: limits of IEC/IEEE 60255-118-1 for the short and the long window; own: limits"
    " of this project. Every point is in estimator.csv beside this page."
)
_HEAD = (
    '<tr><th></th><th>test</th><th>path</th><th>class</th><th class="n">f0, Hz</th><th class="n">samples/s</th>'
    '<th class="n">FE / limit, mHz</th><th class="n">RFE / limit, mHz/s</th><th class="n">response / limit, ms</th>'
    '<th class="n">noise / bound</th><th>worst at</th></tr>'
)
_COLUMNS = (
    "clause", "test", "path", "class", "nominal_hz", "sample_hz", "point", "fe_mhz", "fe_limit_mhz", "rfe_mhz_s",
    "rfe_limit_mhz_s", "response_ms", "rfe_response_ms",
)  # fmt: skip


def write(rows: Sequence[Row], costs: Sequence[Cost], out: Path) -> None:
    """Write estimator.html and estimator.csv.  Errors: MissingError where they cannot be written."""
    groups = grouped(rows)
    body = [_top(rows), _overview(rows, costs)]
    body += [_section(clause, members, f"c{k}") for k, (clause, members) in enumerate(groups)]
    write_atomic(out / "estimator.html", document("Frequency estimator", body, FOOTER))
    write_csv(out / "estimator.csv", _COLUMNS, _points(groups))


def _top(rows: Sequence[Row]) -> str:
    failed = sum(not row.ok for row in rows)
    words = f"{failed} of {len(rows)} tests failed" if failed else f"{len(rows)} tests held"
    waves = sum(row.points for row in rows)
    return (
        '<header class="head"><div><h1>Frequency estimator</h1><p class="sub">IEC/IEEE 60255-118-1 and rougher mains;'
        f" {len(rows)} tests, {waves} waves</p></div>{verdict(not failed, words)}</header>"
    )


def _overview(rows: Sequence[Row], costs: Sequence[Cost]) -> str:
    judged = [row for row in rows if row.held]
    closest = max(judged, key=drawing.share)
    share = f"{100 * drawing.share(closest):.1f}"
    steady = number(max(row.fe_mhz for row in rows if row.test.startswith("steady")))
    shown = [
        Tile(share, "% of its limit", f"the closest test: {closest.test}, {closest.path}"),
        Tile(steady, "mHz", "largest frequency error at a steady frequency"),
    ]
    shown += [Tile(f"{cost.ns_per_sample:.0f}", "ns", f"computing time of a sample, {cost.where}") for cost in costs]
    drawn = figure(drawing.shares(rows, "share"), "How much of each limit was used", "")
    return f'<section class="card">{tiles(shown)}{drawn}</section>'


def _section(clause: Clause, rows: Sequence[Row], name: str) -> str:
    held = sum(row.ok for row in rows)
    source = "IEC/IEEE 60255-118-1" if clause.standard else "this project's own tests"
    head = (
        f'<div class="head"><div><h2>{escape(clause.title)}</h2><p class="sub">{escape(clause.meaning)} {source}.</p>'
        f"</div>{verdict(held == len(rows), f'{held} of {len(rows)} tests')}</div>"
    )
    drawn = figure(drawing.of_clause(clause, rows, name), "Error against the test's points", "")
    shown = table("checks", _HEAD, [_row(row) for row in rows])
    return f'<section class="card run" id="{name}">{head}{drawn}{shown}</section>'


def _row(row: Row) -> str:
    mark = '<td class="r pass">✔</td>' if row.ok else '<td class="r fail">✘</td>'
    response = _beside(row.response_ms, row.response_limit_ms, 1)
    if row.rfe_response_ms is not None:
        response += f"; ROCOF {_beside(row.rfe_response_ms, row.rfe_response_limit_ms, 1)}"
    figures = (
        f"{row.nominal_hz}",
        f"{row.sample_hz}",
        _beside(row.fe_mhz, row.fe_limit_mhz, 2),
        _beside(row.rfe_mhz_s, row.rfe_limit_mhz_s, 0),
        response,
        _beside(row.bound_ratio, row.bound_limit, 2),
    )
    cells = "".join(f'<td class="n">{escape(text)}</td>' for text in figures)
    opening = "<tr>" if row.ok else '<tr class="failed">'
    note = f'<br><span class="m">{escape(row.note)}</span>' if row.note else ""
    return (
        f"{opening}{mark}<td>{escape(row.test)}{note}</td><td>{escape(row.path)}</td><td>{escape(row.cls)}</td>{cells}"
        f'<td class="m">{escape(row.worst)}</td></tr>'
    )


def _beside(value: float | None, limit: float | None, digits: int) -> str:
    if value is None:
        return ""
    return f"{value:,.{digits}f}" + ("" if limit is None else f" / {limit:,g}")


def _points(groups: Sequence[tuple[Clause, list[Row]]]) -> list[list[object]]:
    return [
        [
            clause.title,
            row.test,
            row.path,
            row.cls,
            row.nominal_hz,
            row.sample_hz,
            detail.point,
            *list(vars(detail).values())[1:],
        ]
        for clause, rows in groups
        for row in rows
        for detail in row.details
    ]
