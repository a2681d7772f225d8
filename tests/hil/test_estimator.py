"""The estimator's bench on its thinned grid: every limit of class P and M holds, and a wrong estimator fails."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from command_line.root import app
from gridkeel.sensing import edges, report_weights, weights
from studies.estimator_bench import edge_tests, rough, standard
from studies.estimator_bench.clauses import CLAUSES
from studies.estimator_bench.edges import crossings
from studies.estimator_bench.track import EDGES, EDGES_LONG, SHORT, parameters_for, run
from studies.estimator_bench.verdict import OWN, Point, Row, Trial, bound_mhz, measure
from studies.estimator_bench.wave import Wave, frequency_step, phase_modulation, ramp

KEYS = {
    "test",
    "path",
    "class",
    "fe_mhz",
    "fe_limit_mhz",
    "rfe_mhz_s",
    "rfe_limit_mhz_s",
    "response_ms",
    "pass",
}


def only(tests: list[Trial], name: str, path: str) -> Trial:
    return next(test for test in tests if test.name.startswith(name) and test.path == path)


def test_every_limit_holds_and_the_rows_say_so(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    words = ["bench", "estimator", "--quick", "--quiet", "--json", str(file), "--out", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    rows = json.loads(file.read_text())
    assert len(rows) > 30
    for row in rows:
        assert row.keys() >= KEYS
        assert row["pass"], row
    page = (tmp_path / "estimator.html").read_text()
    assert page.count("<svg") == 1 + len(CLAUSES) and "http" not in page and "mathdefault" not in page
    for clause in CLAUSES:
        assert f"<h2>{clause.title}</h2>" in page
    with (tmp_path / "estimator.csv").open() as written:
        points = list(csv.DictReader(written))
    assert len(points) == sum(row["points"] for row in rows)
    for row in rows:
        mine = [
            float(point["fe_mhz"])
            for point in points
            if all(point[key] == str(row[key]) for key in ("test", "path", "nominal_hz", "sample_hz"))
        ]
        assert row["worst"] and max(mine) >= row["fe_mhz"] - 1e-3
    assert {row["class"] for row in rows} == {"P", "M", "own"}
    assert {row["path"] for row in rows} == {"short", "long", "edges", "edges long", "report f0/2", "report f0/5"}


@pytest.mark.parametrize("sample_hz", [4800, 9600])
def test_every_limit_holds_at_sixty_hertz_and_other_rates(sample_hz: int) -> None:
    parameters = parameters_for(60, sample_hz)
    for test in standard.tests(60, True):
        row = measure(test, parameters)
        assert row.ok, row


def test_worse_weights_fail_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = standard.tests(50, True)
    out_of_band = only(tests, "out of band", "long")
    assert measure(out_of_band, parameters_for()).ok
    monkeypatch.setattr(weights, "LONG", (31250,) * 16)
    assert not measure(out_of_band, parameters_for()).ok


def test_a_biased_clock_fails_the_limits() -> None:
    point = Point("200 ppm unknown", Wave(50.0, clock_ppm=200.0))
    assert not measure(Trial("clock", SHORT, OWN, [point], 5.0), parameters_for()).ok


def test_a_wrong_rule_for_holding_fails_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = only(rough.tests(50.0, True), "phase jumps", SHORT)
    assert measure(jumps, parameters_for()).ok
    monkeypatch.setattr("gridkeel.sensing.jumps.SUDDEN", 1 << 29)
    monkeypatch.setattr("gridkeel.sensing.jumps.SUSPICIOUS", 1 << 29)
    assert not measure(jumps, parameters_for()).ok


def test_a_suspicion_that_is_never_given_up_is_seen_by_the_true_step(monkeypatch: pytest.MonkeyPatch) -> None:
    step = only(rough.tests(50.0, True), "frequency steps", SHORT)
    monkeypatch.setattr("gridkeel.sensing.jumps.JUMP_LEAST", -(1 << 29))
    row = measure(step, parameters_for())
    assert not row.ok


def test_too_eager_holding_is_seen_by_the_true_step(monkeypatch: pytest.MonkeyPatch) -> None:
    step = only(rough.tests(50.0, True), "frequency steps", SHORT)
    assert measure(step, parameters_for()).ok
    monkeypatch.setattr("gridkeel.sensing.jumps.SUDDEN", 200)
    assert not measure(step, parameters_for()).ok


def test_reports_hold_at_sixty_hertz() -> None:
    for test in standard.reports(60, True):
        row = measure(test, parameters_for(60))
        assert row.ok, row


@pytest.mark.parametrize(("path", "name"), [("report f0/2", "HALF"), ("report f0/5", "FIFTH")])
def test_other_report_weights_fail_the_limits(path: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean over the same hops: as long, and neither as deaf nor as quick."""
    tests = standard.reports(50, True)
    count = len(getattr(report_weights, name))
    monkeypatch.setattr(report_weights, name, (round(1e6 / 2 / count),) * count)
    for kind in ("out of band", "phase modulation"):
        assert not measure(only(tests, kind, path), parameters_for()).ok


def test_edges_hold_at_sixty_hertz() -> None:
    for test in edge_tests.tests(60, True):
        row = measure(test, parameters_for(60))
        assert row.ok, row


def test_another_window_of_edges_fails_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    modulated = only(edge_tests.tests(50, True), "phase modulation", EDGES_LONG)
    assert measure(modulated, parameters_for()).ok
    monkeypatch.setattr(edges, "LONG_HALF", (10, 18, 24, 28, 30))  # least squares: the least noise
    assert not measure(modulated, parameters_for()).ok


def test_edges_that_hold_nothing_fail_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    step = only(edge_tests.tests(50, True), "phase step 10 deg", EDGES)
    assert measure(step, parameters_for()).ok
    monkeypatch.setattr(edges, "SUDDEN", 1)
    row = measure(step, parameters_for())
    assert not row.ok
    assert row.response_ms is not None and row.response_ms > 90.0


def test_a_comparator_sees_each_rise_once() -> None:
    plain = crossings(Wave(50.0, phase0_rad=0.0), 50, 1.0)
    assert len(plain) == 50
    assert np.allclose(plain, 0.015 + 0.02 * np.arange(50), atol=1e-8)
    noisy = crossings(Wave(50.0, phase0_rad=0.0, noise_db=40.0), 50, 1.0)
    assert len(noisy) == 50
    assert 1e-6 < np.std(noisy - plain) < 1e-4
    assert len(crossings(Wave(50.0, amplitude=lambda t_s: np.full_like(t_s, 0.015)), 50, 1.0)) == 0


def test_the_truth_of_a_wave_is_the_slope_of_its_phase() -> None:
    t_s = np.linspace(0.1, 0.9, 500)
    step_s = 1e-5
    for wave in (
        Wave(49.5, motion=ramp(1.0, 0.4)),
        Wave(50.2, motion=phase_modulation(0.17, 3.0)),
        Wave(50.0, motion=frequency_step(0.5, 0.05)),
    ):
        freq_hz, rocof_hz_s = wave.truth(t_s)
        slope = (wave.motion.phase_rad(t_s + step_s) - wave.motion.phase_rad(t_s - step_s)) / (4 * np.pi * step_s)
        assert np.allclose(slope + wave.freq_hz, freq_hz, atol=1e-3)
        change = (wave.truth(t_s + step_s)[0] - wave.truth(t_s - step_s)[0]) / (2 * step_s)
        assert np.allclose(change, rocof_hz_s, atol=1e-2)


def test_the_bound_of_the_noise_is_the_known_one() -> None:
    assert bound_mhz(4800, 0.2, 40.0) == pytest.approx(0.89, abs=0.01)
    assert bound_mhz(4800, 0.2, 60.0) == pytest.approx(0.089, abs=0.001)


def test_mains_gone_shows_within_two_cycles() -> None:
    for nominal_hz in (50, 60):
        parameters = parameters_for(nominal_hz)
        least_v = parameters.nominal_v * parameters.mains_loss_pct / 100
        for at_s in np.linspace(0.5, 0.52, 9):
            wave = Wave(float(nominal_hz), amplitude=lambda t_s, at_s=at_s: np.where(t_s < at_s, 1.0, 0.0))
            track = run(wave, parameters, 0.7)[SHORT]
            gone_s = track.end_s[np.flatnonzero((track.end_s > at_s) & (track.cycle_v < least_v))[0]]
            assert gone_s - at_s + parameters.block_ms / 1000 < 2.0 / nominal_hz


def test_a_row_without_a_limit_holds() -> None:
    assert Row("t", SHORT, OWN, 50, 4800, 1.0, None, 1.0, None).ok
