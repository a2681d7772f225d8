"""The fleet on a screen: totals, the rows there is room for, the latest events."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from host_tools.monitor.controller import FAULTED, STALE_S, Controller
from host_tools.monitor.fleet import Event, Fleet, Totals

_BARS = "▁▂▃▄▅▆▇█"
_SCALE_LEAST_MHZ = 20.0  # a still grid draws a flat line, not its noise blown up
_NONE = "-"

_STATE_STYLES = {"run": "green", "safe": "yellow", "returning": "cyan", "ceased": "bold red"}
# name, justification, and the width of terminal from which on there is room for it
_COLUMNS: tuple[tuple[str, JustifyMethod, int], ...] = (
    ("controller", "left", 0),
    ("link", "left", 0),
    ("state", "left", 0),
    ("f Hz", "right", 140),
    ("Δf mHz", "right", 0),
    ("", "left", 110),
    ("ROCOF mHz/s", "right", 150),
    ("permitted W", "right", 100),
    ("delivered W", "right", 0),
    ("SoC %", "right", 0),
    ("limiter", "left", 130),
    ("fault", "left", 0),
    ("worst gap ms", "right", 170),
    ("messages", "right", 120),
    ("age s", "right", 0),
)


def table_of(rows: Sequence[Controller], now_s: float, width: int | None = None) -> Table:
    """Return a table of the given controllers; width: of the terminal, None for all columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [place for place, column in enumerate(_COLUMNS) if width is None or width >= column[2]]
    for place in shown:
        table.add_column(_COLUMNS[place][0], justify=_COLUMNS[place][1], no_wrap=True)
    for controller in rows:
        cells = _row(controller, now_s)
        table.add_row(*(cells[place] for place in shown))
    return table


def lines_of(rows: Sequence[Controller], now_s: float, width: int) -> list[Text]:
    """Return the same as lines for a screen, the headings first: a tenth of the work of laying out a table."""
    shown = [place for place, column in enumerate(_COLUMNS) if width >= column[2]]
    cells = [[Text(_COLUMNS[place][0], style="bold") for place in shown]]
    cells += [[row[place] for place in shown] for row in (_row(controller, now_s) for controller in rows)]
    widths = [max(len(row[k].plain) for row in cells) for k in range(len(shown))]
    lines = []
    for row in cells:
        line = Text(no_wrap=True, overflow="crop")
        for place, text, room in zip(shown, row, widths, strict=True):
            gap = " " * (room - len(text.plain))
            plain = gap + text.plain if _COLUMNS[place][1] == "right" else text.plain + gap
            line.append(plain + "  ", style=text.style or None)
        lines.append(line)
    return lines


def head_of(totals: Totals, broker: str, fleet: Fleet, trouble: str) -> Text:
    """Return the totals, what was not counted among them, and what is wrong with the broker."""
    head = Text(f"Gridkeel on {broker}  ")
    head.append(totals.words(), style="bold red" if totals.faulted else "bold")
    not_counted = (
        (len(fleet.unseen), "over the limit of devices and not shown"),
        (fleet.doubled, "doubled"),
        (fleet.malformed, "malformed"),
    )
    for count, name in not_counted:
        if count:
            head.append(f", {count} {name}")
    if trouble:
        head.append(f"\n{trouble}", style="bold red")
    return head


def events_of(events: Sequence[Event], now_s: float, room: int) -> list[Text]:
    """Return the latest events, the newest first."""
    lines = []
    for event in list(events)[-room:][::-1] if room > 0 else []:
        lines.append(Text(f"{now_s - event.at_s:6.0f} s ago  {event.device}: {event.words}", style=_event_style(event)))
    return lines


def _event_style(event: Event) -> str:
    return "red" if " began" in event.words or event.words.startswith("offline") else "dim"


def _row(controller: Controller, now_s: float) -> list[Text]:
    gap_us = controller.loop_gap_max_us
    age_s = controller.age_s(now_s)
    faults = controller.faults
    named = faults[0] + (f" +{len(faults) - 1}" if len(faults) > 1 else "") if faults else controller.fault
    return [
        Text(controller.device),
        _link(controller.online),
        Text(controller.state or _NONE, style=_STATE_STYLES.get(controller.state or "", "")),
        _figure(controller.freq_hz, "{:.4f}"),
        _figure(controller.deviation_mhz, "{:+.1f}"),
        Text(sparkline(controller.history.tolist())),
        _figure(controller.rocof_mhz_s, "{:+.0f}"),
        _figure(controller.permitted_w, "{:+.0f}"),
        _figure(controller.delivered_w, "{:+.0f}"),
        _figure(controller.soc_pct, "{:.1f}"),
        Text(controller.limiter or _NONE),
        Text(named or _NONE, style="bold red" if controller.rank(now_s) == FAULTED else ""),
        _figure(None if gap_us is None else gap_us / 1000, "{:.2f}"),
        Text(str(controller.messages)),
        _figure(age_s, "{:.1f}", style="yellow" if age_s is not None and age_s > STALE_S else ""),
    ]


def _link(online: bool | None) -> Text:
    if online is None:
        return Text("unknown", style="dim")
    return Text("online", style="green") if online else Text("offline", style="bold red")


def _figure(value: float | None, form: str, style: str = "") -> Text:
    return Text(_NONE if value is None else form.format(value), style=style)


def sparkline(values: Sequence[float]) -> str:
    """Return one bar a value, zero in the middle, the scale that of the largest."""
    if not values:
        return ""
    scale = max(_SCALE_LEAST_MHZ, *(abs(value) for value in values))
    top = len(_BARS) - 1
    return "".join(_BARS[round((value / scale + 1) / 2 * top)] for value in values)
