"""The fleet study: against arithmetic, against the board in lock step, and for what it is meant to show."""

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from command_line.study import app
from gridkeel.params import Parameters
from hil.bench.play import delivery
from hil.bench.play import play as play_scenario
from hil.plants.grid import GridConfig
from hil.rigs import rig as rigs
from hil.scenarios import scenario as scenarios
from host_tools.errors import ToolError
from studies.fleet.cases import STEP_S, play
from studies.fleet.figures import damping_ratio, largest_rocof_hz_s, settling_s, work_out
from studies.fleet.fleet import BLOCK, Fleet
from studies.fleet.identity import identities
from studies.fleet.scenes import EVENTS, GRID, LOSS, PLANS, REGULATIONS, RESERVES, RETURNS, SWING, TRIPS
from studies.fleet.spread import shares_of
from studies.fleet.study import run


def test_figures_of_curves_that_are_known():
    t_s = np.arange(0.0, 200.0, STEP_S)
    for ratio in (0.05, 0.2, 0.4):
        decay = ratio / math.sqrt(1 - ratio**2)
        assert damping_ratio(50 + np.exp(-decay * t_s) * np.sin(t_s)) == pytest.approx(ratio, rel=0.02)
    assert damping_ratio(50 + np.exp(-t_s)) is None
    assert largest_rocof_hz_s(50 - 0.3 * t_s) == pytest.approx(0.3)
    assert settling_s(np.where(t_s < 7.0, 50.1, 50.0)) == pytest.approx(7.0)
    assert settling_s(np.full(100, 50.0)) == 0.0
    # What still moves when the window ends has not settled in it, however near it is to its own end.
    assert settling_s(50 - 0.01 * t_s) == math.inf
    assert settling_s(50 + np.exp(-t_s / 100)) == math.inf


def test_stagger_is_even_and_always_the_same():
    places = shares_of(identities(20_480))
    assert (places == shares_of(identities(20_480))).all()
    counts = np.bincount(places // 16, minlength=64)
    # 320 in each of 64 equal parts on average; five standard deviations of a Poisson count are 89.
    assert counts.size == 64 and np.abs(counts - 320).max() < 89


def test_the_block_size_of_the_fleet_changes_no_figure():
    whole, parameters = BLOCK + 7, Parameters({"start_delay_ms": 0, "stagger": 0})
    fleet = Fleet(whole, parameters)
    powers = [fleet.step(50.0 if k < 10 else 49.6) for k in range(40)]
    assert fleet.running() == whole
    assert len(fleet._blocks) == 2
    single = Fleet(1, parameters)
    alone = [single.step(50.0 if k < 10 else 49.6) for k in range(40)]
    # Clock errors of at most 20 ppm are 1 mHz, 7400 W / 480 mHz: 16 W a charger.
    assert np.abs(np.array(powers) / whole - np.array(alone)).max() < 32


def test_more_chargers_hold_the_frequency_up():
    outcomes = [play(LOSS, GRID, n, 25.0, simulated=50) for n in (0, 10, 10_000, 100_000, 1_000_000)]
    figures = [work_out(one) for one in outcomes]
    nadirs = [one["nadir_hz"] for one in figures]
    assert nadirs == sorted(nadirs)
    assert nadirs[-1] - nadirs[0] > 0.5
    assert figures[-1]["settling_s"] < figures[0]["settling_s"]
    assert figures[-1]["rocof_mhz_s"] < figures[0]["rocof_mhz_s"]


def test_chargers_damp_an_oscillation():
    bare = work_out(play(SWING, GRID, 0, 45.0))
    helped = work_out(play(SWING, GRID, 1_000_000, 45.0, simulated=50))
    assert helped["swing_mhz"] < 0.5 * bare["swing_mhz"]


def test_staggered_returns_disturb_the_grid_less_than_returns_at_one_instant():
    at_once, staggered = (work_out(play(case, GRID, 1_000_000, 40.0, simulated=500)) for case in TRIPS)
    assert at_once["nadir_hz"] < 49.6 < 49.8 < staggered["nadir_hz"]
    at_once, staggered = (play(case, GRID, 1_000_000, 105.0, simulated=300) for case in RETURNS)
    assert work_out(at_once)["nadir_hz"] < 49.6 < 49.9 < work_out(staggered)["nadir_hz"]
    assert at_once.running[-1] == staggered.running[-1] == 1_000_000


def test_the_ring_down_of_the_bare_grid_is_the_one_worked_out_by_hand():
    """2 H T s^2 + (2 H + D T) s + D + 1 / R = 0, while the governors stay inside their reserve."""
    h, t, d, r = GRID.inertia_s, GRID.governor_lag_s, GRID.load_damping_pu, GRID.droop_pu
    natural = math.sqrt((d + 1 / r) / (2 * h * t))
    wanted = (2 * h + d * t) / (2 * h * t) / (2 * natural)
    figures = work_out(play(replace(SWING, swing_pu=0.01), GRID, 0, 90.0))
    assert figures["damping_ratio"] == pytest.approx(wanted, rel=0.05)


def test_a_fast_reserve_saves_the_nadir_that_a_slow_one_loses():
    nothing, slow, fast, both = (
        work_out(play(case, GRID, 1_000_000, 30.0, simulated=99))["nadir_hz"] for case in RESERVES
    )
    assert nothing < 49.2 < slow
    assert nothing + 0.2 < fast
    assert slow + 0.1 < both
    assert fast < both


def test_a_centre_brings_the_frequency_back_and_a_lost_signal_lets_it_go():
    ends = [work_out(play(case, GRID, 1_000_000, 120.0, simulated=20))["end_hz"] for case in REGULATIONS]
    bare, regulated, lost = ends
    assert bare < 49.85
    assert abs(regulated - 50.0) < 0.02
    assert lost == pytest.approx(bare, abs=0.02)


def test_a_demand_response_or_price_that_all_follow_at_one_instant_disturbs_the_grid():
    at_once, spread = (work_out(play(case, GRID, 1_000_000, 110.0, simulated=300)) for case in EVENTS)
    assert spread["zenith_hz"] < at_once["zenith_hz"] - 0.2
    assert spread["power_step_mw"] < 0.1 * at_once["power_step_mw"]
    quick, slow = (work_out(play(case, GRID, 1_000_000, 60.0, simulated=10)) for case in PLANS)
    assert quick["nadir_hz"] < 49.2 < 49.5 < slow["nadir_hz"]


def test_a_million_chargers_are_really_computed():
    outcome = play(replace(LOSS, loss_pu=0.5), GRID, 1_000_000, -4.6)  # 0.4 s in all
    assert outcome.simulated == 1_000_000
    assert outcome.running[-1] == 1_000_000


@pytest.mark.timeout(120)
def test_model_and_board_agree_on_the_nadir(tmp_path):
    """Lock step: one real controller represents 10,000; the model computes 200 for as many."""
    scenario = scenarios.load("swing")
    with delivery(tmp_path) as way:
        record = play_scenario(scenario, rigs.load("lockstep"), {}, way)
    grid = GridConfig(**{**scenario.mains["swing"], "loss_at_s": 5.0})
    outcome = play(replace(LOSS, loss_pu=0.08), grid, 10_000, 30.0, simulated=200)
    work_out(outcome)
    assert outcome.figures["nadir_hz"] == pytest.approx(record.figures["nadir_with_hz"], abs=0.01)


def test_command_writes_page_and_figures(tmp_path):
    found = CliRunner().invoke(app, ["fleet", "--chargers", "10,100", "--seconds", "5", "--part", "loss",
                                     "--out", str(tmp_path)])  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "nadir" in found.output
    page = (tmp_path / "fleet.html").read_text()
    assert "<svg" in page and "http" not in page
    assert '"chargers": 100' in (tmp_path / "fleet.json").read_text()
    figures = json.loads((tmp_path / "fleet.json").read_text())["loss"][0]
    assert (figures["settling_s"], figures["window_s"]) == (None, 5.0)
    assert '<td class="n">&gt; 5</td>' in page and "> 5" in found.output
    with (tmp_path / "fleet-loss.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["chargers"] for row in rows} == {"0", "10", "100"}
    assert min(float(row["freq_hz"]) for row in rows) == pytest.approx(figures["nadir_hz"], abs=1e-3)


def test_parameters_of_every_charger_and_progress_by_the_line(tmp_path):
    options = ["fleet", "--chargers", "1000000", "--seconds", "10", "--part", "swing", "--out", str(tmp_path)]
    plain = CliRunner().invoke(app, options)
    changed = CliRunner().invoke(app, [*options, "--param", "droop_deadband_mhz=1000"])
    assert plain.exit_code == changed.exit_code == 0
    assert "run 2 of 2, swing, 1,000,000 chargers: 50 %" in plain.output
    # Without droop the fleet is no more than load.
    rows = [line for line in changed.output.splitlines() if line.startswith("swing  ")]
    assert rows[0].split()[3:] == rows[1].split()[3:]
    assert isinstance(CliRunner().invoke(app, [*options, "--param", "droop_profile=1"]).exception, ToolError)


def test_settings_that_make_no_study_are_refused():
    for chargers, seconds, parts in (([0], 30, ("loss",)), ([10**7], 30, ("loss",)), ([1], 0, ("loss",))):
        with pytest.raises(ToolError):
            run(chargers, seconds, parts)
    with pytest.raises(ToolError, match="no part"):
        run([1], 30, ("moon",))
