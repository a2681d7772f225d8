"""A procedure: what the mains do, with which parameters, and what is measured on the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hil.scenarios.scenario import Scenario
from hil.typetest.finding import Finding
from hil.typetest.mains import Mains
from hil.typetest.recording import Recording

# Aids of the tests: nothing here waits for a start or a slow ramp of the base power.
QUICK = {"start_delay_ms": 500, "setpoint_ramp_w_s": 20000}
TAIL_S = 60.0  # the last breakpoint holds for the run's end
Measure = Callable[[Recording], list[Finding]]


@dataclass
class Procedure:
    """mains: a scenario's mains.  parameters: set for this procedure only, and named in the report.

    measure: from the recording to the findings.
    """

    name: str
    title: str
    mains: dict[str, Any]
    duration_s: float
    measure: Measure
    parameters: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, title: str, mains: Mains, measure: Measure, **parameters: int) -> Procedure:
        """Build from a written stimulus."""
        points = [list(point) for point in (*mains.points, (mains.t_s + TAIL_S, *mains.points[-1][1:]))]
        return cls(name, title, {"points": points}, mains.t_s, measure, parameters)

    def scenario(self, parameters: dict[str, int], inverter: dict[str, float]) -> Scenario:
        """Return the bench's scenario that plays this procedure on a controller set to `parameters`."""
        return Scenario(
            name=self.name,
            title=self.title,
            summary="",
            duration_s=self.duration_s,
            mains=self.mains,
            inverter={**inverter, "battery": {"soc_pct": 65.0, "capacity_wh": 80000.0}},
            parameters={**parameters, **self.parameters},
        )
