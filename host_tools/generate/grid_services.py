"""Generated section of docs/grid-services.md: each grid code and profile, its figures, source, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gridkeel import errors
from gridkeel.services import fast_reserve, fast_reserve_text
from gridkeel.services.grid_codes import form
from gridkeel.services.grid_codes.listed import CUSTOM, DROOP_PROFILES, GRID_CODES, TRIP_PROFILES
from host_tools.generate.grid_codes import trips
from host_tools.generate.section import page

_FREQUENCY = (errors.OVER_FREQUENCY, errors.UNDER_FREQUENCY)
_VOLTAGE = (errors.OVER_VOLTAGE, errors.UNDER_VOLTAGE, errors.MAINS_LOST)


def files() -> dict[Path, str]:
    """Return {path: text} of the page."""
    parts = [_codes(), _droop(), _trips(), _reserves()]
    return page("grid-services.md", "the tables of gridkeel.services", [line for part in parts for line in [*part, ""]])


def _codes() -> list[str]:
    lines = ["### Grid codes (`grid_code`)", "", _line("value", "grid code", "Hz"), "|" + "---|" * 3]
    lines += [_line(number, code.name, code.nominal_hz) for number, code in enumerate(GRID_CODES, start=1)]
    for number, code in enumerate(GRID_CODES, start=1):
        lines += ["", f"#### {number}: {_title(code)} (`{code.name}`)", "", _line("part", "figures", "source", "open")]
        lines.append("|" + "---|" * 4)
        droop = f"over: {_curve(code.droop_over)}; under: {_curve(code.droop_under)}"
        droop += f"; 90 % of a step in {_seconds(code.droop_response_ms)}, base {_base(code)}"
        lines.append(_line("droop", droop, code.droop_source, code.droop_open))
        ridden = f"ROCOF {code.rocof_ride_mhz_s / 1000:g} Hz/s; momentary cessation"
        ridden += f" {_blocks(code.block_low_pct, code.block_high_pct)}" if code.block_low_pct else ": none, it trips"
        for part, text in (("trips", _clocks(code)), ("ride-through", ridden), ("enter service", _enter(code))):
            lines.append(_line(part, text, code.trip_source, code.trip_open))
        window = f"enter service at {code.return_volt_pct}..{code.return_high_pct} %; volt-var: {_volt_var(code)}"
        lines.append(_line("voltage", window, code.voltage_source, code.voltage_open))
    return lines


def _droop() -> list[str]:
    lines = ["### Droop (`droop_profile`)", ""]
    lines += ["| index | profile | Hz | over | under | 90 % of a step | base | source | open |", "|" + "---|" * 9]
    own = "parameters droop_deadband_mhz, droop_span_mhz, droop_response_ms"
    lines.append(_line(0, CUSTOM, "any", *["parameters"] * 4, own, ""))
    for number, one in enumerate(DROOP_PROFILES, start=1):
        cells = [_curve(one.droop_over), _curve(one.droop_under), _seconds(one.droop_response_ms), _base(one)]
        lines.append(_line(number, one.name, one.nominal_hz, *cells, one.droop_source, one.droop_open))
    return lines


def _trips() -> list[str]:
    lines = ["### Trips and enter service (`trip_profile`)", ""]
    lines += ["| index | table | Hz | trips | no power | ROCOF ridden through | enter service | source | open |"]
    lines.append("|" + "---|" * 9)
    own = "parameters trip_*, mains_loss_pct, return_*, enter_ramp_s"
    lines.append(_line(0, CUSTOM, "any", *["parameters"] * 4, own, ""))
    for number, one in enumerate(TRIP_PROFILES, start=1):
        cells = [_clocks(one), _blocks(one.block_low_pct, one.block_high_pct)]
        cells += [f"{one.rocof_ride_mhz_s / 1000:g} Hz/s", _enter(one)]
        lines.append(_line(number, one.name, one.nominal_hz, *cells, one.trip_source, one.trip_open))
    return lines


def _reserves() -> list[str]:
    lines = ["### Fast reserve (`fast_reserve`)", ""]
    lines += ["| index | reserve | trigger | full within | hold | ramp-off | ready again | source | open |"]
    lines.append("|" + "---|" * 9)
    for index, row in enumerate(fast_reserve.TABLE[1:], start=1):
        times = [_seconds(row[column]) for column in range(fast_reserve.ACTIVATE_MS, fast_reserve.REARM_MS + 1)]
        trigger = f"{row[fast_reserve.TRIGGER_MHZ] / 1000:g} Hz"
        lines.append(_line(index, row[fast_reserve.NAME], trigger, *times, *fast_reserve_text.SOURCES[index]))
    return lines


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell) if cell != "" else "-" for cell in cells) + " |"


def _curve(points: Sequence[Sequence[int]]) -> str:
    return ", ".join(f"{deviation} mHz {share / 100:g} %" for deviation, share in points) or "silent"


def _title(code: type[form.GridCode]) -> str:
    return (code.__doc__ or code.name).rstrip(".")


def _base(one: type[form.DroopProfile]) -> str:
    return "frozen" if one.droop_frozen_base else "added"


def _clocks(one: type[form.TripProfile]) -> str:
    texts = []
    for fault, limit, clock_ms in trips(one):
        side = ">" if fault in (errors.OVER_FREQUENCY, errors.OVER_VOLTAGE) else "<"
        if fault in _FREQUENCY:
            texts.append(f"f {side} {limit / 1000:g} Hz {_seconds(clock_ms)}")
        elif fault in _VOLTAGE:
            texts.append(f"U {side} {limit / 10:g} % {_seconds(clock_ms)}")
        else:
            texts.append(f"no estimate {_seconds(clock_ms)}")
    return ", ".join(texts)


def _enter(one: type[form.TripProfile]) -> str:
    low_hz, high_hz = one.return_low_mhz / 1000, one.return_high_mhz / 1000
    return f"{low_hz:g}..{high_hz:g} Hz for {_seconds(one.return_delay_ms)}, ramp {one.enter_ramp_s} s"


def _volt_var(code: type[form.GridCode]) -> str:
    if not code.volt_var_curve:
        return "parameters volt_var_*"
    points = ", ".join(f"+-{deviation / 10:g} % {share / 100:g} %" for deviation, share in code.volt_var_curve)
    return f"{points} of reactive_max_var, 90 % of a step in {_seconds(code.volt_var_response_ms)}"


def _blocks(low_pct: int, high_pct: int) -> str:
    under = f"under {low_pct} %" if low_pct else "trips"
    return f"{under}, over {high_pct} %" if high_pct else under


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"
