"""The estimator's rows as a table: each figure beside its limit, red where it is over."""

from __future__ import annotations

from rich.table import Table

from studies.estimator_bench.cost import Cost
from studies.estimator_bench.verdict import Row


def table(rows: list[Row]) -> Table:
    """Return the table of all rows."""
    shown = Table(title="Estimator: measured / limit", title_justify="left")
    shown.add_column("test", max_width=44)
    for name in ("path", "class", "f0", "fs"):
        shown.add_column(name)
    for name in ("FE mHz", "RFE mHz/s", "response ms", "noise x bound"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("worst at")
    for row in rows:
        response = _beside(row.response_ms, row.response_limit_ms, 1)
        if row.rfe_response_ms is not None:
            response += f", {_beside(row.rfe_response_ms, row.rfe_response_limit_ms, 1)}"
        shown.add_row(
            row.test,
            row.path,
            row.cls,
            str(row.nominal_hz),
            str(row.sample_hz),
            _beside(row.fe_mhz, row.fe_limit_mhz, 2),
            _beside(row.rfe_mhz_s, row.rfe_limit_mhz_s, 0),
            response,
            _beside(row.bound_ratio, row.bound_limit, 2),
            row.worst,
            style="" if row.ok else "bold red",
        )
    return shown


def _beside(value: float | None, limit: float | None, digits: int) -> str:
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    if limit is None:
        return f"[dim]{text}[/dim]"
    colour = "green" if value <= limit else "red"
    return f"[{colour}]{text}[/{colour}] / {limit:g}"


def cost_line(costs: list[Cost]) -> str:
    """Return what a sample costs on each interpreter."""
    return "cost a sample: " + ", ".join(f"{cost.ns_per_sample:.0f} ns ({cost.where})" for cost in costs)
