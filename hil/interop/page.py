"""The sessions as one HTML page: who answered how fast, and whether the control loop kept its time meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from matplotlib.axes import Axes

from gridkeel.params import Parameters
from hil.interop import parts
from hil.interop.drive import Outcome
from hil.interop.results import GOAL, MessageRow, Results
from hil.report import svg
from hil.report.document import document, figure, table, verdict
from host_tools.files import write_atomic

_WIDTH_IN = 10.4
_ROW_IN = 0.27
_FOOTER = (
    "The vehicle is the EVCC of the package iso15118 at both chargers, in a network namespace of its own."
    " At the vehicle: from the request's hand-over to its socket to the first byte of the answer."
    " On the cable: from the request's last packet at the charger to the answer's first, stamped by the kernel."
)


def write_page(results: Results, path: Path | str) -> None:
    """Write the page, whole or not at all."""
    body = [_top(results), _modes(results), _answers(results), _loop(results)]
    write_atomic(path, document("Sessions with a real vehicle", body, _FOOTER))


def _top(results: Results) -> str:
    ours = [outcome for outcome in results.outcomes if outcome.charger == "gridkeel"]
    good = sum(outcome.ok for outcome in ours)
    words = f"{good} of {len(ours)} sessions to SessionStop with OK"
    heap = ""
    if results.heap:
        used, size = results.heap["used_most"] // 1024, results.heap["size"] // 1024
        heap = f"Heap in use at the peak of a Plug &amp; Charge session: {used} of {size} kB."
    return (
        f'<header class="head"><div><h1>Sessions with a real vehicle</h1><p class="sub">{heap}</p></div>'
        f"{verdict(results.ok, words)}</header>"
    )


def _modes(results: Results) -> str:
    heads = ("sessions with OK", "session, s", "peer's, s", "connecting, ms", "peer's, ms", "worst loop gap, ms")
    head = "<tr><th>mode</th>" + "".join(f'<th class="n">{name}</th>' for name in heads) + "<th></th></tr>"
    rows = []
    for row in results.modes():
        times = (row.session_s, row.peer_session_s, row.connect_ms, row.peer_connect_ms, row.gap_ms)
        cells = _cells([f"{row.ok} of {row.runs}", *map(_shown, times)])
        failed = "" if row.ok == row.runs else ' class="failed"'
        rows.append(f'<tr{failed}><td>{escape(row.mode)}</td>{cells}<td class="m">{escape(row.reason)}</td></tr>')
    return f'<section class="card"><h2>Sessions</h2>{table("modes", head, rows)}</section>'


def _answers(results: Results) -> str:
    vehicle, wire = results.messages(), results.wire()
    drawing = _drawn(lambda axes: _dots(axes, vehicle, wire), len(vehicle), "answers", "Time from request to answer")
    caption = "Dots are medians, a line ends at the worst."
    return (
        f'<section class="card run"><h2>Answers</h2>{figure(drawing, "From request to answer", caption)}'
        f"{_message_table('At the vehicle', vehicle)}{_message_table('On the cable', wire)}"
        f"{_part_table(results)}</section>"
    )


def _message_table(heading: str, rows: Sequence[MessageRow]) -> str:
    heads = ("count", "median, ms", "worst, ms", "peer's median, ms", "ratio")
    head = "<tr><th>request</th>" + "".join(f'<th class="n">{name}</th>' for name in heads) + "</tr>"
    lines = [
        f"<tr><td>{escape(row.request)}</td>"
        + _cells([str(row.count), *map(_shown, (row.median_ms, row.worst_ms, row.peer_ms, row.ratio))])
        + "</tr>"
        for row in rows
    ]
    return f"<h3>{heading}</h3>{table('messages', head, lines)}"


def _part_table(results: Results) -> str:
    head = '<tr><th>answers</th><th class="n">count</th><th class="n">median, ms</th><th class="n">ratio</th></tr>'
    lines = [
        f"<tr><td>{escape(row.what)}</td>{_cells([str(row.count), _shown(row.median_ms), _shown(row.ratio)])}</tr>"
        for row in parts.rows(results.outcomes)
    ]
    return f"<h3>Of these</h3>{table('parts', head, lines)}" if lines else ""


def _cells(texts: Sequence[str]) -> str:
    return "".join(f'<td class="n">{escape(text)}</td>' for text in texts)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def _drawn(draw: Callable[[Axes], None], rows: int, name: str, words: str) -> str:
    with svg.style():
        drawing = svg.new_figure(_WIDTH_IN, 0.9 + _ROW_IN * rows)
        draw(svg.bare(drawing.subplots()))
        return svg.to_svg(drawing, name, words)


def _dots(axes: Axes, vehicle: Sequence[MessageRow], wire: Sequence[MessageRow]) -> None:
    names = [row.request.removesuffix("Req") for row in vehicle]
    for rows, colour, label in ((vehicle, svg.TRUTH, "at the vehicle"), (wire, svg.MEASURED, "on the cable")):
        lines = [names.index(row.request.removesuffix("Req")) for row in rows]
        axes.hlines(lines, [row.median_ms for row in rows], [row.worst_ms for row in rows], color=colour)
        axes.plot([row.median_ms for row in rows], lines, "o", color=colour, label=f"this controller, {label}")
    peer_ms = [float("nan") if row.peer_ms is None else row.peer_ms for row in vehicle]
    axes.plot(peer_ms, range(len(vehicle)), "D", color=svg.REQUESTED, label="the peer's charger, at the vehicle")
    axes.plot(
        [GOAL * ms for ms in peer_ms], range(len(vehicle)), "|", color=svg.ERROR, ms=11, label=f"{GOAL:g} of that"
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("ms")
    _rows(axes, names)


def _loop(results: Results) -> str:
    ours = [outcome for outcome in results.outcomes if outcome.charger == "gridkeel" and outcome.handshake]
    names = list(dict.fromkeys(outcome.mode for outcome in ours))
    drawing = _drawn(lambda axes: _gaps(axes, ours, names), len(names), "loop", "Worst gap of the control loop")
    words = "Worst gap between two blocks"
    caption = f"One dot a session. A block is {Parameters({}).block_ms} ms; Java shares the machine's processors."
    return f'<section class="card run"><h2>The control loop meanwhile</h2>{figure(drawing, words, caption)}</section>'


def _gaps(axes: Axes, ours: Sequence[Outcome], names: list[str]) -> None:
    gaps_ms = [outcome.handshake["gap_us"] / 1000 for outcome in ours]
    axes.plot(gaps_ms, [names.index(outcome.mode) for outcome in ours], "o", color=svg.DELIVERED, alpha=0.6)
    axes.axvline(Parameters({}).block_ms, color=svg.MUTED, linestyle=":")
    axes.set_xlim(left=0)
    axes.set_xlabel("ms")
    _rows(axes, names, legend=False)


def _rows(axes: Axes, names: Sequence[str], legend: bool = True) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    if legend:
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.99), ncols=4, borderaxespad=0.1, handlelength=1.6)
