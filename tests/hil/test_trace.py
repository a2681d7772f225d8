"""Traces: the record's own facts, the rows it lacks, and a phase that is the frequency's integral."""

import numpy as np
import pytest

from hil.plants.trace import IBERIA_CSV, Trace, load_iberia
from host_tools.errors import MissingError, ToolError


def test_record_has_the_rows_its_description_states():
    whole = load_iberia(start=None, end=None)
    assert whole.t_s.size == 3600
    assert whole.clock(0) == "11:00:00"
    assert whole.clock(whole.duration_s) == "12:59:58"
    assert whole.filled_rows == 10
    assert whole.nominal_v == pytest.approx(27732.2, abs=0.1)


def test_record_collapses_between_12_33_16_and_12_33_24():
    trace = load_iberia()
    at = {trace.clock(t): t for t in trace.t_s}
    assert trace.freq_hz(at["12:33:16"]) == pytest.approx(49.942)
    assert trace.freq_hz(at["12:33:22"]) == pytest.approx(47.476)
    assert trace.voltage_pu(at["12:33:22"]) == pytest.approx(0.928, abs=0.001)
    assert trace.voltage_pu(at["12:33:24"]) == pytest.approx(0.019, abs=0.001)
    assert trace.valid(at["12:33:22"])
    assert not trace.valid(at["12:33:24"])
    assert not trace.valid(np.arange(at["12:33:24"], 240.0, 0.5)).any()


def test_frequency_column_of_dead_mains_is_not_believed():
    trace = load_iberia()
    after = np.arange(146.0, 240.0, 0.1)
    assert trace.freq_hz(after) == pytest.approx(47.476)
    assert trace.absent_rows == 49


def test_row_without_numbers_is_interpolated_and_counted():
    trace = load_iberia(start="12:30:58", end="12:31:02")
    assert trace.filled_rows == 1
    assert trace.freq_hz(2.0) == pytest.approx((49.988 + 49.988) / 2)
    before, missing, after = trace.voltage_pu([0.0, 2.0, 4.0])
    assert missing == pytest.approx((before + after) / 2)


def test_window_may_start_and_end_between_rows():
    trace = load_iberia(start="12:33:17", end="12:33:19")
    assert trace.t_s.tolist() == [0.0, 1.0, 2.0]
    assert trace.freq_hz(0.0) == pytest.approx((49.942 + 49.902) / 2)


@pytest.mark.parametrize(
    ("start", "end"), [("10:00", "12:35"), ("12:35", "12:31"), ("12:31", "13:00"), ("noon", "12:35"), ("25:00", None)]
)
def test_times_that_make_no_sense_are_refused_with_the_way_out(start, end):
    with pytest.raises(ToolError, match=r"11:00:00..12:59:58|HH:MM"):
        load_iberia(start=start, end=end)


def test_record_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(MissingError, match="nowhere.csv"):
        load_iberia(tmp_path / "nowhere.csv")
    damaged = tmp_path / "damaged.csv"
    damaged.write_text(IBERIA_CSV.read_text().replace("AnalyzerL1Frequency", "Frequency", 1))
    with pytest.raises(ToolError, match=r"damaged\.csv.*AnalyzerL1Frequency"):
        load_iberia(damaged)


def test_phase_is_the_exact_integral_of_the_frequency():
    trace = load_iberia(start=None, end=None)
    # The trapezoid is exact between breakpoints, so halves of every 2 s segment must add up.
    t_s = np.arange(0.0, trace.duration_s + 0.5, 1.0)
    freq_hz = trace.freq_hz(t_s)
    summed = np.concatenate(([0.0], np.cumsum(0.5 * (freq_hz[1:] + freq_hz[:-1]), dtype=np.longdouble)))
    assert np.abs(trace.phase_turns(t_s) - summed).max() < 1e-9


def test_phase_is_continuous_over_a_frequency_jump_and_its_slope_is_not():
    trace = Trace.step(1.0, 49.5, duration_s=2.0)
    assert trace.freq_hz([1.0 - 1e-9, 1.0]).tolist() == [50.0, 49.5]
    before, at, after = trace.phase_turns([1.0 - 1e-6, 1.0, 1.0 + 1e-6])
    assert at - before == pytest.approx(50.0e-6, rel=1e-6)
    assert after - at == pytest.approx(49.5e-6, rel=1e-6)


def test_jump_of_voltage_takes_the_later_value_at_its_time():
    trace = Trace.from_points([(0, 50), (1, 50, 1.0), (1, 50, 0.0), (2, 50, 0.0)])
    assert trace.voltage_pu([0.999999, 1.0, 1.5]).tolist() == [1.0, 0.0, 0.0]
    assert trace.valid([0.5, 1.0]).tolist() == [True, False]


def test_the_ends_of_a_trace_hold_and_its_phase_goes_on():
    trace = Trace.with_rocof(1.0, -1.0, 49.0, hold_s=1.0)
    assert trace.freq_hz([-5.0, 0.0, 1.5, 2.0, 99.0]).tolist() == [50.0, 50.0, 49.5, 49.0, 49.0]
    assert trace.rocof_hz_s([-5.0, 0.5, 1.5, 2.5, 99.0]).tolist() == [0.0, 0.0, -1.0, 0.0, 0.0]
    assert trace.phase_turns(4.0) - trace.phase_turns(3.0) == pytest.approx(49.0)
    assert trace.phase_turns(-1.0) == pytest.approx(-50.0)


def test_value_before_a_sloping_start_holds():
    trace = Trace.from_points([(0, 50, 1.0), (1, 51, 0.5)])
    assert trace.freq_hz(-1.0) == 50.0
    assert trace.voltage_pu(-1.0) == 1.0
    assert trace.phase_turns(-2.0) == pytest.approx(-100.0)


def test_sine_modulation_swings_as_asked():
    trace = Trace.sine(2.0, freq_depth_hz=0.5, voltage_depth_pu=0.1, duration_s=3.0)
    t_s = np.linspace(0.0, 3.0, 5001)
    assert np.abs(trace.freq_hz(t_s) - (50 + 0.5 * np.sin(4 * np.pi * t_s))).max() < 1e-4
    assert trace.voltage_pu(t_s).max() == pytest.approx(1.1, abs=1e-4)
    assert trace.phase_turns(3.0) == pytest.approx(150.0, abs=1e-9)


@pytest.mark.parametrize(
    "points", [[], [(0, 50), (-1, 50)], [(0, float("nan"))], [(0, 50, float("inf"))], [(0, 50, -0.1)]]
)
def test_points_that_are_no_trace_are_refused(points):
    with pytest.raises(ToolError):
        Trace.from_points(points)


def test_ramp_away_from_its_goal_is_refused():
    with pytest.raises(ToolError, match="turn its sign"):
        Trace.with_rocof(1.0, 1.0, 49.0)
