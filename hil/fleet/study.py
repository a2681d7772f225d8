"""The study: the same grid with more and more chargers on it, and with chargers that all act at one instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hil.fleet.cases import Case, Outcome, play
from hil.fleet.figures import work_out
from hil.plants.grid import GridConfig
from host_tools.errors import ToolError

# A grid of the size of the Iberian peninsula's: 10,000 chargers are 0.25 % of it, a million a quarter.
GRID = GridConfig(rated_w=30e9, reserve_w=3e9)
MOST_CHARGERS = 1_000_000
REPRESENTATIVES = 10_000  # controllers computed where only the largest fleet is asked for and runs are long

LOSS = Case("loss", "8 % of the generation is lost", loss_pu=0.08)
SWING = Case(
    "swing", "a load swings by 3 % at 0.1 Hz for 30 s, then lets go", swing_pu=0.03, swing_hz=0.1, swing_s=30.0
)

# No droop, so that nothing but the trips and returns acts.
_QUIET = {"droop_deadband_mhz": 1000, "droop_span_mhz": 10000}
# Feeding in while the sun shines, with the trip limit of the first generation of such devices: the 50.2 Hz problem.
_EXPORT = {**_QUIET, "baseline_w": -3000, "trip_over_mhz": 50200}
# Without secondary control the frequency stays high once the load is gone: the return window must hold it.
_CHARGE = {**_QUIET, "baseline_w": 3000, "return_high_mhz": 50500, "return_delay_ms": 30000}
TRIPS = (
    Case("trip-at-once", "load is lost, 50.2 Hz is passed: all disconnect at one instant", -0.05, parameters=_EXPORT),
    Case(
        "trip-staggered",
        "the same, each disconnects after its own part of 10 s",
        -0.05,
        parameters={**_EXPORT, "stagger": 1, "trip_spread_ms": 10_000},
    ),
)
RETURNS = (
    Case("return-at-once", "the voltage is away for 0.2 s: all return at one instant", dip_s=0.2, parameters=_CHARGE),
    Case(
        "return-staggered",
        "the same, each returns after its own part of 30 s",
        dip_s=0.2,
        parameters={**_CHARGE, "stagger": 1, "return_spread_ms": 30_000},
    ),
)
PARTS = ("loss", "swing", "trip", "return")
LONG_S = 120.0  # what trips and returns need


@dataclass
class Study:
    """Outcomes by part; loss and swing begin with the grid that has no chargers."""

    grid: GridConfig
    parts: dict[str, list[Outcome]] = field(default_factory=dict)

    def figures(self) -> dict[str, object]:
        """Return everything measured, by part, case and number of chargers."""
        return {
            part: [
                {"case": one.case.name, "chargers": one.chargers, "simulated": one.simulated, **one.figures}
                for one in outcomes
            ]
            for part, outcomes in self.parts.items()
        }


@dataclass(frozen=True)
class _Run:
    part: str
    case: Case
    chargers: int
    simulated: int
    duration_s: float


Watch = Callable[[int, int, str, float], None]


def _silent(_position: int, _count: int, _words: str, _share: float) -> None:
    """Nobody watches."""


def run(chargers: Sequence[int], seconds: float, parts: Sequence[str] = PARTS, watch: Watch = _silent) -> Study:
    """Run the study.  watch: called with run number, number of runs, its words, the share of it that is done.

    Errors: ToolError for a number of chargers or a time that makes no study.
    """
    _check(chargers, seconds, parts)
    plan = _plan(sorted(set(chargers)), seconds, parts)
    study = Study(GRID)
    for position, one in enumerate(plan):
        words = f"{one.case.name}, {one.chargers:,} chargers"
        end_s = one.duration_s + 5.0

        def reached(t_s: float, position: int = position, words: str = words, end_s: float = end_s) -> None:
            watch(position, len(plan), words, t_s / end_s)

        outcome = play(one.case, study.grid, one.chargers, one.duration_s, one.simulated, reached)
        work_out(outcome)
        study.parts.setdefault(one.part, []).append(outcome)
    return study


def _plan(chargers: list[int], seconds: float, parts: Sequence[str]) -> list[_Run]:
    plan = []
    for part, case, duration_s in (("loss", LOSS, seconds), ("swing", SWING, max(seconds, SWING.swing_s + 15.0))):
        if part in parts:
            every = part == "loss"  # the loss is the one where each charger is computed, whatever their number
            plan += [_Run(part, case, n, n if every else min(n, REPRESENTATIVES), duration_s) for n in (0, *chargers)]
    most = chargers[-1]
    for part, cases in (("trip", TRIPS), ("return", RETURNS)):
        if part in parts:
            plan += [_Run(part, case, most, min(most, REPRESENTATIVES), LONG_S) for case in cases]
    return plan


def _check(chargers: Sequence[int], seconds: float, parts: Sequence[str]) -> None:
    for n in chargers:
        if not 1 <= n <= MOST_CHARGERS:
            raise ToolError(f"--chargers {n} is outside 1..{MOST_CHARGERS}")
    if not chargers:
        raise ToolError("--chargers names no number")
    if not 2 <= seconds <= 3600:
        raise ToolError(f"--seconds {seconds:g} is outside 2..3600")
    for part in parts:
        if part not in PARTS:
            raise ToolError(f"no part {part!r}: one of {', '.join(PARTS)}")
