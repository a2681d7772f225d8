"""The record of one run: everything the report draws, in the units the names say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Series:
    """Values over a common time: t_s in seconds of the run's virtual time, one array a name, all of one length."""

    def __init__(self, t_s: ArrayLike = (), values: Mapping[str, ArrayLike] | None = None) -> None:
        self.t_s: Floats = np.asarray(t_s, dtype=np.float64)
        self.values: dict[str, Floats] = {
            name: np.asarray(column, dtype=np.float64) for name, column in (values or {}).items()
        }
        for name, column in self.values.items():
            if column.shape != self.t_s.shape:
                raise ValueError(f"{name} has shape {column.shape}, its time {self.t_s.shape}")

    def get(self, name: str, scale: float = 1.0) -> tuple[Floats, Floats] | None:
        """Return (t_s, values * scale), or None where the name is missing or empty."""
        if name not in self.values or not self.t_s.size:
            return None
        return self.t_s, self.values[name] * scale


@dataclass(frozen=True)
class Check:
    """One thing the run had to hold: what was measured, against which limit, and what that means to a reader."""

    name: str
    ok: bool
    measured: float | str
    limit: str
    unit: str = ""
    meaning: str = ""


@dataclass
class RunRecord:
    """One scenario's run.

    truth: freq_hz, voltage_pu.  telemetry: names of the link's telemetry message, in its units, states as numbers.
    plant: delivered_w, target_w, soc_pct, freq_hz.  error: freq_error_mhz.  commands: (t_s, W) as written on the
    wire.  Every power is positive into the vehicle.  breakdown: (part, ms) of the response delay.  extra: further
    series by name; "nadir" holds freq_without_hz and freq_with_hz.  clock_s: local time of day at t_s = 0, where
    the run has one.  focus_s: the stretch worth a second, closer look.  spans: (start_s, end_s, what) of what went on
    meanwhile, shaded there.  error_goal_mhz: drawn as a band.
    """

    scenario: str
    title: str
    started_utc: str
    meta: dict[str, str] = field(default_factory=dict)
    truth: Series = field(default_factory=Series)
    telemetry: Series = field(default_factory=Series)
    plant: Series = field(default_factory=Series)
    error: Series = field(default_factory=Series)
    commands: list[tuple[float, float]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    breakdown: list[tuple[str, float]] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    spans: list[tuple[float, float, str]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    extra: dict[str, Series] = field(default_factory=dict)
    clock_s: float | None = None
    focus_s: tuple[float, float] | None = None
    error_goal_mhz: float | None = None

    @property
    def ok(self) -> bool:
        """Whether every check held; a run that checked nothing has shown nothing."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def span_s(self) -> tuple[float, float]:
        """First and last time of any main series; 0..1 where there is none."""
        filled = [series.t_s for series in (self.truth, self.telemetry, self.plant, self.error) if series.t_s.size]
        if not filled:
            return 0.0, 1.0
        first, last = min(float(t[0]) for t in filled), max(float(t[-1]) for t in filled)
        return (first, last) if last > first else (first, first + 1.0)
