"""Verdict on steps in real time: this machine's clock is judged before the controller is."""

from __future__ import annotations

from hil.interop.steps import ALONE, LIMIT_MS, Run

OK, OVER, UNANSWERED, NOT_JUDGED = "ok", "over the limit", "not all answered", "not judged"


def verdicts(runs: list[Run]) -> dict[str, str]:
    """Return one for each load.

    Every step must be answered, wherever it runs. The limit holds for the 95th percentile, and only where the same
    controller keeps it alone: a machine too busy for that says nothing about what the load adds.
    """
    alone = next((run for run in runs if run.load == ALONE), None)
    fit = alone is not None and alone.delay_ms(95) <= LIMIT_MS
    return {run.load: _verdict(run, fit) for run in runs}


def _verdict(run: Run, fit: bool) -> str:
    if len(run.answers) < run.steps:
        return UNANSWERED
    if not run.hit or not fit:
        return NOT_JUDGED
    return OK if run.delay_ms(95) <= LIMIT_MS else OVER
