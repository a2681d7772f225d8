"""The tests of IEC/IEEE 60255-118-1 for frequency and ROCOF: class P on the short path, class M on the long one.

The reporting rate is the nominal frequency (50 or 60 a second), which sets how far away out-of-band signals lie, how
fast modulations are and how long a response may take; for the windows of reports it is a half or a fifth of that.
Phase is modulated by 10 degrees, more than the 0.1 radian that the standard asks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridkeel.params import Parameters
from studies.estimator_bench.track import EDGES, EDGES_LONG, LONG, REPORTS, SHORT, parameters_for
from studies.estimator_bench.verdict import M, P, Point, Trial
from studies.estimator_bench.wave import Shape, Wave, amplitude_between, phase_modulation, phase_step, ramp

TEN_DEGREES = np.pi / 18
TOP_HARMONIC = 50
LONGEST_S = 0.8  # more than the longest window


def tests(nominal_hz: int, quick: bool) -> list[Trial]:
    """Return the tests of both classes; quick thins the grids out."""
    return [test for cls in (P, M) for test in _class_tests(cls, float(nominal_hz), quick)]


def _class_tests(cls: str, f0: float, quick: bool) -> list[Trial]:
    path = SHORT if cls == P else LONG
    found = shared(cls, path, f0, quick)
    if cls == M:
        found.insert(2, out_of_band(path, f0, quick))
    return found


def reports(nominal_hz: int, quick: bool) -> list[Trial]:
    """Return class M's tests of the windows that reports at half and at a fifth of nominal a second are made of."""
    f0 = float(nominal_hz)
    found = []
    for path, kind in REPORTS.items():
        rate = f0 / {1: 2, 2: 5}[kind]
        trials = shared(M, path, f0, quick, rate)
        trials.insert(2, out_of_band(path, f0, quick, rate=rate))
        changes = parameters_for(nominal_hz, report_filter=kind)
        found += [replace(trial, points=[_with(point, changes) for point in trial.points]) for trial in trials]
    return found


def _with(point: Point, parameters: Parameters) -> Point:
    # The window is longer than a ten-cycle one: so is what must be there before it, and behind a step.
    return replace(point, parameters=parameters, duration_s=point.duration_s + LONGEST_S)


def shared(cls: str, path: str, f0: float, quick: bool, rate: float = 0.0) -> list[Trial]:
    """Return what every front end is put through; rate: of the reports a second, f0 where it is 0."""
    rate = rate or f0
    found = [_steady(cls, path, f0, quick), _harmonics(cls, path, f0, quick)]
    found += _modulations(cls, path, f0, quick, rate)
    return [*found, *_ramps(cls, path, f0), *_steps(cls, path, f0, quick, rate)]


def _steady(cls: str, path: str, f0: float, quick: bool) -> Trial:
    reach = 2.0 if cls == P else 5.0
    points = [
        Point(f"{f0 + deviation:g} Hz", Wave(f0 + deviation), 0.6)
        for deviation in np.linspace(-reach, reach, 5 if quick else 41)
    ]
    return Trial(f"steady, +-{reach:g} Hz", path, cls, points, 5.0, 400.0 if cls == P else 100.0)


def _harmonics(cls: str, path: str, f0: float, quick: bool) -> Trial:
    share = 0.01 if cls == P else 0.1
    orders = (2, 3, 5, 23, 50) if quick else range(2, TOP_HARMONIC + 1)
    points = [Point(f"order {order}", Wave(f0, tones=((order * f0, share, 1.0),)), 0.5) for order in orders]
    name = f"harmonics 2..{TOP_HARMONIC} one by one, {share:.0%}"
    return Trial(name, path, cls, points, 5.0 if cls == P else 25.0, 400.0 if cls == P else 1000.0)


def out_of_band(
    path: str, f0: float, quick: bool, limit_mhz: float | None = 10.0, note: str = "", rate: float = 0.0
) -> Trial:
    """Return the test of interferers half the reporting rate away and more; limit_mhz None only measures."""
    rate = rate or f0
    edge = rate / 2
    near = [10.0, f0 - edge, f0 + edge, 2 * f0]
    wide = [*np.arange(10.0, f0 - edge + 0.1), *np.arange(f0 + edge, 2 * f0 + 0.1)]
    points = [
        Point(f"{tone_hz:g} Hz on {freq_hz:g} Hz", Wave(freq_hz, tones=((tone_hz, 0.1, 1.0),)), 1.0)
        for freq_hz in (f0 - edge / 10, f0, f0 + edge / 10)
        for tone_hz in (near if quick else wide)
    ]
    name = f"out of band 10 %, 10..{f0 - edge:g} and {f0 + edge:g}..{2 * f0:g} Hz"
    what = f"reporting rate {rate:g} a second, fundamental +-{edge / 10:g} Hz"
    return Trial(name, path, M, points, limit_mhz, note="; ".join(part for part in (what, note) if part))


def _modulations(cls: str, path: str, f0: float, quick: bool, rate: float) -> list[Trial]:
    top, share = (min(2.0, rate / 10), 0.03) if cls == P else (min(5.0, rate / 5), 0.06)
    rates = [top] if quick else [top * k / 10 for k in range(1, 11)]
    amplitude, phase = [], []
    for beat in rates:
        # The limits grow with the rate, 0.03 or 0.06 Fr and 0.18 pi Fr**2, but not under those of the steady state.
        fe_limit_mhz = max(share * beat * 1e3, 5.0)
        rfe_limit_mhz_s = max(180 * np.pi * beat**2, 400.0 if cls == P else 100.0)
        span = {"duration_s": 0.4 + 1.0 / beat, "fe_limit_mhz": fe_limit_mhz, "rfe_limit_mhz_s": rfe_limit_mhz_s}
        amplitude.append(Point(f"{beat:g} Hz", Wave(f0, amplitude=_cosine(0.1, beat)), **span))
        phase.append(Point(f"{beat:g} Hz", Wave(f0, motion=phase_modulation(TEN_DEGREES, beat)), **span))
    return [
        Trial(f"amplitude modulation 10 %, to {top:g} Hz", path, cls, amplitude),
        Trial(f"phase modulation 10 deg, to {top:g} Hz", path, cls, phase),
    ]


def _cosine(depth: float, rate_hz: float) -> Shape:
    return lambda t_s: 1.0 + depth * np.cos(2 * np.pi * rate_hz * t_s)


def _ramps(cls: str, path: str, f0: float) -> list[Trial]:
    reach = 2.0 if cls == P else 5.0
    points = [
        Point(f"{rate:+g} Hz/s", Wave(f0, motion=ramp(rate, reach)), 2 * reach, 0.0, 2 * reach) for rate in (1.0, -1.0)
    ]
    return [Trial(f"ramps +-1 Hz/s over +-{reach:g} Hz", path, cls, points, 10.0, 400.0 if cls == P else 200.0)]


def _steps(cls: str, path: str, f0: float, quick: bool, rate: float) -> list[Trial]:
    cycles = (4.5, 6.0) if cls == P else (14.0 * f0 / rate, 14.0 * f0 / rate)
    before_s = LONGEST_S if path in REPORTS else 0.0
    # Ten places within a hop and the wave: what comes once a hop is seen ten times finer.
    times = [0.6 + before_s + k * (0.25 / f0 / 10 + 0.1 / f0) for k in range(2 if quick else 10)]
    small_deg = 2.0 if path in (EDGES, EDGES_LONG) else 0.7
    amplitude, phase, small = [], [], []
    for at_s in times:
        for sign in (1, -1):
            name = f"{'up' if sign > 0 else 'down'} at {at_s * 1e3:.1f} ms"
            size = amplitude_between(1.0 + sign * 0.1, 1.0, at_s, np.inf)
            amplitude.append(Point(name, Wave(f0, amplitude=size), 1.1))
            phase.append(Point(name, Wave(f0, motion=phase_step(sign * TEN_DEGREES, at_s)), 1.1))
            small.append(Point(name, Wave(f0, motion=phase_step(sign * np.radians(small_deg), at_s)), 1.1))
    fe_ms, rfe_ms = (1e3 * count / f0 for count in cycles)
    return [
        Trial(name, path, cls, points, fe_response_limit_ms=fe_ms, rfe_response_limit_ms=rfe_ms)
        for name, points in (
            ("amplitude step 10 %", amplitude),
            ("phase step 10 deg", phase),
            (f"phase step {small_deg:g} deg (too small to be held)", small),
        )
    ]
