"""The estimator over a test of which the truth is known: what it said, and how that compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry, Floats
from twin.battery.cycler import Record
from twin.estimate.figures import figures
from twin.estimate.state import start, unmeasured
from twin.estimate.step import step

SETTLED_S = 600.0


@dataclass(frozen=True)
class Trial:
    """What was told every `every` rows, [time] or [time, start]."""

    time_s: Floats
    truth: Floats
    told: NDArray[np.void]  # FIGURES

    @property
    def error(self) -> Floats:
        return self.told["soc"] - self.truth[:, None]

    def rmse(self, after_s: float = SETTLED_S) -> Floats:
        """Return the root mean square error of SoC from each start, from after_s on."""
        return np.sqrt(np.mean(np.square(self.error[self.time_s >= after_s]), axis=0))

    def coverage(self) -> Floats:
        """Return the share of all instants at which the 95 % interval had the truth in it."""
        truth = self.truth[:, None]
        return np.mean((self.told["soc_low"] <= truth) & (truth <= self.told["soc_high"]), axis=0)

    def half_width(self, after_s: float = 3600.0) -> Floats:
        """Return the median half of the interval, from after_s on (NaN where the test ends before)."""
        late = self.time_s >= after_s
        if not late.any():
            return np.full(self.told.shape[1], np.nan)
        return np.median((self.told["soc_high"] - self.told["soc_low"])[late] / 2.0, axis=0)


def run(
    record: Record,
    truth: Floats,
    chemistry: Chemistry,
    starts: Sequence[float],
    sigma: float | None = None,
    every: int = 10,
) -> Trial:
    """Step one vehicle a start through the record; sigma as in `start`."""
    states = start(len(starts), chemistry, soc=np.array(starts), soc_sigma=sigma)
    rows = unmeasured(len(starts))
    at, told = [], []
    for k in range(len(record.time_s)):
        rows["dt_s"] = record.dt_s[k]
        rows["current_a"] = record.current_a[k]
        rows["current_now_a"] = record.current_now_a[k]
        rows["voltage_v"] = record.voltage_v[k]
        rows["temperature_c"] = record.temperature_c[k]
        step(states, rows, chemistry)
        if k % every == 0:
            at.append(k)
            told.append(figures(states, chemistry))
    return Trial(record.time_s[at] - record.time_s[0], np.clip(truth[at], 0.0, 1.0), np.stack(told))
