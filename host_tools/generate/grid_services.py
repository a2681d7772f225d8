"""Generated section of docs/grid-services.md: every profile, its figures, its source, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gridkeel import errors
from gridkeel.services import fast_reserve, profiles, ride_through
from host_tools.generate.section import page

_FREQUENCY = (errors.OVER_FREQUENCY, errors.UNDER_FREQUENCY)
_VOLTAGE = (errors.OVER_VOLTAGE, errors.UNDER_VOLTAGE, errors.MAINS_LOST)


def files() -> dict[Path, str]:
    """Return {path: text} of the page."""
    parts = [_droop(), _trips(), _reserves()]
    return page("grid-services.md", "the tables of gridkeel.services", [line for part in parts for line in [*part, ""]])


def _droop() -> list[str]:
    lines = ["### Droop (`droop_profile`)", ""]
    lines += ["| index | profile | Hz | over | under | 90 % of a step | base | source | open |", "|" + "---|" * 9]
    for index, row in enumerate(profiles.TABLE):
        base = "frozen" if row[profiles.BASE] == profiles.FROZEN else "added"
        own = index == profiles.CUSTOM
        cells = ["parameters"] * 4 if own else [_curve(row[profiles.OVER]), _curve(row[profiles.UNDER])]
        if not own:
            cells += [_seconds(row[profiles.RESPONSE_MS]), base]
        lines.append(
            _line(index, row[profiles.NAME], row[profiles.NOMINAL_HZ] or "any", *cells, *row[profiles.SOURCE :])
        )
    return lines


def _trips() -> list[str]:
    lines = ["### Trips and enter service (`trip_profile`)", ""]
    lines += ["| index | table | Hz | trips | no power | ROCOF ridden through | enter service | source | open |"]
    lines.append("|" + "---|" * 9)
    for index, row in enumerate(ride_through.TABLE):
        cells = ["parameters"] * 4
        if index != ride_through.CUSTOM:
            cells = [_clocks(row[ride_through.TRIPS])]
            cells.append(_blocks(row[ride_through.BLOCK_PCT], row[ride_through.BLOCK_HIGH_PCT]))
            cells.append(f"{row[ride_through.ROCOF_RIDE_MHZ_S] / 1000:g} Hz/s")
            low, high = row[ride_through.LOW_MHZ], row[ride_through.HIGH_MHZ]
            delay, ramp = _seconds(row[ride_through.DELAY_MS]), row[ride_through.RAMP_S]
            cells.append(f"{low / 1000:g}..{high / 1000:g} Hz for {delay}, ramp {ramp} s")
        lines.append(
            _line(index, row[ride_through.NAME], row[ride_through.NOMINAL_HZ] or "any", *cells)
            + _line(row[ride_through.SOURCE], row[ride_through.OPEN])[1:]
        )
    return lines


def _reserves() -> list[str]:
    lines = ["### Fast reserve (`fast_reserve`)", ""]
    lines += ["| index | reserve | trigger | full within | hold | ramp-off | ready again | source | open |"]
    lines.append("|" + "---|" * 9)
    for index, row in enumerate(fast_reserve.TABLE[1:], start=1):
        times = [_seconds(row[column]) for column in range(fast_reserve.ACTIVATE_MS, fast_reserve.SOURCE)]
        trigger = f"{row[fast_reserve.TRIGGER_MHZ] / 1000:g} Hz"
        lines.append(_line(index, row[fast_reserve.NAME], trigger, *times, *row[fast_reserve.SOURCE :]))
    return lines


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell) if cell != "" else "-" for cell in cells) + " |"


def _curve(points: Sequence[int]) -> str:
    return ", ".join(f"{points[k]} mHz {points[k + 1] / 100:g} %" for k in range(0, len(points), 2)) or "silent"


def _clocks(trips: Sequence[int]) -> str:
    texts = []
    for k in range(0, len(trips), 3):
        fault, limit, clock_ms = trips[k : k + 3]
        side = ">" if fault in (errors.OVER_FREQUENCY, errors.OVER_VOLTAGE) else "<"
        if fault in _FREQUENCY:
            texts.append(f"f {side} {limit / 1000:g} Hz {_seconds(clock_ms)}")
        elif fault in _VOLTAGE:
            texts.append(f"U {side} {limit / 10:g} % {_seconds(clock_ms)}")
        else:
            texts.append(f"no estimate {_seconds(clock_ms)}")
    return ", ".join(texts)


def _blocks(low_pct: int, high_pct: int) -> str:
    under = f"under {low_pct} %" if low_pct else "trips"
    return f"{under}, over {high_pct} %" if high_pct else under


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"
