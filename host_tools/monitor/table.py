"""The fleet as a table for a terminal."""

from __future__ import annotations

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from host_tools.monitor.fleet import Controller, Fleet

_BARS = "▁▂▃▄▅▆▇█"
_SCALE_LEAST_MHZ = 20.0  # a still grid draws a flat line, not its noise blown up
_SPARK_WIDTH = 12
_STALE_S = 5.0
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
    ("command W", "right", 100),
    ("power W", "right", 0),
    ("SoC %", "right", 0),
    ("limiter", "left", 130),
    ("fault", "left", 0),
    ("worst gap ms", "right", 170),
    ("messages", "right", 120),
    ("age s", "right", 0),
)


def table_of(
    fleet: Fleet, now_s: float, *, broker: str, trouble: str = "", width: int = 200, rows_max: int | None = None
) -> Table:
    """Return the table for a terminal of so many columns; rows_max: the rest of the rows is counted below."""
    table = Table(title=Text(f"Gridkeel controllers on {broker}"), caption=_caption(fleet, trouble, rows_max))
    shown = [place for place, column in enumerate(_COLUMNS) if width >= column[2]]
    for place in shown:
        table.add_column(_COLUMNS[place][0], justify=_COLUMNS[place][1], no_wrap=True)
    for device in sorted(fleet.controllers)[:rows_max]:
        cells = _row(fleet.controllers[device], now_s)
        table.add_row(*(cells[place] for place in shown))
    return table


def _caption(fleet: Fleet, trouble: str, rows_max: int | None) -> Text:
    parts = [f"{len(fleet.controllers)} controllers"]
    if rows_max is not None and len(fleet.controllers) > rows_max:
        parts.append(f"{len(fleet.controllers) - rows_max} more than fit here")
    for count, name in ((fleet.doubled, "doubled"), (fleet.malformed, "malformed")):
        if count:
            parts.append(f"{count} {name}")
    text = Text(", ".join(parts))
    if trouble:
        text.append(f"\n{trouble}", style="bold red")
    return text


def _row(controller: Controller, now_s: float) -> list[Text]:
    gap_us = controller.loop_gap_max_us
    age_s = None if controller.heard_s is None else max(0.0, now_s - controller.heard_s)
    fault = controller.fault
    return [
        Text(controller.device),
        _link(controller.online),
        Text(controller.state or _NONE, style=_STATE_STYLES.get(controller.state or "", "")),
        _figure(controller.freq_hz, "{:.4f}"),
        _figure(controller.deviation_mhz, "{:+.1f}"),
        Text(sparkline(list(controller.history)[-_SPARK_WIDTH:])),
        _figure(controller.rocof_mhz_s, "{:+.0f}"),
        _figure(controller.command_w, "{:+.0f}"),
        _figure(controller.power_w, "{:+.0f}"),
        _figure(controller.soc_pct, "{:.1f}"),
        Text(controller.limiter or _NONE),
        Text(fault or _NONE, style="" if fault in (None, "none") else "bold red"),
        _figure(None if gap_us is None else gap_us / 1000, "{:.2f}"),
        Text(str(controller.messages)),
        _figure(age_s, "{:.1f}", style="yellow" if age_s is not None and age_s > _STALE_S else ""),
    ]


def _link(online: bool | None) -> Text:
    if online is None:
        return Text("unknown", style="dim")
    return Text("online", style="green") if online else Text("offline", style="bold red")


def _figure(value: float | None, form: str, style: str = "") -> Text:
    return Text(_NONE if value is None else form.format(value), style=style)


def sparkline(values: list[float]) -> str:
    """Return one bar a value, zero in the middle, the scale that of the largest."""
    if not values:
        return ""
    scale = max(_SCALE_LEAST_MHZ, *(abs(value) for value in values))
    top = len(_BARS) - 1
    return "".join(_BARS[round((value / scale + 1) / 2 * top)] for value in values)
