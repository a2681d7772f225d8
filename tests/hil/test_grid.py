"""The swing grid against what its equations say on paper."""

from dataclasses import replace

import numpy as np
import pytest

from hil.plants.grid import STEP_S, GridConfig, SwingGrid, simulate
from host_tools.errors import ToolError

ISLAND = GridConfig()


def fleet(freq_hz):
    """Droop of one charger, without a delay."""
    return max(-7400.0, 3000.0 - 7400.0 * max(0.0, 49.98 - freq_hz) / 0.48)


def test_the_grid_is_steady_until_something_is_lost():
    grid = SwingGrid()
    grid.run_to(4.9)
    t_s, freq_hz = grid.history()
    assert t_s[-1] == pytest.approx(grid.t_s)
    assert (freq_hz == 50.0).all()


@pytest.mark.parametrize("inertia_s", [2.0, 4.0, 8.0])
def test_initial_rocof_is_the_lost_power_over_the_inertia(inertia_s):
    config = replace(ISLAND, inertia_s=inertia_s)
    t_s, freq_hz = simulate(config, 5.1)
    at = round(config.loss_at_s / STEP_S)
    rocof_hz_s = (freq_hz[at + 5] - freq_hz[at]) / (5 * STEP_S)
    expected = -config.loss_w * config.nominal_hz / (2 * inertia_s * config.rated_w)
    assert rocof_hz_s == pytest.approx(expected, rel=0.01)
    assert t_s[at] == pytest.approx(config.loss_at_s)


def test_steady_state_is_shared_by_droop_and_load_damping():
    _t_s, freq_hz = simulate(ISLAND, 120.0)
    stiffness_pu = 1 / ISLAND.droop_pu + ISLAND.load_damping_pu
    expected = 50.0 * (1 - ISLAND.loss_w / ISLAND.rated_w / stiffness_pu)
    assert freq_hz[-1] == pytest.approx(expected, abs=1e-3)


def test_steady_state_past_the_reserve_is_held_by_the_load_alone():
    config = replace(ISLAND, reserve_w=50e6)
    _t_s, freq_hz = simulate(config, 300.0)
    assert freq_hz[-1] == pytest.approx(50.0 * (1 - (0.08 - 0.05) / config.load_damping_pu), abs=1e-3)


def test_without_governor_the_decay_is_the_exponential_of_the_textbook():
    config = replace(ISLAND, reserve_w=0.0, load_damping_pu=2.0)
    t_s, freq_hz = simulate(config, 15.0)
    since = np.maximum(t_s - config.loss_at_s, 0.0)
    expected = 50.0 * (1 - 0.08 / 2.0 * (1 - np.exp(-since * 2.0 / (2 * config.inertia_s))))
    assert np.abs(freq_hz - expected).max() < 1e-6


def test_chargers_lift_the_nadir():
    _t_s, without = simulate(ISLAND, 40.0)
    _t_s, with_them = simulate(ISLAND, 40.0, fleet)
    assert without.min() < 49.2
    assert with_them.min() > without.min() + 0.3
    _t_s, few = simulate(replace(ISLAND, chargers=100), 40.0, fleet)
    assert without.min() < few.min() < with_them.min()


def test_fleet_acts_by_its_change_since_the_loss():
    grid = SwingGrid()
    grid.set_charger_power_w(3000.0)
    grid.run_to(4.0)
    grid.set_charger_power_w(5000.0)
    grid.run_to(4.999)
    assert grid.freq_hz == 50.0
    grid.run_to(120.0)
    unmoved = grid.freq_hz
    _t_s, without = simulate(ISLAND, 120.0)
    assert unmoved == pytest.approx(without[-1], abs=1e-4)
    grid.set_charger_power_w(5000.0 - 8000.0)  # 10,000 of them give back the 80 MW
    grid.run_to(240.0)
    assert grid.freq_hz == pytest.approx(50.0, abs=1e-3)


def test_more_charging_pulls_the_frequency_down():
    grid = SwingGrid(replace(ISLAND, loss_w=0.0, loss_at_s=0.0))
    grid.set_charger_power_w(1000.0)
    grid.run_to(1.0)
    assert grid.freq_hz < 49.98


def test_phase_is_the_integral_of_the_frequency_and_the_voltage_constant():
    grid = SwingGrid(replace(ISLAND, voltage_pu=0.97))
    phase_turns, voltage_pu = grid.advance(0.0, 48000, 1 / 4800)
    t_s, freq_hz = grid.history()
    turns = np.concatenate(([0.0], np.cumsum(0.5 * (freq_hz[1:] + freq_hz[:-1]) * STEP_S)))
    at = np.arange(48000) / 4800
    assert np.abs(phase_turns[::24] - turns[np.rint(at[::24] / STEP_S).astype(int)]).max() < 1e-9
    assert np.abs(np.diff(phase_turns) * 4800 - np.interp(at[:-1], t_s, freq_hz)).max() < 1e-3
    assert (voltage_pu == 0.97).all()


def test_truth_is_the_history():
    grid = SwingGrid()
    grid.run_to(8.0)
    t_s, freq_hz = grid.history()
    true_hz, rocof_hz_s, voltage_pu, valid = grid.truth(t_s)
    assert true_hz == pytest.approx(freq_hz, abs=1e-12)
    assert rocof_hz_s[:-1] == pytest.approx(np.diff(freq_hz) / STEP_S)
    assert valid.all()
    assert (voltage_pu == 1.0).all()


@pytest.mark.parametrize("changes", [{"inertia_s": 0.0}, {"droop_pu": -0.1}, {"rated_w": 0.0}, {"chargers": -1}])
def test_grid_that_cannot_be_is_refused(changes):
    with pytest.raises(ToolError):
        replace(ISLAND, **changes)
