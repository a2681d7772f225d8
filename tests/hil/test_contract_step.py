"""Wherever a TLS handshake falls around a step, the command is on the wire in time; and one that is too long shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hil.bench.play import Delivery, delivery, play
from hil.report import RunRecord
from hil.rigs import rig
from hil.scenarios import scenario

STEP_S = 14.06
END_S = 15.5  # both steps are answered by then
LIMIT_MS = 100.0
TOO_LONG_MS = 150.0  # a microcontroller without help for elliptic curves


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivery]:
    with delivery(tmp_path_factory.mktemp("uplink")) as way:
        yield way


def _played(way: Delivery, connect_s: float, handshake_ms: float = 15.0) -> RunRecord:
    loaded = scenario.load("contract-step")
    assert loaded.session is not None
    session = replace(loaded.session, connect_s=connect_s, handshake_ms=handshake_ms)
    return play(replace(loaded, session=session, duration_s=END_S), rig.load("lockstep"), {}, way)


@pytest.mark.parametrize("behind_ms", [20, 45])
def test_a_handshake_after_the_step_does_not_delay_the_answer(way: Delivery, behind_ms: int) -> None:
    record = _played(way, STEP_S + behind_ms / 1000)
    assert record.figures["steps_answered"] == 2
    assert record.figures["step_worst_ms"] <= LIMIT_MS
    assert (record.figures["undelivered"], record.figures["dropped"]) == (0, 0)  # a record every 20 ms
    assert record.telemetry.values["dropped"].max() == 0


def test_a_handshake_that_keeps_the_processor_too_long_fails_the_check(way: Delivery) -> None:
    record = _played(way, STEP_S - 0.005, TOO_LONG_MS)
    broken = [check.name for check in record.checks if not check.ok]
    assert "step_to_full_command_ms" in broken
    assert record.figures["handshake_ms"] == TOO_LONG_MS
