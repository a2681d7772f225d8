"""The study as one HTML page: what many chargers do to a frequency, drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from hil.report import svg
from hil.report.document import data_links, document, figure, table
from hil.report.envelope import envelope
from hil.report.files import write_csv
from hil.report.text import label_and_unit, number
from host_tools.files import write_atomic
from studies.fleet.cases import Outcome
from studies.fleet.study import Study

_SIZE_IN = (10.4, 3.0)
_SHADES = (svg.MUTED, "#a9c3e2", "#6f9fd8", svg.MEASURED, svg.COMMAND, svg.DELIVERED, svg.SHORT, svg.ERROR)
_SERIES = ("case", "chargers", "since_event_s", "freq_hz", "power_w", "running")
_CASES = (svg.ERROR, svg.DELIVERED, svg.MEASURED, svg.COMMAND)
FOOTER = (
    "Grid: one equivalent machine with inertia, load damping, a governor with lag and reserve. Power is positive into"
    " the vehicles. Every controller is computed by the firmware's own rules; where fewer were computed than are on"
    " the grid, each represents several."
)
TITLES = {
    "loss": "A power station is lost",
    "swing": "A load swings",
    "trip": "Disconnecting at one instant, or staggered",
    "return": "Returning at one instant, or staggered",
    "reserve": "A power station is lost: FCR, fast reserve, both",
    "regulation": "Secondary regulation brings the frequency back",
    "event": "A demand-response event, at one instant or spread",
    "plan": "A price falls: the ramp of the base power",
}
_PEAKS = ("zenith_hz", "nadir_hz", "rocof_mhz_s", "power_step_mw", "settling_s")
COLUMNS = {
    "loss": ("nadir_hz", "rocof_mhz_s", "settling_s", "end_hz"),
    "swing": ("swing_mhz", "damping_ratio", "nadir_hz", "zenith_hz"),
    "trip": _PEAKS,
    "return": _PEAKS,
    "reserve": ("nadir_hz", "rocof_mhz_s", "settling_s", "end_hz"),
    "regulation": ("nadir_hz", "rocof_mhz_s", "settling_s", "end_hz"),
    "event": _PEAKS,
    "plan": _PEAKS,
}


def shown(one: Outcome, column: str) -> str:
    """Return a figure as text; what had not settled when the window ended says so."""
    value = one.figures.get(column, math.nan)
    return f"> {number(one.figures['window_s'])}" if math.isinf(value) else number(value)


def write_page(study: Study, path: Path) -> None:
    """Write the page and, beside it, the time series of each part as fleet-<part>.csv."""
    body = [_top(study)] + [_section(part, outcomes) for part, outcomes in study.parts.items()]
    write_atomic(path, document("Fleet study", body, FOOTER))
    for part, outcomes in study.parts.items():
        write_csv(path.with_name(_series_of(part)), _SERIES, _rows(outcomes))


def _series_of(part: str) -> str:
    return f"fleet-{part}.csv"


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    for one in outcomes:
        since_s = np.round(one.t_s - one.event_s, 3)
        for at_s, freq_hz, power_w, running in zip(since_s, one.freq_hz, one.power_w, one.running, strict=True):
            yield one.case.name, one.chargers, at_s, round(freq_hz, 6), round(power_w, 1), running


def _top(study: Study) -> str:
    grid = study.grid
    words = (
        f"{grid.rated_w / 1e9:g} GW, H {grid.inertia_s:g} s, load damping {grid.load_damping_pu:g}, droop"
        f" {grid.droop_pu:g}, governor lag {grid.governor_lag_s:g} s, reserve {grid.reserve_w / 1e9:g} GW"
    )
    return f'<header class="head"><div><h1>Fleet study</h1><p class="sub">{escape(words)}</p></div></header>'


def _section(part: str, outcomes: Sequence[Outcome]) -> str:
    by_number = part in ("loss", "swing")
    colours = _SHADES if by_number else _CASES

    def label(one: Outcome) -> str:
        return f"{one.chargers:,} chargers" if by_number else one.case.name.replace("-", " ")

    drawings = [figure(_curves(outcomes, label, colours, _frequency, f"{part}f", "Frequency"), "Frequency")]
    drawings.append(figure(_curves(outcomes, label, colours, _power, f"{part}p", "Power of the fleet"), "Fleet power"))
    if part in ("trip", "return"):
        running = _curves(outcomes, label, colours, _running, f"{part}r", "Chargers in the state run")
        drawings.append(figure(running, "Chargers in the state run"))
    titles = [outcomes[-1].case.title] if by_number else [one.case.title for one in outcomes]
    head = f'<h2>{escape(TITLES[part])}</h2><p class="sub">{escape("; ".join(titles))}</p>'
    data = data_links([Path(_series_of(part))])
    return f'<section class="card run">{head}{_table(part, outcomes, label)}{"".join(drawings)}{data}</section>'


def _table(part: str, outcomes: Sequence[Outcome], label: Callable[[Outcome], str]) -> str:
    named = [label_and_unit(name) for name in COLUMNS[part]]
    cells = "".join(f'<th class="n">{escape(name)}{", " + unit if unit else ""}</th>' for name, unit in named)
    rows = []
    for one in outcomes:
        values = "".join(f'<td class="n">{escape(shown(one, name))}</td>' for name in COLUMNS[part])
        rows.append(f'<tr><td>{escape(label(one))}</td><td class="n">{one.simulated:,}</td>{values}</tr>')
    return table("figures", f'<tr><th></th><th class="n">computed</th>{cells}</tr>', rows)


def _curves(
    outcomes: Sequence[Outcome],
    label: Callable[[Outcome], str],
    colours: Sequence[str],
    draw: Callable[[Axes, Outcome, str, str], None],
    name: str,
    words: str,
) -> str:
    with svg.style():
        drawing = svg.new_figure(*_SIZE_IN)
        axes = svg.bare(drawing.subplots())
        for position, one in enumerate(outcomes):
            draw(axes, one, label(one), colours[position % len(colours)])
        axes.set_xlabel("time after the event, s")
        axes.margins(x=0)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.99), ncols=6, borderaxespad=0.1, handlelength=1.6)
        return svg.to_svg(drawing, name, words)


def _line(axes: Axes, one: Outcome, values: np.ndarray, label: str, colour: str) -> None:
    since_s = one.t_s - one.event_s
    shown = since_s >= -2.0
    axes.plot(*envelope(since_s[shown], values[shown]), label=label, color=colour)


def _frequency(axes: Axes, one: Outcome, label: str, colour: str) -> None:
    _line(axes, one, one.freq_hz, label, colour)
    axes.set_ylabel("frequency, Hz")


def _power(axes: Axes, one: Outcome, label: str, colour: str) -> None:
    _line(axes, one, one.power_w / 1e6, label, colour)
    axes.set_ylabel("fleet, MW")


def _running(axes: Axes, one: Outcome, label: str, colour: str) -> None:
    _line(axes, one, one.running / 1000, label, colour)
    axes.set_ylabel("thousand chargers")
