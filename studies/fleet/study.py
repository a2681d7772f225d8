"""The study: the same grid with more and more chargers on it, and with chargers that all act at one instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gridkeel.errors import ParameterError
from gridkeel.params import Parameters
from hil.plants.grid import GridConfig
from host_tools.errors import ToolError
from studies.fleet.cases import Case, Outcome, play
from studies.fleet.figures import work_out
from studies.fleet.scenes import GRID, LOSS, PAIRS, PARTS, SWING

MOST_CHARGERS = 1_000_000
REPRESENTATIVES = 10_000  # controllers computed where only the largest fleet is asked for and runs are long
LONG_S = 120.0  # what all but a loss and a swing need


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


@dataclass
class _Run:
    part: str
    case: Case
    chargers: int
    simulated: int
    duration_s: float


Watch = Callable[[int, int, str, float], None]


def _silent(_position: int, _count: int, _words: str, _share: float) -> None:
    """Nobody watches."""


def run(
    chargers: Sequence[int],
    seconds: float,
    parts: Sequence[str] = PARTS,
    changes: Mapping[str, int] | None = None,
    watch: Watch = _silent,
) -> Study:
    """Run the study.

    changes: parameters of every charger, over those of the cases.  watch: called with run number, number of runs, its
    words, the share of it that is done.  Errors: ToolError for what makes no study.
    """
    _check(chargers, seconds, parts)
    plan = _plan(sorted(set(chargers)), seconds, parts)
    for one in plan:
        one.case = _changed(one.case, changes or {})
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
    for part, cases in PAIRS.items():
        if part in parts:
            plan += [_Run(part, case, most, min(most, REPRESENTATIVES), LONG_S) for case in cases]
    return plan


def _changed(case: Case, changes: Mapping[str, int]) -> Case:
    changed = replace(case, parameters={**case.parameters, **changes})
    try:
        Parameters({**changed.parameters, **{name: values[0] for name, values in case.mixed.items()}})
    except ParameterError as error:
        raise ToolError(f"case {case.name}: {error}") from error
    return changed


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
