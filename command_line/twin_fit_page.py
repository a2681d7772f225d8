"""The report of `gridkeel twin fit`: the cell's curves, and what is left of the voltage in each test."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from hil.report import svg
from hil.report.document import Tile, document, figure, table, tiles
from twin.battery import identify
from twin.battery.chemistry import Chemistry
from twin.battery.identify import Test
from twin.estimate import trial

_SIZE_IN = (10.4, 3.0)
_LOW_SOC = 0.1
_WRONG = 0.3
_COLOURS = (svg.MEASURED, svg.SHORT, svg.DELIVERED, svg.COMMAND, svg.ERROR, svg.REQUESTED)


def figures_of(chemistry: Chemistry, tests: list[Test], judges: list[Test]) -> list[dict[str, Any]]:
    """Return a row a test: what the voltage leaves, and for those it was not identified on what the estimator does."""
    rows = []
    for test, use in [(each, "identified on") for each in tests] + [(each, "unseen") for each in judges]:
        above = test.soc > _LOW_SOC
        plain = _rms((identify.model(test, chemistry).voltage_v - test.record.voltage_v)[above])
        helped = _rms((identify.model(test, chemistry, with_residual=True).voltage_v - test.record.voltage_v)[above])
        row: dict[str, Any] = {
            "file": test.record.name,
            "use": use,
            "hours": round(float(test.record.time_s[-1]) / 3600.0, 2),
            "soc_from": round(float(test.soc[0]), 3),
            "soc_to": round(float(test.soc[-1]), 3),
            "voltage_rmse_mv": round(1e3 * plain, 2),
            "with_residual_mv": round(1e3 * helped, 2) if chemistry.residual is not None else None,
            "soc_rmse_pct": None,
            "interval_holds_pct": None,
        }
        if use == "unseen":
            begin = float(test.soc[0])
            found = trial.run(
                test.record, test.soc, chemistry, [begin - _WRONG if begin > 0.5 else begin + _WRONG], every=30
            )
            row["soc_rmse_pct"] = round(100.0 * float(found.rmse()[0]), 2)
            row["interval_holds_pct"] = round(100.0 * float(found.coverage()[0]), 1)
        rows.append(row)
    return rows


def page(chemistry: Chemistry, tests: list[Test], judges: list[Test], rows: list[dict[str, Any]]) -> str:
    """Return the whole page."""
    sure = chemistry.uncertainty
    shown = tiles(
        [
            Tile(f"{chemistry.capacity_ah:.3g}", "Ah", "capacity that SoC counts by"),
            Tile(f"{chemistry.tau1_s:.0f}, {chemistry.tau2_s:.0f}", "s", "time constants"),
            Tile(f"{1e3 * sure.bias_v:.0f}", "mV", "slow error of the voltage, one sigma"),
            Tile(f"{chemistry.identified_c[0]:.0f} to {chemistry.identified_c[1]:.0f}", "°C", "temperatures tested"),
        ]
    )
    head = "<tr>" + "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in rows[0]) + "</tr>"
    body = ["<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row.values()) + "</tr>" for row in rows]
    sections = [
        f"<h1>{escape(chemistry.name)}: {escape(chemistry.cell)}</h1>",
        f'<p class="sub">{escape(chemistry.kind)}. {escape(chemistry.source)}</p>',
        shown,
        table("figures", head, body),
        figure(_curves(chemistry), "Open-circuit voltage and resistances"),
        figure(_errors(chemistry, tests + judges), "What the circuit leaves of the voltage, means over 5 minutes"),
    ]
    return document(f"{chemistry.name}: identified cell", sections, "Current is positive into the cell.")


def _text(value: Any) -> str:
    return "-" if value is None else str(value)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else 0.0


def _curves(chemistry: Chemistry) -> str:
    with svg.style():
        drawing = svg.new_figure(*_SIZE_IN)
        left, right = (svg.bare(axes) for axes in drawing.subplots(1, 2))
        percent = 100.0 * chemistry.soc
        left.plot(percent, chemistry.ocv_v, color=svg.MEASURED, label="at rest")
        amplitude = chemistry.hysteresis.amplitude_v
        if amplitude.any():
            left.fill_between(
                percent,
                chemistry.ocv_v - amplitude,
                chemistry.ocv_v + amplitude,
                color=svg.SPANS[2],
                label="hysteresis",
            )
        left.set(xlabel="SoC, %", ylabel="V")
        left.legend()
        chosen = [k for k, each in enumerate(chemistry.temperature_c) if -10.0 <= each <= 40.0]
        for k, colour in zip(chosen, _COLOURS, strict=False):
            total = chemistry.r0_ohm[k] + chemistry.r1_ohm[k] + chemistry.r2_ohm[k]
            right.plot(percent, 1e3 * total, color=colour, label=f"{chemistry.temperature_c[k]:.0f} °C")
        right.set(xlabel="SoC, %", ylabel="R0 + R1 + R2, mΩ", yscale="log")
        right.legend(ncols=2)
        return svg.to_svg(drawing, "curves", "Open-circuit voltage and resistances over the state of charge")


def _errors(chemistry: Chemistry, tests: list[Test]) -> str:
    with svg.style():
        drawing = svg.new_figure(*_SIZE_IN)
        axes = svg.bare(drawing.subplots())
        for test, colour in zip(tests, _COLOURS * (1 + len(tests) // len(_COLOURS)), strict=False):
            error = test.record.voltage_v - identify.model(test, chemistry).voltage_v
            block = max(1, int(300.0 / max(float(np.median(test.record.dt_s[1:])), 1e-3)))
            count = max(1, len(error) // block)
            used = slice(0, count * min(block, len(error)))
            soc, mean = (each[used].reshape(count, -1).mean(1) for each in (test.soc, error))
            axes.plot(100.0 * soc, 1e3 * mean, ".", ms=3, color=colour, label=test.record.name)
        axes.set(xlabel="SoC, %", ylabel="measured - model, mV")
        axes.legend(ncols=3, fontsize=7)
        return svg.to_svg(drawing, "errors", "Error of the model over the state of charge")
