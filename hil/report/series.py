"""The time series of a run as CSV files next to its page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gridkeel.link.messages import names_of
from hil.report.files import write_csv
from hil.report.record import RunRecord, Series

FOLDER = "series"
_NAMES = {"state": names_of("STATES"), "limiter": names_of("LIMITERS")}


def write_series(record: RunRecord, out: Path) -> list[Path]:
    """Write out/series/<scenario>-<series>.csv for every series that has values; return the paths below `out`.

    The first column is t_s, seconds of the run's virtual time; a cell is empty where there is no value.
    """
    every = {
        "truth": record.truth,
        "telemetry": record.telemetry,
        "plant": record.plant,
        "error": record.error,
        "commands": _commands(record.commands),
        **record.extra,
    }
    paths = []
    for name, series in every.items():
        if series.t_s.size:
            path = Path(FOLDER) / f"{record.scenario}-{name}.csv"
            write_csv(out / path, ["t_s", *series.values], zip(*_columns(series), strict=True))
            paths.append(path)
    return paths


def _commands(commands: Sequence[tuple[float, float]]) -> Series:
    return Series([at_s for at_s, _power_w in commands], {"power_w": [power_w for _at_s, power_w in commands]})


def _columns(series: Series) -> list[Sequence[object]]:
    columns: list[Sequence[object]] = [[round(at_s, 6) for at_s in series.t_s.tolist()]]
    for name, values in series.values.items():
        names = _NAMES.get(name)
        if names is None:
            columns.append([int(value) if value.is_integer() else round(value, 6) for value in values.tolist()])
        else:
            columns.append([names[int(k)] if 0 <= k < len(names) else int(k) for k in values.tolist()])
    return columns
