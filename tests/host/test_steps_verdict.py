"""Steps in real time are judged where the machine allows it, and never where it does not."""

from __future__ import annotations

import pytest

from hil.interop.steps import ALONE, LIMIT_MS, Answer, Run
from hil.interop.steps_verdict import NOT_JUDGED, OK, OVER, UNANSWERED, verdicts

QUICK, SLOW = 0.6 * LIMIT_MS, 1.2 * LIMIT_MS
LOAD = "TLS handshakes"


def _run(load: str, delay_ms: float, steps: int = 20, answered: int = 20) -> Run:
    answers = [Answer(float(k), k + delay_ms / 1000) for k in range(answered)]
    return Run(load, steps, answers, [(k + 0.01, k + 0.03) for k in range(answered)])


@pytest.mark.parametrize(
    ("alone_ms", "loaded", "verdict"),
    [
        (QUICK, _run(LOAD, QUICK), OK),
        (QUICK, _run(LOAD, SLOW), OVER),
        (SLOW, _run(LOAD, SLOW), NOT_JUDGED),
        (SLOW, _run(LOAD, SLOW, answered=19), UNANSWERED),
        (QUICK, _run(LOAD, QUICK, answered=19), UNANSWERED),
    ],
)
def test_a_late_step_fails_only_where_the_machine_kept_time(alone_ms: float, loaded: Run, verdict: str) -> None:
    assert verdicts([_run(ALONE, alone_ms), loaded])[LOAD] == verdict


def test_one_in_twenty_may_be_late_and_two_may_not() -> None:
    loaded = _run(LOAD, QUICK)
    for late, verdict in ((1, OK), (2, OVER)):
        loaded.answers[late].answered_s += 1.0
        assert verdicts([_run(ALONE, QUICK), loaded])[LOAD] == verdict


def test_a_step_that_no_load_fell_into_says_nothing() -> None:
    loaded = _run(LOAD, QUICK)
    loaded.spans = [(k + 0.5, k + 0.6) for k in range(20)]
    assert not loaded.hit
    assert verdicts([_run(ALONE, QUICK), loaded])[LOAD] == NOT_JUDGED
