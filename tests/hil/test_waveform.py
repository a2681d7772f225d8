"""Samples of the mains: frequency, spectrum, noise, quantisation, and sameness however they are asked for."""

import numpy as np
import pytest

from hil.plants.adc import Adc
from hil.plants.grid import SwingGrid
from hil.plants.trace import Trace, load_iberia
from hil.plants.waveform import PointOnWave, WaveformConfig
from host_tools.errors import ToolError

FS = 4800
STEADY = Trace.from_points([(0, 50), (100, 50)])


def pure(**changes):
    settings = {"noise_db": None, "harmonics": {}, "adc_bits": 16, **changes}
    return WaveformConfig(**settings)


def fitted_hz(samples, guess_hz):
    """Least squares of one sine of unknown frequency, by Gauss-Newton."""
    t = np.arange(samples.size) / FS
    hz = guess_hz
    slope = np.zeros(3)
    for _ in range(8):
        c, s = np.cos(2 * np.pi * hz * t), np.sin(2 * np.pi * hz * t)
        a, b = slope[0], slope[1]
        design = np.column_stack((c, s, 2 * np.pi * t * (b * c - a * s)))
        slope = np.linalg.lstsq(design, samples.astype(float), rcond=None)[0]
        hz += slope[2] if a or b else 0.0
    return hz


def volts_rms(samples, uv=16000):
    return float(np.sqrt(np.mean((samples.astype(float) * uv * 1e-6) ** 2)))


@pytest.mark.parametrize("hz", [45.0, 49.5, 50.0, 50.0137, 55.0])
def test_frequency_is_what_the_trace_says(hz):
    wave = PointOnWave(pure(), Trace.from_points([(0, hz)]))
    assert fitted_hz(wave.block(FS), hz) == pytest.approx(hz, abs=2e-6)


def test_sample_clock_that_runs_fast_makes_the_mains_look_slow():
    wave = PointOnWave(pure(sample_clock_ppm=50.0), STEADY)
    assert fitted_hz(wave.block(4 * FS), 50.0) == pytest.approx(50.0 / (1 + 50e-6), abs=2e-6)
    assert wave.t_s == pytest.approx(4.0 / (1 + 50e-6), abs=1e-12)


def test_amplitude_is_the_nominal_voltage_times_the_trace():
    for pu in (1.0, 0.5):
        wave = PointOnWave(pure(), Trace.from_points([(0, 50, pu)]))
        assert volts_rms(wave.block(FS)) == pytest.approx(230 * pu, rel=1e-5)


def test_spectrum_holds_the_harmonics_and_nothing_else():
    wave = PointOnWave(pure(harmonics={3: 0.02, 5: 0.03, 7: 0.02}), STEADY)
    lines = np.abs(np.fft.rfft(wave.block(FS))) / (FS / 2)
    fundamental = lines[50]
    assert fundamental * 16e-3 == pytest.approx(230 * np.sqrt(2), rel=1e-5)
    for order, share in ((3, 0.02), (5, 0.03), (7, 0.02)):
        assert lines[50 * order] / fundamental == pytest.approx(share, abs=1e-5)
    lines[[50, 150, 250, 350]] = 0
    assert lines.max() / fundamental < 1e-4


def test_a_harmonic_s_phase_is_the_configured_one():
    wave = PointOnWave(pure(harmonics={3: 0.1}, harmonic_phase_turns={3: 0.25}), STEADY)
    spectrum = np.fft.rfft(wave.block(FS))
    # Against a sine, so a quarter turn less; the fundamental starts at phase 0.
    assert np.angle(spectrum[150]) - np.angle(spectrum[50]) == pytest.approx(np.pi / 2, abs=1e-3)


@pytest.mark.parametrize("noise_db", [40.0, 60.0])
def test_noise_is_as_far_below_the_fundamental_as_asked(noise_db):
    clean = PointOnWave(pure(), STEADY).block(10 * FS).astype(float)
    noisy = PointOnWave(pure(noise_db=noise_db), STEADY).block(10 * FS).astype(float)
    snr_db = 20 * np.log10(np.std(clean) / np.std(noisy - clean))
    assert snr_db == pytest.approx(noise_db, abs=0.1)


def test_quantisation_gives_whole_steps_and_no_error_over_half_a_step():
    drifting = Trace.from_points([(0, 50.0137)])
    fine = PointOnWave(pure(), drifting).block(FS).astype(int)
    coarse = PointOnWave(pure(adc_bits=12), drifting).block(FS).astype(int)
    assert (coarse % 16 == 0).all()
    assert len(np.unique(coarse)) > 2000
    assert np.abs(coarse - fine).max() <= 9  # half of 16, and the rounding of the fine one


def test_offset_and_amplifier_limits_show_in_the_counts():
    shifted = PointOnWave(pure(offset_counts=160), STEADY).block(FS)
    assert np.mean(shifted) == pytest.approx(160, abs=0.1)
    limited = PointOnWave(pure(clip_counts=16000), STEADY).block(FS)
    assert limited.max() == 16000
    assert limited.min() == -16000
    assert (limited == 16000).sum() > 100


def test_over_voltage_saturates_and_never_wraps():
    wave = PointOnWave(pure(adc_bits=12), Trace.from_points([(0, 50, 3.0)]))
    samples = wave.block(FS)
    assert samples.dtype == np.int16
    assert samples.max() == 32767 - 15
    assert samples.min() == -32768
    turns = np.arange(FS) / FS * 50 % 1
    assert (samples[(turns > 0.1) & (turns < 0.4)] > 0).all()
    assert (samples[(turns > 0.6) & (turns < 0.9)] < 0).all()


@pytest.mark.parametrize("block", [1, 48, 480, 4799, 7001])
def test_samples_do_not_depend_on_the_block_size(block):
    trace = load_iberia(start="12:33:15", end="12:33:25")
    whole = PointOnWave(WaveformConfig(), trace).block(14002)
    wave = PointOnWave(WaveformConfig(), trace)
    count = 14002 if block > 1 else 9700
    parts = np.concatenate([wave.block(min(block, count - start)) for start in range(0, count, block)])
    assert np.array_equal(parts, whole[:count])
    assert wave.t_s == pytest.approx(count / FS)


def test_closed_loop_does_not_depend_on_the_block_size_either():
    whole = PointOnWave(WaveformConfig(), SwingGrid()).block(6 * FS)
    wave = PointOnWave(WaveformConfig(), SwingGrid())
    parts = np.concatenate([wave.block(96) for _ in range(6 * FS // 96)])
    assert np.array_equal(parts, whole)


def test_open_and_closed_loop_agree_on_a_quiet_grid():
    grid = PointOnWave(WaveformConfig(seed=5), SwingGrid())
    trace = PointOnWave(WaveformConfig(seed=5), STEADY)
    difference = grid.block(4 * FS).astype(int) - trace.block(4 * FS)
    assert np.abs(difference).max() <= 16  # a rounding that fell the other way, at most
    assert (difference != 0).mean() < 1e-3


def test_the_seed_decides_the_noise():
    first, again, other = (PointOnWave(WaveformConfig(seed=seed), STEADY).block(FS) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_phase_is_continuous_over_blocks_and_a_frequency_jump():
    trace = Trace.step(1.5, 45.0, from_hz=55.0, duration_s=3.0)
    wave = PointOnWave(pure(phase0_turns=0.3), trace)
    samples = np.concatenate([wave.block(480) for _ in range(30)]).astype(float) * 16e-3
    # No step between samples is greater than the steepest sine makes.
    assert np.abs(np.diff(samples)).max() <= 230 * np.sqrt(2) * 2 * np.pi * 55 / FS + 0.04
    turns = 0.3 + np.where(np.arange(14400) < 7200, 55, 45) * (np.arange(14400) - 7200) / FS + 55 * 1.5
    assert samples == pytest.approx(230 * np.sqrt(2) * np.sin(2 * np.pi * turns), abs=0.02)


def test_dead_line_leaves_noise_and_a_little_pickup():
    wave = PointOnWave(WaveformConfig(adc_bits=16, harmonics={}), Trace.from_points([(0, 50, 0.0)]))
    samples = wave.block(FS)
    assert 0.2 < volts_rms(samples) < 0.5
    pickup = np.abs(np.fft.rfft(samples))[50] / (FS / 2) * 16e-3 / np.sqrt(2)
    assert pickup == pytest.approx(0.23, abs=0.03)


def test_record_ends_as_a_dead_line():
    trace = load_iberia(start="12:33:20", end="12:33:40")
    wave = PointOnWave(WaveformConfig(), trace)
    standing = wave.block(2 * FS)
    wave.block(4 * FS)
    dead = wave.block(FS)
    assert volts_rms(standing) > 210
    assert volts_rms(dead) < 1


def test_truth_is_the_source_in_every_respect():
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0, 50, 1.0), (1, 49, 0.0)]))
    freq_hz, rocof_hz_s, voltage_pu, valid = wave.truth([0.0, 0.5, 0.95])
    assert freq_hz.tolist() == [50.0, 49.5, 49.05]
    assert rocof_hz_s.tolist() == [-1.0] * 3
    assert voltage_pu == pytest.approx([1.0, 0.5, 0.05])
    assert valid.tolist() == [True, True, False]


@pytest.mark.parametrize("changes", [{"sample_hz": 0}, {"harmonics": {1: 0.1}}, {"harmonics": {41: 0.1}}])
def test_waveform_that_cannot_be_is_refused(changes):
    with pytest.raises(ToolError):
        WaveformConfig(**changes)


@pytest.mark.parametrize("changes", [{"bits": 3}, {"bits": 17}, {"uv": 0}, {"clip_counts": 0}])
def test_converter_that_cannot_be_is_refused(changes):
    with pytest.raises(ToolError):
        Adc(**changes)
