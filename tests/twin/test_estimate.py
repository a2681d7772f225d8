"""The estimator: SoC from a wrong start, intervals that hold the truth, and what is said where nothing can be known."""

from __future__ import annotations

from dataclasses import replace

import battery_tests as cells
import numpy as np
import pytest

from twin.battery import ecm
from twin.battery.chemistry import Chemistry, load
from twin.battery.identify import Test
from twin.estimate import trial
from twin.estimate.figures import CONFIDENT_CAPACITY, OBSERVABILITY, figures
from twin.estimate.state import POINTS, STATE, start, unmeasured
from twin.estimate.step import LONGEST_STEP_S, step

NCA, LMO, LFP = load("nca"), load("lmo"), load("lfp")


def thinned(test: Test, rows: int) -> Test:
    """Return the test as a charger sees it, a record every so many seconds."""
    return Test(test.record.thinned(rows), test.soc[::rows])


def feed(states: np.ndarray, chemistry: Chemistry, steps: int = 1, **values: object) -> None:
    """Step all vehicles with the same values."""
    rows = unmeasured(len(states))
    rows["dt_s"] = 10.0
    for name, value in values.items():
        rows[name] = value
    for _ in range(steps):
        step(states, rows, chemistry)


def kind(states: np.ndarray, chemistry: Chemistry) -> list[str]:
    return [OBSERVABILITY[code] for code in figures(states, chemistry)["observability"]]


@pytest.mark.parametrize(
    ("name", "most"),
    [("25degC_Cycle_2", 0.010), ("25degC_HWFTa", 0.010), ("10degC_Cycle_3", 0.020), ("0degC_UDDS", 0.020)],
)
def test_soc_is_found_from_a_wrong_start_and_kept_from_a_right_one(name: str, most: float) -> None:
    """Records of every ten seconds, of drives that no parameter was fitted to; counting from a right start is exact."""
    test = thinned(cells.panasonic(name), 10)
    found = trial.run(test.record, test.soc, NCA, [1.0, 0.7], every=6)
    assert found.rmse()[1] <= most
    assert found.rmse()[0] <= 0.010
    assert np.all(found.coverage() >= 0.9)
    assert np.all(found.half_width() <= 0.05)


def test_the_interval_holds_for_a_lmo_cell_charged_as_it_never_was_when_identified() -> None:
    charge, pulses = cells.leaf()
    for test in (charge, thinned(pulses, 10)):
        found = trial.run(test.record, test.soc, LMO, [float(test.soc[0]), abs(float(test.soc[0]) - 0.3)], every=2)
        late = found.time_s >= 120.0  # the first voltage is weighed after a minute, and rows are dense before it
        told, truth = found.told[late], found.truth[late, None]
        assert np.all(((told["soc_low"] <= truth) & (truth <= told["soc_high"])).mean(0) >= 0.9)
        assert np.all(found.rmse() <= 0.02)


def iron(size_ah: float = cells.IRON_AH) -> Chemistry:
    scale = size_ah / LFP.capacity_ah
    ohms = {name: getattr(LFP, name) / scale for name in ("r0_ohm", "r1_ohm", "r2_ohm")}
    return replace(LFP, capacity_ah=size_ah, **ohms)


def test_the_interval_holds_on_a_flat_curve_of_another_make() -> None:
    """Cells with plateaus, hysteresis and resistance of their own: no start makes the estimator sure and wrong."""
    holds = []
    for seed in (21, 22):
        test = cells.iron_cell(seed, hours=5.0, dt_s=20.0)
        found = trial.run(test.record, test.soc, iron(), [0.9, 0.6], every=5)
        exact = trial.run(test.record, test.soc, iron(), [0.9], sigma=0.02, every=5)
        assert exact.rmse()[0] <= 0.04, "an exact start is not driven away by a voltage that says little"
        holds += [*found.coverage(), *exact.coverage()]
    assert np.mean(holds) >= 0.9 and np.min(holds) >= 0.7


def test_every_row_comes_out_the_same_whatever_rows_are_beside_it() -> None:
    rng = np.random.default_rng(2)
    many = start(700, NCA, soc=rng.uniform(0.1, 0.9, 700))
    rows = unmeasured(700)
    few = many[::7].copy()
    for _ in range(30):
        rows["dt_s"] = rng.choice([0.0, 1.0, 7.5, 60.0, 1000.0], 700)
        rows["current_a"] = np.where(rng.random(700) < 0.2, np.nan, rng.normal(0.0, 2.0, 700))
        rows["voltage_v"] = np.where(rng.random(700) < 0.2, np.nan, rng.normal(3.7, 0.2, 700))
        rows["soc"] = np.where(rng.random(700) < 0.8, np.nan, rng.random(700))
        step(many, rows, NCA)
        step(few, rows[::7], NCA)
    assert many[::7].tobytes() == few.tobytes()


def test_the_state_is_its_bytes() -> None:
    states = start(20, NCA, soc=0.5)
    feed(states, NCA, 30, current_a=-1.0, voltage_v=3.6)
    again = np.frombuffer(states.tobytes(), STATE).copy()
    feed(states, NCA, 30, current_a=-1.0, voltage_v=3.55)
    feed(again, NCA, 30, current_a=-1.0, voltage_v=3.55)
    assert again.tobytes() == states.tobytes()


def test_counted_charge_is_bit_identical_whatever_the_voltage_says() -> None:
    quiet, loud = start(4, NCA, soc=0.5), start(4, NCA, soc=0.5)
    for k in range(200):
        feed(quiet, NCA, current_a=np.sin(k), voltage_v=np.nan)
        feed(loud, NCA, current_a=np.sin(k), voltage_v=3.2 + 0.004 * k)
    assert quiet["charge_ah"].tobytes() == loud["charge_ah"].tobytes()
    assert not np.array_equal(quiet["weight"], loud["weight"])


@pytest.mark.parametrize(
    "values",
    [
        {"dt_s": -5.0},
        {"dt_s": np.nan},
        {"dt_s": np.inf},
        {"current_a": 1e9},
        {"current_a": -np.inf},
        {"voltage_v": 380.0},
        {"voltage_v": -1.0},
        {"voltage_v": np.inf},
        {"temperature_c": 400.0},
        {"power_w": 1e12},
        {"soc": 1.5},
        {"soc": -0.2},
    ],
)
def test_an_impossible_value_is_counted_and_changes_no_belief(values: dict[str, float]) -> None:
    states = start(3, NCA, soc=0.6)
    feed(states, NCA, 12, current_a=-1.0, voltage_v=3.7, temperature_c=25.0)
    before, rejected = figures(states, NCA), states["rejected"].copy()
    feed(states, NCA, 1, **values)
    after = figures(states, NCA)
    assert np.all(states["rejected"] == rejected + 1)
    for name in ("soc", "soc_low", "soc_high", "temperature_c", "capacity_ah"):
        np.testing.assert_allclose(after[name], before[name], atol=0.5 if name == "temperature_c" else 2e-3)
    assert np.isfinite(states["weight"]).all()


def test_a_step_of_minutes_is_as_good_as_many_of_seconds() -> None:
    short, long = start(2, NCA, soc=0.8, soc_sigma=0.05), start(2, NCA, soc=0.8, soc_sigma=0.05)
    for _ in range(6):
        feed(short, NCA, 300, dt_s=1.0, current_a=-1.0, voltage_v=np.nan)
        feed(long, NCA, 1, dt_s=300.0, current_a=-1.0, voltage_v=np.nan)
    np.testing.assert_allclose(long["level2_a"], short["level2_a"], rtol=1e-4)
    np.testing.assert_allclose(figures(long, NCA)["soc"], figures(short, NCA)["soc"], atol=2e-3)


def test_over_a_long_silence_the_interval_widens_and_the_last_current_is_not_believed() -> None:
    states = start(2, NCA, soc=0.5, soc_sigma=0.02)
    feed(states, NCA, 30, current_a=2.9, voltage_v=np.nan)
    before, charge = figures(states, NCA), states["charge_ah"].copy()
    feed(states, NCA, 1, dt_s=8 * 3600.0, current_a=2.9)
    after = figures(states, NCA)
    assert LONGEST_STEP_S < 8 * 3600.0
    np.testing.assert_array_equal(states["charge_ah"], charge)
    assert np.all(after["soc_high"] - after["soc_low"] > 3.0 * (before["soc_high"] - before["soc_low"]))


def test_ac_charging_is_none_until_the_sessions_energy_bounds_soc() -> None:
    """Power alone: nothing is known at first; where a full charge went in, the battery was empty and is full."""
    states = start(2, NCA)
    assert kind(states, NCA) == ["none", "none"]
    feed(states, NCA, 6, power_w=5.0)
    assert kind(states, NCA) == ["none", "none"]
    feed(states, NCA, 60, dt_s=60.0, power_w=8.0)
    assert kind(states, NCA) == ["counting", "counting"]
    found = figures(states, NCA)
    assert np.all(found["soc"] > 0.75) and np.all(found["soc_high"] > 0.9)


def test_voltage_on_a_slope_is_voltage_and_on_a_plateau_is_counting_at_best() -> None:
    slope, plateau = start(1, NCA, soc=0.5, soc_sigma=0.05), start(1, LFP, soc=0.5, soc_sigma=0.05)
    feed(slope, NCA, 30, current_a=0.0, voltage_v=float(np.interp(0.5, NCA.soc, NCA.ocv_v)), temperature_c=25.0)
    feed(plateau, LFP, 30, current_a=0.0, voltage_v=float(np.interp(0.5, LFP.soc, LFP.ocv_v)), temperature_c=25.0)
    assert kind(slope, NCA) == ["voltage"] and kind(plateau, LFP) == ["counting"]
    assert figures(plateau, LFP)["sigma_after_rest"] > 2.0 * figures(slope, NCA)["sigma_after_rest"]


def test_the_vehicles_word_is_used_and_counts_once_however_often_it_is_said() -> None:
    once, often = start(1, NCA), start(1, NCA)
    feed(once, NCA, 1, soc=0.62)
    feed(often, NCA, 100, soc=0.62, power_w=0.0)
    for states in (once, often):
        found = figures(states, NCA)
        assert kind(states, NCA) == ["vehicle"]
        assert abs(float(found["soc"][0]) - 0.62) < 0.02
        assert 0.03 < float(found["soc_high"][0] - found["soc_low"][0]) / 2 < 0.08


def test_a_vehicle_that_says_0_and_100_in_turn_is_counted_and_not_believed() -> None:
    states = start(1, NCA, soc=0.5)
    feed(states, NCA, 30, current_a=0.0, voltage_v=float(np.interp(0.5, NCA.soc, NCA.ocv_v)), temperature_c=25.0)
    believed = figures(states, NCA)
    for k in range(20):
        feed(states, NCA, 1, soc=float(k % 2), current_a=0.0)
    after = figures(states, NCA)
    assert int(states["rejected"][0]) >= 18
    assert kind(states, NCA) != ["vehicle"]
    np.testing.assert_allclose(after["soc"], believed["soc"], atol=0.01)


def test_a_voltage_that_no_soc_explains_moves_nothing() -> None:
    states = start(1, NCA, soc=0.5, soc_sigma=0.02)
    feed(states, NCA, 30, current_a=0.0, voltage_v=float(np.interp(0.5, NCA.soc, NCA.ocv_v)), temperature_c=25.0)
    before = figures(states, NCA)
    feed(states, NCA, 18, current_a=0.0, voltage_v=2.2, temperature_c=25.0)
    after = figures(states, NCA)
    assert int(states["rejected"][0]) >= 1
    np.testing.assert_allclose(after["soc"], before["soc"], atol=0.03)


def driven(capacity: float, ohms: float, days: int) -> np.ndarray:
    """Return a vehicle whose capacity and resistance are that share of the chemistry's, after days of use."""
    cell = replace(
        NCA, capacity_ah=NCA.capacity_ah * capacity, r0_ohm=NCA.r0_ohm * ohms, r1_ohm=NCA.r1_ohm * ohms,
        r2_ohm=NCA.r2_ohm * ohms,
    )  # fmt: skip
    rng = np.random.default_rng(7)
    day = np.concatenate([np.repeat(rng.normal(-0.9, 1.2, 30), 10), np.zeros(120), np.full(300, 0.9), np.zeros(120)])
    day[:300] *= 0.8 / abs(day[:300].sum() * 30.0 / 3600.0 / 2.9) * capacity
    day[420:720] *= -day[:300].sum() / day[420:720].sum()
    current = np.tile(day, days)
    dt = np.full(len(current), 30.0)
    run = ecm.simulate(cell, dt, current, np.full(len(current), 25.0), 0.92)
    states = start(1, NCA, soc=0.92, capacity_sigma=0.1)
    rows = unmeasured(1)
    for k in range(len(current)):
        rows["dt_s"], rows["current_a"], rows["temperature_c"] = 30.0, current[k], 25.0
        rows["voltage_v"] = run.voltage_v[k]
        step(states, rows, NCA)
    return states


def test_capacity_and_resistance_of_an_aged_cell_are_learned_within_their_intervals() -> None:
    found = figures(driven(capacity=0.85, ohms=1.3, days=5), NCA)[0]
    assert found["capacity_low_ah"] <= 0.85 * 2.9 <= found["capacity_high_ah"]
    assert abs(found["capacity_ah"] / 2.9 - 0.85) < 0.08
    assert found["confidence"] & CONFIDENT_CAPACITY
    at = ecm.Lookup.of(NCA, np.array(float(found["soc"])), np.array(25.0))
    truth = 1.3 * float(at.resistance(NCA.r0_ohm) + at.resistance(NCA.r1_ohm))
    assert found["resistance_low_ohm"] <= truth <= found["resistance_high_ohm"]
    assert abs(found["resistance_ohm"] / truth - 1.0) < 0.12


def test_without_a_temperature_the_estimator_says_how_little_it_knows() -> None:
    states = start(1, NCA, soc=0.5)
    feed(states, NCA, 400, current_a=-0.5, voltage_v=3.6, dt_s=30.0)
    found = figures(states, NCA)[0]
    assert found["temperature_high_c"] - found["temperature_low_c"] > 20.0
    feed(states, NCA, 1, temperature_c=12.0)
    found = figures(states, NCA)[0]
    assert 10.0 < found["temperature_low_c"] < 12.0 < found["temperature_high_c"] < 14.0


def test_two_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="3 vehicles, 2 measurements"):
        step(start(3, NCA), unmeasured(2), NCA)


def test_a_start_is_weighed_and_its_grid_has_the_start_on_it() -> None:
    for soc in (0.0, 0.31, 1.0):
        found = figures(start(1, NCA, soc=soc, soc_sigma=0.02), NCA)[0]
        assert found["soc_low"] <= soc <= found["soc_high"] and abs(found["soc"] - soc) < 0.02
    unknown = figures(start(1, NCA), NCA)[0]
    assert unknown["soc_low"] < 0.05 and unknown["soc_high"] > 0.95
    assert start(2, NCA)["weight"].shape == (2, POINTS)
