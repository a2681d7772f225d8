"""Numbers, names and times as a reader wants them."""

from __future__ import annotations

import math

_UNITS = {
    "_mhz_s": "mHz/s",
    "_mhz": "mHz",
    "_uhz": "µHz",
    "_hz": "Hz",
    "_ms": "ms",
    "_us": "µs",
    "_s": "s",
    "_w": "W",
    "_kw": "kW",
    "_mw": "MW",
    "_pct": "%",
    "_pu": "p.u.",
    "_ratio": "×",
    "_var": "var",
    "_wh": "Wh",
    "_kb": "kB",
    "_ppm": "ppm",
    "_c": "°C",
    "_bytes": "B",
}
_UPRIGHT = {"rms": "RMS", "rocof": "ROCOF", "soc": "SoC", "p50": "P50", "p99": "P99", "mqtt": "MQTT"}


def number(value: float | str) -> str:
    """Return a figure in about four significant digits, thousands apart, never with an exponent."""
    if isinstance(value, str):
        return value
    value = float(value)
    if not math.isfinite(value):
        return "–"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = max(0, min(6, 3 - math.floor(math.log10(abs(value)))))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def label_and_unit(name: str) -> tuple[str, str]:
    """Split a figure's name: "max_error_mhz" into ("max error", "mHz")."""
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix):
            return _spoken(name.removesuffix(suffix)), unit
    return _spoken(name), ""


def _spoken(name: str) -> str:
    return " ".join(_UPRIGHT.get(word, word) for word in name.split("_"))


def moment(t_s: float, clock_s: float | None) -> str:
    """Return a time in the run: local time of day where there is one, else seconds."""
    if clock_s is None:
        return f"{t_s:,.3f} s"
    tenths = round((clock_s + t_s) * 10)
    seconds, tenth = divmod(tenths, 10)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{tenth}"
