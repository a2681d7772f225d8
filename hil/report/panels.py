"""The panels that share a time axis: each draws one subject of a run into one plot, within a window of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from gridkeel.link.messages import names_of
from hil.report import svg
from hil.report.envelope import Floats, envelope, runs
from hil.report.record import RunRecord

Window = tuple[float, float]
Curve = tuple[Floats, Floats]

ABSENT_PU = 0.1  # under this voltage the truth holds no frequency
_MAX_COMMAND_DOTS = 150
_ERROR_TOP_MHZ = 10_000.0  # 10 Hz off is off the scale

STATE_COLOURS = ("#98a2ae", "#2f9e6b", "#c8414f", "#d99a2b", "#8a56c2")
LIMITER_COLOURS = (
    "#b3bcc6", "#2f9e6b", "#3f7fd0", "#86a6cc", "#d99a2b", "#b3743b", "#a3622f", "#d0607a",
    "#c78bb0", "#c06fd0", "#6f7fd0", "#7f6f5a", "#c8414f", "#8f2f4a", "#8a56c2", "#606a76",
)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """One plot of the stack: its share of the height, whether the record has anything for it, and its pen."""

    height: float
    present: Callable[[RunRecord], bool]
    draw: Callable[[Axes, RunRecord, Window], None]


def _cut(curve: Curve, window: Window) -> Curve:
    """Return the stretch inside the window with one point more on either side, thinned to what shows."""
    t_s, values = curve
    first = max(0, int(np.searchsorted(t_s, window[0])) - 1)
    last = int(np.searchsorted(t_s, window[1], side="right")) + 1
    return envelope(t_s[first:last], values[first:last])


def _line(axes: Axes, curve: Curve | None, window: Window, label: str, colour: str, **style: object) -> None:
    if curve is not None:
        drawn = _cut(curve, window)
        axes.plot(*drawn, label=label, color=colour, **style)  # type: ignore[arg-type]


def mains_absent(record: RunRecord) -> list[Window]:
    """Return the stretches in which the truth holds no mains."""
    voltage = record.truth.get("voltage_pu")
    if voltage is None:
        return []
    t_s, pu = voltage
    return [(start, end) for start, end, dead in runs(t_s, (pu < ABSENT_PU).astype(float)) if dead]


def _true_freq(record: RunRecord) -> Curve | None:
    curve = record.truth.get("freq_hz")
    voltage = record.truth.get("voltage_pu")
    if curve is None or voltage is None:
        return curve
    return curve[0], np.where(voltage[1] < ABSENT_PU, np.nan, curve[1])


def _reading(record: RunRecord, name: str) -> Curve | None:
    """Return a frequency reading in Hz; zero is the controller's word for none."""
    curve = record.telemetry.get(name, 1e-6)
    return curve and (curve[0], np.where(curve[1] > 0, curve[1], np.nan))


def draw_frequency(axes: Axes, record: RunRecord, window: Window) -> None:
    true = _true_freq(record)
    measured = _reading(record, "freq_uhz")
    _line(axes, true, window, "true", svg.TRUTH, linewidth=4.0, solid_capstyle="butt")
    _line(axes, _reading(record, "freq_short_uhz"), window, "measured, short window", svg.SHORT, linewidth=0.8)
    _line(axes, measured, window, "measured", svg.MEASURED, linewidth=1.3)
    axes.set_ylabel("frequency, Hz")
    _bound_frequency(axes, record, window, [curve for curve in (true, measured) if curve is not None])


def _bound_frequency(axes: Axes, record: RunRecord, window: Window, curves: list[Curve]) -> None:
    """Fit the axis to the time in which there was mains: past that any reading is noise and would squeeze the rest."""
    shown = []
    dead = mains_absent(record)
    for t_s, values in curves:
        keep = (t_s >= window[0]) & (t_s <= window[1]) & np.isfinite(values)
        for start, end in dead:
            keep &= (t_s < start) | (t_s > end)
        shown.append(values[keep])
    seen = np.concatenate(shown) if shown else np.empty(0)
    if seen.size:
        low, high = float(seen.min()), float(seen.max())
        margin = max(0.01, 0.07 * (high - low))
        axes.set_ylim(low - margin, high + margin)


def draw_error(axes: Axes, record: RunRecord, window: Window) -> None:
    curve = record.error.get("freq_error_mhz")
    goal = record.error_goal_mhz
    if goal is not None:
        axes.axhspan(-goal, goal, color=svg.GOAL, linewidth=0, zorder=-1, label=f"goal ±{goal:g} mHz")
    _line(axes, curve, window, "measured − true", svg.ERROR, linewidth=0.9)
    axes.set_ylabel("error, mHz")
    if curve is None:
        return
    inside = curve[1][(curve[0] >= window[0]) & (curve[0] <= window[1])]
    peak = float(np.nanmax(np.abs(inside), initial=0.0)) if np.isfinite(inside).any() else 0.0
    linear = goal or 5.0
    if peak > 8 * linear:
        _symlog(axes, linear, peak)
    else:
        reach = 1.25 * max(peak, goal or 0.0, 0.01)
        axes.set_ylim(-reach, reach)


def _symlog(axes: Axes, linear: float, peak: float) -> None:
    """Linear within the goal, decades past it, so that a transient does not flatten the rest."""
    top = next((power for power in (10.0, 100.0, 1000.0) if power >= peak), _ERROR_TOP_MHZ)
    axes.set_yscale("symlog", linthresh=linear, linscale=1.0)
    marks = [mark for mark in (linear, 100.0, _ERROR_TOP_MHZ) if mark <= top]
    if top not in marks:
        marks.append(top)
    ticks = [-mark for mark in reversed(marks)] + [0.0] + marks
    axes.set_yticks(ticks, [f"{tick:,.0f}".replace("-", "−") if tick % 1 == 0 else f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(-1.2 * top, 1.2 * top)


def draw_power(axes: Axes, record: RunRecord, window: Window) -> None:
    axes.axhline(0, color=svg.MUTED, linewidth=0.7)
    _line(
        axes,
        record.telemetry.get("requested_w", 1e-3),
        window,
        "requested",
        svg.REQUESTED,
        linewidth=1.1,
        linestyle=(0, (4, 2)),
    )
    steps = {"drawstyle": "steps-post"}
    _line(axes, record.telemetry.get("permitted_w", 1e-3), window, "permitted", svg.COMMAND, linewidth=1.1, **steps)
    _line(axes, record.plant.get("delivered_w", 1e-3), window, "delivered", svg.DELIVERED, linewidth=1.6)
    dots = [(t_s, power_w) for t_s, power_w in record.commands if window[0] <= t_s <= window[1]]
    if 0 < len(dots) <= _MAX_COMMAND_DOTS:
        t_s, power_w = np.array(dots).T
        axes.plot(
            t_s, power_w * 1e-3, "o", color=svg.COMMAND, markersize=3.2, markeredgewidth=0, label="written on the wire"
        )
    axes.set_ylabel("power, kW")
    axes.margins(y=0.08)


def draw_reactive(axes: Axes, record: RunRecord, window: Window) -> None:
    axes.axhline(0, color=svg.MUTED, linewidth=0.7)
    steps = {"drawstyle": "steps-post"}
    _line(axes, record.telemetry.get("requested_var", 1e-3), window, "requested", svg.REQUESTED, linewidth=1.1, **steps)
    _line(axes, record.plant.get("var", 1e-3), window, "delivered", svg.DELIVERED, linewidth=1.6)
    axes.set_ylabel("reactive, kvar")
    axes.margins(y=0.08)


def _asks_reactive(record: RunRecord) -> bool:
    curve = record.telemetry.get("requested_var")
    return curve is not None and bool(curve[1].any())


def draw_voltage(axes: Axes, record: RunRecord, window: Window) -> None:
    _line(axes, record.truth.get("voltage_pu"), window, "true", svg.TRUTH, linewidth=4.0, solid_capstyle="butt")
    nominal_v = float(record.meta.get("nominal_v", "230"))
    measured = record.telemetry.get("voltage_mv", 1e-3 / nominal_v)
    _line(axes, measured, window, "measured", svg.MEASURED, linewidth=1.2)
    axes.set_ylabel("voltage, p.u.")
    low, high = axes.get_ylim()
    if high - low < 0.02:
        middle = (low + high) / 2
        axes.set_ylim(middle - 0.01, middle + 0.01)


def draw_soc(axes: Axes, record: RunRecord, window: Window) -> None:
    _line(axes, record.plant.get("soc_pct"), window, "battery", svg.TRUTH, linewidth=4.0, solid_capstyle="butt")
    known = record.telemetry.get("soc_pct_x100", 0.01)
    if known is not None:
        known = known[0], np.where(known[1] < 0, np.nan, known[1])
    _line(axes, known, window, "known to the controller", svg.MEASURED)
    axes.set_ylabel("SoC, %")
    axes.margins(y=0.15)


def draw_states(axes: Axes, record: RunRecord, window: Window) -> None:
    """Two lanes of colour: the controller's state, and what limited its command."""
    lanes = (
        ("state", "state", names_of("STATES"), STATE_COLOURS),
        ("limiter", "limiter", names_of("LIMITERS"), LIMITER_COLOURS),
    )
    for lane, (_title, name, names, colours) in enumerate(lanes):
        curve = record.telemetry.get(name)
        if curve is not None:
            _lane(axes, curve, window, 1 - lane, names, colours)
    axes.set_ylim(-0.42, 1.42)
    axes.set_yticks([1, 0], [title for title, *_ in lanes])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _lane(axes: Axes, curve: Curve, window: Window, y: int, names: tuple[str, ...], colours: tuple[str, ...]) -> None:
    """Draw one lane; a value none of whose stretches has room for its name goes into the legend."""
    width = window[1] - window[0]
    unnamed: dict[str, PolyCollection] = {}
    named: set[str] = set()
    for start, end, value in runs(*curve):
        left, right = max(start, window[0]), min(end, window[1])
        if right < left:
            continue
        known = 0 <= value < len(names)
        text = names[value].replace("_", " ") if known else f"unknown {value}"
        shown = max(right - left, 0.0015 * width)
        colour = colours[value % len(colours)] if known else svg.INK
        bar = axes.broken_barh([(left, shown)], (y - 0.36, 0.72), facecolor=colour, linewidth=0)
        unnamed.setdefault(text, bar)
        if right - left > (0.012 * len(text) + 0.01) * width:
            axes.text(left + shown / 2, y, text, ha="center", va="center", color="#ffffff", fontsize=8.5)
            named.add(text)
    for text, bar in unnamed.items():
        if text not in named:
            bar.set_label(text)


def has_any(*names: str) -> Callable[[RunRecord], bool]:
    """Return a test for any of these names in the main series."""

    def present(record: RunRecord) -> bool:
        series = (record.truth, record.telemetry, record.plant, record.error)
        return any(one.get(name) is not None for one in series for name in names)

    return present


FREQUENCY = Panel(2.3, has_any("freq_hz", "freq_uhz"), draw_frequency)
ERROR = Panel(1.5, has_any("freq_error_mhz"), draw_error)
POWER = Panel(2.3, lambda record: has_any("permitted_w", "delivered_w")(record) or bool(record.commands), draw_power)
REACTIVE = Panel(1.3, _asks_reactive, draw_reactive)
VOLTAGE = Panel(1.3, has_any("voltage_pu", "voltage_mv"), draw_voltage)
SOC = Panel(1.1, has_any("soc_pct", "soc_pct_x100"), draw_soc)
STATE = Panel(0.85, has_any("state", "limiter"), draw_states)
