"""A frequency step is answered while TLS handshakes and contract checks keep the controller busy."""

from __future__ import annotations

import pytest
from namespace_needs import need

from hil.interop import steps

COUNT = 3


@pytest.mark.timeout(300)
def test_every_step_is_answered_whatever_else_goes_on() -> None:
    need(java=False)
    runs = {run.load: run for run in steps.run(COUNT, lambda _text: None)}
    assert list(runs) == ["none", "TLS handshakes", "contract checks"]
    for run in runs.values():
        assert run.unanswered == 0
        assert len(run.delays_ms) == COUNT
        assert all(delay_ms > 0 for delay_ms in run.delays_ms)
    # Each step had somebody's handshake or contract about it: more than one a second went through.
    assert runs["TLS handshakes"].done > COUNT
    assert runs["contract checks"].done > COUNT
