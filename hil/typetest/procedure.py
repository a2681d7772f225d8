"""A procedure: what the mains do, with which parameters, and what is measured on the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hil.bench.scenario import Scenario
from hil.typetest.finding import Finding
from hil.typetest.recording import Recording

START_S = 4.0  # the controller has found its inverter, started, and stands at its pre-disturbance power


class Mains:
    """The stimulus as breakpoints, written one stretch after the other; `t_s` is its end so far."""

    def __init__(self, freq_hz: float) -> None:
        self.t_s = 0.0
        self._freq_hz = freq_hz
        self.points: list[tuple[float, float, float]] = [(0.0, freq_hz, 1.0)]
        self.hold(START_S)

    def hold(self, for_s: float, voltage_pu: float = 1.0) -> float:
        """Stay for a time; return when it began."""
        began_s = self.t_s
        self.points.append((self.t_s, self._freq_hz, voltage_pu))
        self.t_s += for_s
        self.points.append((self.t_s, self._freq_hz, voltage_pu))
        return began_s

    def step(self, freq_hz: float, for_s: float) -> float:
        """Jump to a frequency and stay; return when the jump was."""
        self._freq_hz = freq_hz
        return self.hold(for_s)

    def ramp(self, freq_hz: float, rate_hz_s: float) -> float:
        """Go to a frequency at a rate; return when it began."""
        began_s = self.t_s
        self.t_s += abs(freq_hz - self._freq_hz) / rate_hz_s
        self._freq_hz = freq_hz
        self.points.append((self.t_s, freq_hz, 1.0))
        return began_s

    def sine(self, depth_hz: float, rate_hz: float, for_s: float) -> float:
        """Swing around where it is; return when it began."""
        began_s = self.t_s
        for since_s in np.arange(0.0, for_s, 0.01 / rate_hz):
            freq_hz = self._freq_hz + depth_hz * float(np.sin(2 * np.pi * rate_hz * since_s))
            self.points.append((began_s + float(since_s), freq_hz, 1.0))
        self.t_s += for_s
        self.points.append((self.t_s, self._freq_hz, 1.0))
        return began_s


@dataclass
class Procedure:
    """mains: a scenario's mains.  parameters: set for this procedure only, and named in the report.

    measure: from the recording to the findings.
    """

    name: str
    title: str
    mains: dict[str, Any]
    duration_s: float
    measure: Callable[[Recording], list[Finding]]
    parameters: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, title: str, mains: Mains, measure: Callable[[Recording], list[Finding]], **parameters: int):
        """Build from a written stimulus."""
        points = [list(point) for point in (*mains.points, (mains.t_s + 60.0, *mains.points[-1][1:]))]
        return cls(name, title, {"points": points}, mains.t_s, measure, parameters)

    def scenario(self, parameters: dict[str, int]) -> Scenario:
        """Return the bench's scenario that plays this procedure on a controller set to `parameters`."""
        return Scenario(
            name=self.name,
            title=self.title,
            summary="",
            duration_s=self.duration_s,
            mains=self.mains,
            inverter={"battery": {"soc_pct": 65.0, "capacity_wh": 80000.0}},
            parameters={**parameters, **self.parameters},
        )
