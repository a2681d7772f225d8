"""A frequency step is answered while TLS handshakes and contract checks keep the controller busy."""

from __future__ import annotations

import pytest
from namespace_needs import need
from timekeeping import on_time

from hil.interop import steps

COUNT = 3


@pytest.mark.timeout(300)
def test_every_step_is_answered_whatever_else_goes_on() -> None:
    need(java=False)
    with on_time():
        runs = {run.load: run for run in steps.run(COUNT, lambda _text: None)}
        assert list(runs) == [name for name, _work in steps.LOADS]
        for run in runs.values():
            assert run.steps == len(run.answers) == COUNT
            assert all(answer.delay_ms > 0 for answer in run.answers)
        # Each step had somebody's handshake or contract in the middle of it, more than one a second went through.
        for name in ("TLS handshakes", "contract checks"):
            assert len(runs[name].hit) == COUNT
            assert len(runs[name].spans) > COUNT
