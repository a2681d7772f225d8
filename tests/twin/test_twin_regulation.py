"""Regulation: the score, who stands for how much, and a share that makes up for those who cannot follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from host_tools.errors import ToolError
from twin.orders.regulation import Regulator, score, shares
from twin.service.agc import Meter, read_signal

TIME_S = np.arange(0, 3600, 10.0)
SIGNAL = 1000.0 * np.sin(TIME_S / 97.0) * np.cos(TIME_S / 331.0)


def test_who_follows_exactly_scores_1() -> None:
    found = score(SIGNAL, SIGNAL)
    assert (found.correlation, found.delay, found.precision, found.score) == pytest.approx((1, 1, 1, 1))


def test_who_does_nothing_scores_no_correlation_and_no_precision() -> None:
    found = score(SIGNAL, np.zeros(len(SIGNAL)))
    assert (found.correlation, found.precision) == (0.0, 0.0)


def test_who_is_late_loses_delay_and_precision_but_no_correlation() -> None:
    late = np.concatenate((np.full(6, SIGNAL[0]), SIGNAL[:-6]))
    found = score(SIGNAL, late)
    assert found.delay_s == 60.0 and found.delay == pytest.approx(0.8)
    assert found.correlation > 0.999 and found.precision < 0.8


def test_half_of_it_is_half_as_precise() -> None:
    assert score(SIGNAL, SIGNAL / 2).precision == pytest.approx(0.5)


@pytest.mark.parametrize("signal", [np.zeros(100), SIGNAL[:5]])
def test_what_cannot_be_scored_is_an_error(signal: np.ndarray) -> None:
    with pytest.raises(ValueError, match="signal"):
        score(signal, signal)


def test_members_stand_for_what_they_can_do_to_both_sides() -> None:
    up, down = np.array([7000.0, 11_000.0, 0.0, 3000.0]), np.array([7000.0, 2000.0, 5000.0, -100.0])
    assert shares(up, down, 1e9).tolist() == [7000, 2000, 0, 0]
    few = shares(up, down, 4000.0)
    assert few.sum() == pytest.approx(4600.0, abs=30) and few[0] / few[1] == pytest.approx(3.5, rel=0.01)
    assert shares(up * 0, down, 1000.0).sum() == 0


def fleet_of(count: int, regulation_w: float, promised_w: float) -> Regulator:
    regulator = Regulator(promised_w)
    for number in range(count):
        regulator.deliver(f"gk-{number}", 1000.0)
        assert regulator.stand(f"gk-{number}", regulation_w)
    return regulator


def test_a_share_is_of_what_the_members_stand_for() -> None:
    regulator = fleet_of(100, 1150.0, 100_000.0)
    assert regulator.command(0.5) == pytest.approx(50_000 / 115_000)
    assert regulator.command(2.0) == pytest.approx(100_000 / 115_000)


def test_nobody_is_commanded_where_nobody_stands_for_anything() -> None:
    assert Regulator(1000.0).command(1.0) is None


@pytest.mark.parametrize("able", [1.0, 0.93])
def test_what_some_cannot_deliver_the_others_make_up_for(able: float) -> None:
    """Seven in a hundred do not follow; after some cycles the sum is there all the same."""
    regulator = fleet_of(100, 1150.0, 100_000.0)
    for _ in range(250):
        share = regulator.command(0.8)
        for number in range(100):
            follows = number < able * 100
            regulator.deliver(f"gk-{number}", 1000.0 + (share * 1150.0 if follows else 0.0))
    assert regulator.delivered_w == pytest.approx(80_000.0, rel=0.01)


def test_feedback_adds_no_more_than_it_may_and_is_gone_with_the_signal() -> None:
    regulator = fleet_of(100, 1150.0, 100_000.0)
    found = [regulator.command(0.5) for _ in range(200)]  # nobody moves
    assert found[-1] == pytest.approx((50_000 + 12_000) / 115_000)
    regulator.end()
    assert regulator.command(0.5) == pytest.approx(50_000 / 115_000)


def test_a_member_that_leaves_is_counted_on_no_longer() -> None:
    regulator = fleet_of(2, 1000.0, 1000.0)
    regulator.leave("gk-0")
    regulator.leave("gk-9")
    assert (len(regulator), regulator.standing_w, regulator.delivered_w) == (1, 1000.0, 0.0)


def test_small_changes_of_what_a_member_stands_for_are_not_told() -> None:
    regulator = fleet_of(1, 1000.0, 1000.0)
    assert not regulator.stand("gk-0", 1050.0) and regulator.standing_w == 1000.0
    assert regulator.stand("gk-0", 0.0) and regulator.standing_w == 0.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t,signal\n0,1\n", "columns"),
        ("t_s,signal\n0,1\n", "two points"),
        ("t_s,signal\n0,1\n2,1.5\n", "line 3.*outside"),
        ("t_s,signal\n0,1\n2,nan\n", "line 3.*outside"),
        ("t_s,signal\n0,1\n60,0\n", "line 3.*60 s after"),
        ("t_s,signal\n0,1\n-2,0\n", "line 3.*-2 s after"),
        ("t_s,signal\n0,x\n", "line 2.*numbers"),
        ("0.5\n\nnan\n", "line 3.*outside"),
        ("0.5\n", "two points"),
    ],
)
def test_a_signal_that_is_none_is_named(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "signal.csv"
    path.write_text(text)
    with pytest.raises(ToolError, match=words):
        read_signal(path)
    path.write_text("t_s,signal\n0,0\n2,-0.5\n")
    assert read_signal(path) == [(0.0, 0.0), (2.0, -0.5)]
    path.write_text("0\n-0.5\n\n1\n")
    assert read_signal(path, 4.0) == [(0.0, 0.0), (4.0, -0.5), (8.0, 1.0)]


def test_what_a_group_delivers_is_put_together_of_records_at_other_instants() -> None:
    """Two members that go straight from 0 to their power, reported every 4 s at other times, once late."""
    meter = Meter()
    meter.take("a", 100.0, 0.0, 0.1)
    meter.take("b", 50.0, 0.0, 0.1)
    assert meter.members == 2 and meter.now_w() == 0.0
    meter.ask([1.1, 4.1, 7.1, 20.0])
    for at_s in (3.0, 7.0, 11.0):
        meter.take("a", 100.0 + at_s, 100.0 * at_s, at_s + 0.1 + (0.5 if at_s == 7.0 else 0.0))
    for at_s in (2.0, 6.0, 10.0):
        meter.take("b", 50.0 + at_s, -50.0 * at_s, at_s + 0.1)
    meter.take("late", 1.0, 9999.0, 3.0)
    meter.end()
    assert meter.late == {"late"}
    assert meter.sums_w == pytest.approx([50.0, 200.0, 350.0, 1100.0 - 500.0])
