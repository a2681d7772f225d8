"""The report's small tools: thinning that keeps extremes, stretches of one state, numbers as a reader wants them."""

import numpy as np
import pytest

from hil.report.envelope import envelope, runs
from hil.report.text import label_and_unit, moment, number


def test_envelope_keeps_every_extreme_and_the_ends():
    t_s = np.arange(100_000.0)
    values = np.zeros(t_s.size)
    values[77_777], values[33_333] = 5.0, -3.0
    thin_t, thin = envelope(t_s, values, columns=100)
    assert thin_t.size <= 202
    assert (thin.min(), thin.max()) == (-3.0, 5.0)
    assert thin_t[np.argmax(thin)] == 77_777
    assert (thin_t[0], thin_t[-1]) == (0.0, 99_999.0)
    assert (np.diff(thin_t) > 0).all()


def test_envelope_keeps_gaps_and_leaves_short_series_alone():
    t_s = np.arange(1000.0)
    values = np.where((t_s > 300) & (t_s < 700), np.nan, 1.0)
    _thin_t, thin = envelope(t_s, values, columns=50)
    assert np.isnan(thin).any()
    assert not np.isnan(thin).all()
    assert envelope(t_s[:10], values[:10])[1] is not None
    assert envelope(t_s[:10], values[:10])[0].size == 10


def test_runs_are_the_stretches_of_one_value():
    assert runs(np.arange(6.0), np.array([1, 1, 2, 2, 1, 1])) == [(0.0, 2.0, 1), (2.0, 4.0, 2), (4.0, 5.0, 1)]
    assert runs(np.empty(0), np.empty(0)) == []
    flapping = runs(np.arange(10_000.0), np.arange(10_000) % 2)
    assert len(flapping) == 1500
    assert flapping == sorted(flapping)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (2400, "2,400"),
        (3.21749, "3.217"),
        (0.000123456, "0.000123"),
        (83.4, "83.4"),
        (12345.6, "12,346"),
        (-4400.0, "-4,400"),
        (49.99999, "50"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        ("2 of 3", "2 of 3"),
        (np.int64(7), "7"),
    ],
)
def test_numbers_are_rounded_for_a_reader(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("max_error_mhz", "max error", "mHz"),
        ("rms_error_mhz", "RMS error", "mHz"),
        ("worst_rocof_mhz_s", "worst ROCOF", "mHz/s"),
        ("speed_ratio", "speed", "×"),
        ("produced", "produced", ""),
    ],
)
def test_names_carry_their_units(name, label, unit):
    assert label_and_unit(name) == (label, unit)


def test_moment_is_local_time_where_there_is_one():
    assert moment(1.25, None) == "1.250 s"
    assert moment(136.96, 45_060.0) == "12:33:17.0"
