"""The HTML page: verdict and all checks on top, then a section for each scenario. One file, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from hil.report import plots
from hil.report.document import data_links, document, figure, table, tiles, verdict
from hil.report.meanings import tile
from hil.report.record import Check, RunRecord
from hil.report.text import moment, number
from host_tools.files import write_atomic

FOOTER = "Power is positive into the vehicle. Times are the run's virtual time. Grey shading: no mains to measure."


def write_html(
    records: RunRecord | Sequence[RunRecord],
    path: Path | str,
    title: str = "Gridkeel bench",
    series: Mapping[str, Sequence[Path]] | None = None,
) -> None:
    """Write one page for one run or for many.  series: by scenario, the data files next to the page."""
    write_atomic(path, render([records] if isinstance(records, RunRecord) else records, title, series))


def render(records: Sequence[RunRecord], title: str, series: Mapping[str, Sequence[Path]] | None = None) -> str:
    """Return the page's text."""
    body = [_top(records, title)]
    found = series or {}
    body += [
        _run(record, f"run{position}", found.get(record.scenario, ()))
        for position, record in enumerate(records, start=1)
    ]
    return document(title, body, FOOTER)


def _top(records: Sequence[RunRecord], title: str) -> str:
    checks = [check for record in records for check in record.checks]
    failed = sum(not check.ok for check in checks)
    ok = bool(records) and all(record.ok for record in records)
    started = min((record.started_utc for record in records), default="")
    words = f"{len(checks)} checks passed" if ok else f"{failed} of {len(checks)} checks failed"
    if not ok and not failed:
        words = "not everything was checked"
    return (
        f'<header class="head"><div><h1>{escape(title)}</h1>'
        f'<p class="sub">{_scenarios(len(records))}, {escape(started)}</p></div>{verdict(ok, words)}</header>\n'
        f'<section class="card"><h2>Checks</h2>{_checks(records)}</section>'
    )


def _scenarios(count: int) -> str:
    return "1 scenario" if count == 1 else f"{count} scenarios"


def _checks(records: Sequence[RunRecord]) -> str:
    rows = []
    for position, record in enumerate(records, start=1):
        if len(records) > 1:
            mark = '<span class="pass">✔</span>' if record.ok else '<span class="fail">✘</span>'
            link = f'<a href="#run{position}">{escape(record.title)}</a>'
            rows.append(f'<tr class="group"><td>{mark}</td><td colspan="4">{link}</td></tr>')
        rows += [_check(check) for check in record.checks]
        if not record.checks:
            rows.append('<tr class="failed"><td class="r fail">✘</td><td colspan="4">nothing was checked</td></tr>')
    head = '<tr><th></th><th>check</th><th class="n">measured</th><th class="n">limit</th><th>what it means</th></tr>'
    return table("checks", head, rows)


def _check(check: Check) -> str:
    result = '<td class="r pass">✔ pass</td>' if check.ok else '<td class="r fail">✘ FAIL</td>'
    measured = f"{number(check.measured)} {check.unit}".strip()
    row = "<tr>" if check.ok else '<tr class="failed">'
    return (
        f"{row}{result}<td>{escape(check.name)}</td>"
        f'<td class="n">{escape(measured)}</td><td class="n">{escape(check.limit)}</td>'
        f'<td class="m">{escape(check.meaning)}</td></tr>'
    )


def _run(record: RunRecord, name: str, series: Sequence[Path]) -> str:
    held = sum(check.ok for check in record.checks)
    words = f"{held} of {len(record.checks)} checks"
    parts = [
        f'<section class="card run" id="{name}"><div class="head"><div><h2>{escape(record.title)}</h2>'
        f'<p class="sub">{escape(record.scenario)}, {escape(record.started_utc)}</p></div>'
        f"{verdict(record.ok, words)}</div>",
        _tiles(record),
        _figure(plots.overview(record, f"{name}a"), "The run", _overview_caption(record)),
        _events(record),
        _figure(plots.closer_look(record, f"{name}b"), "Closer look", ""),
        _pair(record, name),
        _meta(record),
        data_links(series),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _tiles(record: RunRecord) -> str:
    return tiles([tile(name, value) for name, value in record.figures.items()])


def _overview_caption(record: RunRecord) -> str:
    return "Dotted lines are the events listed below." if record.events else ""


def _figure(drawing: str | None, heading: str, caption: str) -> str:
    if drawing is None:
        return ""
    return figure(drawing, heading, caption)


def _pair(record: RunRecord, name: str) -> str:
    cells = [
        _figure(plots.delay(record, f"{name}c"), "Response delay", ""),
        _figure(plots.nadir(record, f"{name}d"), "Frequency with and without the chargers", ""),
        _figure(plots.loop_gap(record, f"{name}e"), "Rhythm of the control loop", ""),
    ]
    cells = [f"<div>{cell}</div>" for cell in cells if cell]
    return f'<div class="pair">{"".join(cells)}</div>' if cells else ""


def _events(record: RunRecord) -> str:
    if not record.events:
        return ""
    rows = [
        f'<tr><td class="n">{position}</td><td class="n">{escape(moment(t_s, record.clock_s))}</td>'
        f"<td>{escape(text)}</td></tr>"
        for position, (t_s, text) in enumerate(record.events[: plots.MAX_EVENTS], start=1)
    ]
    left = len(record.events) - plots.MAX_EVENTS
    if left > 0:
        rows.append(f'<tr><td></td><td></td><td class="m">and {left} more</td></tr>')
    head = '<tr><th class="n">#</th><th class="n">time</th><th>event</th></tr>'
    return table("events", head, rows)


def _meta(record: RunRecord) -> str:
    if not record.meta:
        return ""
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in record.meta.items()
    )
    return f"<h3>Set-up</h3><dl>{rows}</dl>"
