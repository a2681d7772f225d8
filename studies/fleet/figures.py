"""Nadir, ROCOF, settling and damping of an outcome."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.fleet.cases import STEP_S, Outcome

Floats = NDArray[np.float64]

ROCOF_WINDOW_S = 0.5
SETTLED_HZ = 0.02
HELD_SHARE = 0.1  # of the window, and at least HELD_S: longer than a nadir is flat
HELD_S = 4.0
PEAK_HZ = 0.001  # smaller swings are not counted as peaks


def work_out(outcome: Outcome) -> dict[str, float]:
    """Fill outcome.figures and return them."""
    after = outcome.t_s >= outcome.event_s
    freq_hz = outcome.freq_hz[after]
    found = {
        "nadir_hz": float(freq_hz.min()),
        "zenith_hz": float(freq_hz.max()),
        "rocof_mhz_s": 1000 * largest_rocof_hz_s(freq_hz),
        "settling_s": settling_s(freq_hz),
        "window_s": round(freq_hz.size * STEP_S, 3),
        "end_hz": float(freq_hz[-1]),
        "power_step_mw": largest_change(outcome.power_w[after], 1.0) / 1e6,
    }
    if outcome.case.swing_s:
        found |= _swing(outcome, freq_hz)
    outcome.figures = found
    return found


def largest_rocof_hz_s(freq_hz: Floats) -> float:
    """Return the largest rate of change over ROCOF_WINDOW_S."""
    return largest_change(freq_hz, ROCOF_WINDOW_S) / ROCOF_WINDOW_S


def largest_change(values: Floats, window_s: float) -> float:
    """Return the largest change, either way, over a window."""
    steps = round(window_s / STEP_S)
    return float(np.abs(values[steps:] - values[:-steps]).max()) if values.size > steps else 0.0


def settling_s(freq_hz: Floats) -> float:
    """Return the time from which the frequency stays within SETTLED_HZ of where it ends; inf: not in this window.

    A curve that still moves is near its own end, too, and flat at a nadir: it has settled where it stayed for a while.
    """
    away = np.flatnonzero(np.abs(freq_hz - freq_hz[-1]) > SETTLED_HZ)
    if not away.size:
        return 0.0
    settled = int(away[-1]) + 1
    held = freq_hz.size - settled
    return float(settled * STEP_S) if held >= max(HELD_SHARE * freq_hz.size, HELD_S / STEP_S) else math.inf


def damping_ratio(freq_hz: Floats) -> float | None:
    """Return the damping ratio by the logarithmic decrement of a ring-down, None where it shows no two peaks."""
    swing = freq_hz - freq_hz[-1]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(swing)))) + 1
    peaks = np.abs(swing[turns])
    peaks = peaks[: np.argmax(peaks < PEAK_HZ)] if (peaks < PEAK_HZ).any() else peaks
    if peaks.size < 2 or peaks[-1] >= peaks[0]:
        return None
    per_half_period = math.log(peaks[0] / peaks[-1]) / (peaks.size - 1)
    return per_half_period / math.hypot(math.pi, per_half_period)


def _swing(outcome: Outcome, freq_hz: Floats) -> dict[str, float]:
    case = outcome.case
    end = round(case.swing_s / STEP_S)
    period = round(1.0 / case.swing_hz / STEP_S)
    found = {"swing_mhz": float(np.ptp(freq_hz[end - period : end])) * 500}
    ratio = damping_ratio(freq_hz[end:])
    if ratio is not None:
        found["damping_ratio"] = ratio
    return found
