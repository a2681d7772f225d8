"""The figures of a run: the overview and its closer look, the delay, the nadir, the rhythm of the control loop."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.ticker as ticker
import numpy as np
from matplotlib.axes import Axes

from hil.report import svg
from hil.report.envelope import envelope
from hil.report.panels import ERROR, FREQUENCY, POWER, REACTIVE, SOC, STATE, VOLTAGE, Panel, Window, mains_absent
from hil.report.record import RunRecord
from hil.report.text import number

MAX_EVENTS = 60  # drawn and listed; the rest is counted

_SPANS_S = 10.0  # over more of a run they would be hairs

_WIDTH_IN = 10.4
_SMALL_IN = (5.1, 2.5)
_TICKS_S = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400,
)  # fmt: skip
_PART_COLOURS = ("#7fa7d9", "#3f7fd0", "#8a56c2", "#d99a2b", "#c8414f", "#2f9e6b")


def overview(record: RunRecord, name: str) -> str | None:
    """Everything over the whole run, under one time axis."""
    return _stack(record, (FREQUENCY, ERROR, POWER, REACTIVE, VOLTAGE, SOC, STATE), record.span_s(), name, "Whole run")


def closer_look(record: RunRecord, name: str) -> str | None:
    """Frequency, power and state in the stretch the record calls its focus."""
    if record.focus_s is None:
        return None
    return _stack(record, (FREQUENCY, ERROR, POWER, REACTIVE, VOLTAGE, STATE), record.focus_s, name, "Closer look")


def _stack(record: RunRecord, panels: Sequence[Panel], window: Window, name: str, label: str) -> str | None:
    panels = [panel for panel in panels if panel.present(record)]
    if not panels:
        return None
    heights = [panel.height for panel in panels]
    with svg.style():
        figure = svg.new_figure(_WIDTH_IN, sum(heights) + 0.25 * len(heights) + 0.4)
        plots = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for panel, axes in zip(panels, plots, strict=True):
            svg.bare(axes)
            _shade_dead_mains(axes, record, window)
            _shade_spans(axes, record, window, named=axes is plots[0])
            panel.draw(axes, record, window)
            _legend(axes)
            for t_s, _text in record.events[:MAX_EVENTS]:
                if window[0] <= t_s <= window[1]:
                    axes.axvline(t_s, color=svg.MUTED, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0.5)
        figure.align_ylabels(list(plots))
        _number_events(plots[0], record, window)
        plots[-1].set_xlim(*window)
        time_axis(plots[-1], window, record.clock_s)
        return svg.to_svg(figure, name, label)


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.99), ncols=6, borderaxespad=0.1, handlelength=1.6)


def _shade_dead_mains(axes: Axes, record: RunRecord, window: Window) -> None:
    for start, end in mains_absent(record):
        left, right = max(start, window[0]), min(end, window[1])
        if right > left:
            axes.axvspan(left, right, color=svg.DEAD, linewidth=0, zorder=-0.5)


def _shade_spans(axes: Axes, record: RunRecord, window: Window, *, named: bool) -> None:
    """Shade what went on meanwhile, at least a line wide, where the window is close enough to show it."""
    if not record.spans or window[1] - window[0] > _SPANS_S:
        return
    for k, (start, end, what) in enumerate(record.spans):
        if start < window[1] and end > window[0]:
            colour = svg.SPANS[k % len(svg.SPANS)]
            left, right, label = max(start, window[0]), min(end, window[1]), what if named else None
            axes.axvspan(left, right, color=colour, linewidth=0, zorder=-0.4, label=label)


def _number_events(axes: Axes, record: RunRecord, window: Window) -> None:
    """Number the events along the top edge as the table under the figure does; close ones share a label."""
    close = 0.022 * (window[1] - window[0])
    groups: list[list[tuple[float, int]]] = []
    for position, (t_s, _text) in enumerate(record.events[:MAX_EVENTS], start=1):
        if not window[0] <= t_s <= window[1]:
            continue
        if groups and t_s - groups[-1][0][0] < close:
            groups[-1].append((t_s, position))
        else:
            groups.append([(t_s, position)])
    for group in groups:
        first, last = group[0][1], group[-1][1]
        text = str(first) if first == last else f"{first}–{last}"
        axes.annotate(
            text, (group[0][0], 1.0), xycoords=("data", "axes fraction"), xytext=(2, -2), textcoords="offset points",
            ha="left", va="top", fontsize=7.5, color=svg.MUTED, annotation_clip=False,
        )  # fmt: skip


def time_axis(axes: Axes, window: Window, clock_s: float | None) -> None:
    """Mark time in round steps: local time of day where the run has one, else seconds of the run."""
    width = window[1] - window[0]
    step = next((candidate for candidate in _TICKS_S if width / candidate <= 12), _TICKS_S[-1])
    offset = clock_s or 0.0
    first = math.ceil((window[0] + offset) / step - 1e-9) * step - offset
    marks = np.arange(first, window[1] + 1e-9 * width, step)
    axes.xaxis.set_major_locator(ticker.FixedLocator(marks.tolist()))
    if clock_s is None:
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        labels = [f"{mark:.{digits}f}" for mark in marks]
        axes.set_xlabel("time, s")
    else:
        labels = [_clock(mark + offset, step) for mark in marks]
        axes.set_xlabel("local time")
    axes.xaxis.set_major_formatter(ticker.FixedFormatter(labels))


def _clock(seconds: float, step: float) -> str:
    whole = math.floor(seconds + 1e-6)
    text = f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}"
    if step < 60:
        text += f":{whole % 60:02d}"
    if step < 1:
        text += f".{round((seconds - whole) * 100) % 100:02d}"
    return text


def delay(record: RunRecord, name: str) -> str | None:
    """The response delay as one bar of its parts."""
    if not record.breakdown:
        return None
    total = sum(ms for _part, ms in record.breakdown) or 1.0
    with svg.style():
        figure = svg.new_figure(*_SMALL_IN)
        axes = svg.bare(figure.subplots())
        left = 0.0
        for position, (part, ms) in enumerate(record.breakdown):
            colour = _PART_COLOURS[position % len(_PART_COLOURS)]
            label = f"{part}, {number(ms)} ms"
            axes.barh(0, ms, left=left, height=0.5, color=colour, linewidth=0, label=label)
            if ms / total > 0.09:
                axes.text(left + ms / 2, 0, number(ms), ha="center", va="center", color="#ffffff", fontsize=9)
            left += ms
        axes.text(left, 0.34, f"{number(left)} ms in all", ha="right", va="bottom", fontsize=10, fontweight="bold")
        axes.set_yticks([])
        axes.set_ylim(-0.32, 0.62)
        axes.set_xlim(0, left * 1.02 or 1.0)
        axes.set_xlabel("time since the event, ms")
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside lower center", ncols=2 if len(record.breakdown) in (2, 4) else 3, handlelength=0.9)
        return svg.to_svg(figure, name, "Response delay")


def nadir(record: RunRecord, name: str) -> str | None:
    """The lowest frequency of the swing with the chargers' response and without it."""
    series = record.extra.get("nadir")
    if series is None:
        return None
    with svg.style():
        figure = svg.new_figure(*_SMALL_IN)
        axes = svg.bare(figure.subplots())
        lowest = []
        for key, label, colour in (
            ("freq_without_hz", "without", svg.MUTED),
            ("freq_with_hz", "with the chargers", svg.DELIVERED),
        ):
            curve = series.get(key)
            if curve is None:
                continue
            at = int(np.nanargmin(curve[1]))
            lowest.append(curve[1][at])
            axes.plot(*envelope(*curve), color=colour, linewidth=1.5, label=f"{label}: nadir {curve[1][at]:.3f} Hz")
            axes.plot(curve[0][at], curve[1][at], "o", color=colour, markersize=5, markeredgewidth=0)
        if not lowest:
            return None
        if len(lowest) == 2:
            axes.set_title(f"nadir {1000 * (lowest[1] - lowest[0]):+.0f} mHz", fontsize=10, fontweight="bold")
        axes.set_xlabel("time, s")
        axes.set_ylabel("frequency, Hz")
        axes.margins(x=0, y=0.1)
        axes.legend(loc="lower right")
        return svg.to_svg(figure, name, "Nadir with and without the chargers")


def loop_gap(record: RunRecord, name: str) -> str | None:
    """The gaps between two rounds of the control loop: each record's own, and the longest so far."""
    curves = [
        (record.telemetry.get("loop_gap_us", 1e-3), "between two blocks", svg.MEASURED, "default"),
        (record.telemetry.get("loop_gap_max_us", 1e-3), "longest so far", svg.ERROR, "steps-post"),
    ]
    if all(curve is None for curve, *_ in curves):
        return None
    with svg.style():
        figure = svg.new_figure(*_SMALL_IN)
        axes = svg.bare(figure.subplots())
        for curve, label, colour, drawstyle in curves:
            if curve is not None:
                axes.plot(*envelope(*curve), color=colour, linewidth=1.0, drawstyle=drawstyle, label=label)
        window = record.span_s()
        axes.set_xlim(*window)
        axes.set_ylim(bottom=0)
        axes.margins(y=0.15)
        time_axis(axes, window, None)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(6))
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axes.set_ylabel("loop gap, ms")
        figure.legend(loc="outside lower center", ncols=2)
        return svg.to_svg(figure, name, "Gap of the control loop")
