"""Display of a run while it plays, and its summary afterwards."""

from __future__ import annotations

from time import perf_counter
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from gridkeel import errors, errors_text, limits
from gridkeel.link import messages
from hil.report import RunRecord
from hil.rigs.lockstep_run import Progress
from host_tools.mqtt.counter import CountingSubscriber
from host_tools.screen import Screen

REFRESH_S = 0.15


class LiveTable:
    """`with LiveTable(...) as watch:` shows each Progress that watch is called with."""

    def __init__(self, console: Console, title: str, counter: CountingSubscriber) -> None:
        self._counter = counter
        self._already = counter.delivered
        self._bar = Bar(
            TextColumn(title),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[pace]}"),
            TimeRemainingColumn(),
        )
        self._task = self._bar.add_task("", total=1.0, pace="")
        self._live = Live(self._bar, console=console, refresh_per_second=1 / REFRESH_S)
        self._started = perf_counter()
        self._next_s = self._started + REFRESH_S

    def __enter__(self) -> LiveTable:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, value, trace)

    def __call__(self, progress: Progress) -> None:
        now_s = perf_counter()
        if now_s < self._next_s:
            return
        self._next_s = now_s + REFRESH_S
        pace = progress.t_s / (now_s - self._started)
        done = min(progress.t_s, progress.duration_s)
        self._bar.update(self._task, total=progress.duration_s, completed=done, pace=f"{pace:.0f} x real time")
        self._live.update(Group(self._bar, _figures(progress, self._counter.delivered - self._already)))


def _figures(progress: Progress, delivered: int) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0))
    for name in ("frequency", "ROCOF", "command", "inverter", "SoC", "state", "limited by", "sent", "delivered"):
        table.add_column(name, justify="right", min_width=9)
    values = progress.telemetry
    if values:
        soc = values["soc_pct_x100"]
        table.add_row(
            f"{values['freq_uhz'] / 1e6:.3f} Hz",
            f"{values['rocof_mhz_s'] / 1000:+.2f} Hz/s",
            f"{values['permitted_w']:+d} W",
            f"{values['delivered_w']:+d} W",
            "unknown" if soc < 0 else f"{soc / 100:.1f} %",
            _name(messages.names_of("STATES"), values["state"]),
            _name(limits.NAMES, values["limiter"]),
            str(progress.produced),
            str(delivered),
        )
    return table


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if 0 <= index < len(names) else str(index)


def summary(screen: Screen, record: RunRecord) -> None:
    """Print a run's checks and the figures that people ask for first."""
    table = Table("", "check", "measured", "limit", "meaning", title=escape(record.title), title_justify="left")
    for check in record.checks:
        mark = "[green]ok[/]" if check.ok else "[red]FAIL[/]"
        measured = f"{check.measured:g}" if isinstance(check.measured, float) else str(check.measured)
        table.add_row(mark, *map(escape, (check.name, f"{measured} {check.unit}".strip(), check.limit, check.meaning)))
    screen.table(table)
    figures = record.figures
    words = [
        f"{figures['speed_ratio']:.0f} x real time",
        f"{figures['produced']:.0f} records produced, {figures['delivered']:.0f} delivered",
        f"{figures['dropped']:.0f} dropped",
        f"worst loop gap {figures['loop_gap_max_ms']:.1f} ms",
    ]
    if "nadir_with_hz" in figures:
        words.append(f"nadir {figures['nadir_with_hz']:.3f} Hz, without response {figures['nadir_without_hz']:.3f} Hz")
    if figures.get("steps_answered", 0) > 1:
        words.append(
            f"{figures['steps_answered']:.0f} steps answered, median {figures['step_median_ms']:.1f} ms,"
            f" 99th percentile {figures['step_p99_ms']:.1f} ms"
        )
    if record.breakdown:
        words.append("response " + " + ".join(f"{name} {ms:.1f} ms" for name, ms in record.breakdown))
    screen.say("; ".join(words))
    if any(text == errors_text.fault_name(errors.CONTROL_ALLOCATED) for _t_s, text in record.events):
        screen.say("the control path allocated: see docs/architecture.md, wall 3", "red")
