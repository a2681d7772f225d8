"""The plots of the estimator's page: error against what a clause sweeps, and how much of each limit was used."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import matplotlib.ticker as ticker
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hil.report import svg
from studies.estimator_bench.clauses import Clause, grouped, place
from studies.estimator_bench.track import EDGES, EDGES_LONG, LONG, REPORTS, SHORT
from studies.estimator_bench.verdict import Detail, Row

_WIDTH_IN = 10.4
_COLOURS = {SHORT: svg.SHORT, LONG: svg.MEASURED, EDGES: svg.DELIVERED, EDGES_LONG: svg.COMMAND}
_COLOURS |= dict(zip(REPORTS, (svg.ERROR, svg.REQUESTED), strict=True))
_LEAST = 1e-3  # what is drawn for no error at all, on an axis of decades
_WITHOUT_A_SWEEP = "see the point's name"

Value = Callable[[Detail], float | None]


def of_clause(clause: Clause, rows: Sequence[Row], name: str) -> str:
    """Return the clause's plots: frequency and ROCOF error or, of steps, their response times; limits dashed."""
    panels = [
        ("frequency error, mHz", lambda d: d.fe_mhz, lambda d, _row: d.fe_limit_mhz),
        ("ROCOF error, mHz/s", lambda d: d.rfe_mhz_s, lambda d, _row: d.rfe_limit_mhz_s),
    ]
    if any(detail.response_ms is not None for row in rows for detail in row.details):
        panels = [
            ("response, ms", lambda d: d.response_ms, lambda _d, row: row.response_limit_ms),
            ("ROCOF response, ms", lambda d: d.rfe_response_ms, lambda _d, row: row.rfe_response_limit_ms),
        ]
    with svg.style():
        figure = svg.new_figure(_WIDTH_IN, 2.9)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for one, (label, value, limit) in zip(axes, panels, strict=True):
            svg.bare(one)
            for row in rows:
                _curve(one, clause, row, value, limit)
            one.set_xlabel("number of the point" if clause.axis == _WITHOUT_A_SWEEP else clause.axis)
            one.set_ylabel(label)
            one.margins(x=0.02)
            if "error" in label:
                one.set_yscale("log")
                one.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
                one.yaxis.set_minor_locator(ticker.NullLocator())
            else:
                one.set_ylim(bottom=0)
        _legend(figure, axes[0])
        return svg.to_svg(figure, name, clause.title)


def _curve(axes: Axes, clause: Clause, row: Row, value: Value, limit: Callable[[Detail, Row], float | None]) -> None:
    spread = clause.axis == _WITHOUT_A_SWEEP
    placed = [(float(k) if spread else place(detail.point, k), detail) for k, detail in _drawn(row.details, value)]
    points = sorted(placed, key=lambda pair: pair[0])
    if not points:
        return
    colour = _COLOURS[row.path]
    x = [at for at, _detail in points]
    logarithmic = all(detail.response_ms is None for detail in row.details)
    y = [max(value(detail) or 0.0, _LEAST if logarithmic else 0.0) for _at, detail in points]
    axes.plot(x, y, "o", color=colour, markersize=3.2, markeredgewidth=0, alpha=0.8, label=row.path)
    limits = [limit(detail, row) for _at, detail in points]
    if all(one is not None for one in limits):
        known = np.array(limits, dtype=float)
        if len(x) == 1 or x[0] == x[-1]:
            axes.plot(x, known, "_", color=colour, markersize=14)
        else:
            axes.plot(x, known, color=colour, linewidth=0.9, linestyle=(0, (4, 2)))


def _drawn(details: Sequence[Detail], value: Value) -> list[tuple[int, Detail]]:
    known = [(k, detail, value(detail)) for k, detail in enumerate(details)]
    return [(k, detail) for k, detail, figure in known if figure is not None and math.isfinite(figure)]


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(list(once.values()), list(once), loc="outside upper left", ncols=6, handletextpad=0.2)


def shares(rows: Sequence[Row], name: str) -> str:
    """Return how much of its limit each clause and path used at its worst, as bars up to the limit."""
    groups = grouped(rows)
    with svg.style():
        figure = svg.new_figure(_WIDTH_IN, 0.55 + 0.36 * len(groups))
        axes = svg.bare(figure.subplots())
        named: set[str] = set()
        for k, (_clause, members) in enumerate(groups):
            by_path = {path: max(map(share, (row for row in members if row.path == path))) for path in _paths(members)}
            judged = {path: used for path, used in by_path.items() if used > 0}
            for n, (path, used) in enumerate(judged.items()):
                height = 0.8 / len(judged)
                axes.barh(
                    k - 0.4 + (n + 0.5) * height, min(used, 1.5), height=height, color=_COLOURS[path],
                    linewidth=0, label=None if path in named else path,
                )  # fmt: skip
                named.add(path)
        axes.axvline(1.0, color=svg.ERROR, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.set_yticks(range(len(groups)), [clause.title for clause, _members in groups])
        axes.invert_yaxis()
        axes.set_xlim(0, max(1.1, axes.get_xlim()[1]))
        axes.set_xlabel("largest part of a limit that was used; 1 is the limit")
        axes.grid(axis="y", visible=False)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.99), ncols=6, borderaxespad=0.1, handlelength=1.2)
        return svg.to_svg(figure, name, "Part of each limit that was used")


def _paths(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.path for row in rows))


def share(row: Row) -> float:
    """Return the largest part of any of its limits that a row used; 0 where it has none."""
    pairs = [(detail.fe_mhz, detail.fe_limit_mhz) for detail in row.details]
    pairs += [(detail.rfe_mhz_s, detail.rfe_limit_mhz_s) for detail in row.details]
    pairs += [
        (row.response_ms or 0.0, row.response_limit_ms),
        (row.rfe_response_ms or 0.0, row.rfe_response_limit_ms),
        (row.bound_ratio or 0.0, row.bound_limit),
    ]
    return max((value / limit for value, limit in pairs if limit), default=0.0)
