"""Rough mains: noise, offset, dips, notches, inter-harmonics, small amplitudes, coarse ADCs, wrong clocks.

The limits are this project's own: those of class P for what leaves the waveform whole, and wider ones, named with
the test, for what no window of its length can distinguish from a change of frequency.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studies.estimator_bench.track import LONG, SHORT, parameters_for
from studies.estimator_bench.verdict import OWN, Point, Trial
from studies.estimator_bench.wave import Shape, Wave, amplitude_between, frequency_step, phase_step

Floats = NDArray[np.float64]
BOTH = (SHORT, LONG)
FREE_MHZ = 20.0  # the smallest default deadband: under it a false reading draws no power


def tests(f0: float, quick: bool) -> list[Trial]:
    """Return the project's own tests for a nominal frequency."""
    return [*_noise(f0, quick), *_front_end(f0, quick), *_disturbed(f0, quick), *_jumps(f0, quick), _true_step(f0)]


def _noise(f0: float, quick: bool) -> list[Trial]:
    seeds = range(1 if quick else 6)
    found = []
    for path, limit in ((SHORT, 1.5), (LONG, 2.0)):
        for level in (40.0, 60.0):
            # 16 bits: at 60 dB the steps of a 12-bit converter would be a third of the noise.
            points = [
                Point(f"seed {seed}", Wave(f0 + 0.1, noise_db=level, seed=seed, adc_bits=16), 10.0) for seed in seeds
            ]
            found.append(Trial(f"noise at {level:g} dB", path, OWN, points, bound_limit=limit, noise_db=level))
    return found


def _front_end(f0: float, quick: bool) -> list[Trial]:
    near = f0 - 0.3
    amplitudes = (0.1, 1.2) if quick else (0.1, 0.2, 0.5, 0.8, 1.0, 1.1, 1.2)
    sizes = [Point(f"{size:.0%}", Wave(near, amplitude=_flat(size))) for size in amplitudes]
    bits = [Point(f"{n} bits", Wave(near, adc_bits=n)) for n in (10, 12, 16)]
    offset = [Point(f"{counts:g} counts", Wave(near, offset_counts=counts)) for counts in (-3000.0, 3000.0)]
    clip = [Point(f"{share:.0%}", Wave(near, clip_counts=int(20329 * share))) for share in (0.95, 0.8)]
    clock = [
        Point(f"{ppm:+d} ppm", Wave(near, clock_ppm=ppm), parameters=parameters_for(int(f0), sample_clock_ppm=ppm))
        for ppm in (-200, 50, 200)
    ]
    named = (
        ("amplitudes 10..120 %", sizes),
        ("10, 12, 16-bit ADC", bits),
        ("offset 10 % of full scale", offset),
        ("clipped at 95 and 80 % of the peak", clip),
        ("sample clock off, corrected", clock),
    )
    return [Trial(name, path, OWN, points, 5.0, 400.0) for path in BOTH for name, points in named]


def _flat(size: float) -> Shape:
    return lambda t_s: np.full_like(t_s, size)


def _disturbed(f0: float, quick: bool) -> list[Trial]:
    ratios = (0.5, 1.5, 2.5, 3.5, 4.4)
    between = [Point(f"{ratio:g} f0", Wave(f0, tones=((ratio * f0, 0.02, 1.0),))) for ratio in ratios]
    notches = [Point("two a cycle", Wave(f0 - 0.3, spoil=_notched(0.0005, f0)), 0.8)]
    dips = []
    for low in (0.5, 1.1) if quick else (0.2, 0.5, 0.7, 0.9, 1.1):
        for at_s in np.linspace(0.6, 0.6 + 0.75 / f0, 2 if quick else 6):
            size = amplitude_between(low, 1.0, at_s, at_s + 0.1)
            dips.append(Point(f"to {low:.0%} at {at_s:.3f} s", Wave(f0 - 0.3, amplitude=size), 1.2))
    coarse = "no filter before the ADC: a notch is as wide as its whole samples"
    return [
        Trial(
            "inter-harmonics 2 %",
            SHORT,
            OWN,
            between,
            50.0,
            note="no 80 ms window distinguishes 25 Hz from a slow swing",
        ),
        Trial("inter-harmonics 2 %", LONG, OWN, between, 5.0),
        Trial("commutation notches, 0.5 ms", SHORT, OWN, notches, 40.0, note=coarse),
        Trial("commutation notches, 0.5 ms", LONG, OWN, notches, 10.0, note=coarse),
        Trial("dips and swells, 100 ms", SHORT, OWN, dips, 60.0, note="one hop gets out before the jump is noticed"),
        Trial("dips and swells, 100 ms", LONG, OWN, dips, FREE_MHZ, note="limit: the least deadband"),
    ]


def _notched(long_s: float, f0: float) -> Callable[[Floats, Floats], Floats]:
    half_s = 0.5 / (f0 - 0.3)  # the notches sit on the wave

    def spoil(t_s: Floats, volts: Floats) -> Floats:
        return np.where((t_s + 0.0021) % half_s < long_s, volts * 0.3, volts)

    return spoil


def _jumps(f0: float, quick: bool) -> list[Trial]:
    points = [
        Point(
            f"{degrees:+d} deg at {at_s:.4f} s",
            Wave(f0 + 0.05, noise_db=60.0, phase0_rad=0.1 + turn, motion=phase_step(np.radians(degrees), at_s)),
            1.1,
        )
        for degrees in ((10, -10) if quick else (6, 10, -10, 20, -30, 60))
        for turn, at_s in [(k * 0.52, 0.6 + k * 0.0037) for k in range(3 if quick else 12)]
    ]
    note = "what a jump of the phase reads as; limit: the least deadband"
    return [Trial("phase jumps 6..60 deg, false reading", path, OWN, points, FREE_MHZ, note=note) for path in BOTH]


def _true_step(f0: float) -> Trial:
    points = [
        Point(f"{size:+g} Hz, noise at {level:g} dB", wave, 1.1, step_s=0.6)
        for size in (0.5, -0.5, 0.6, 1.0, -2.0)
        for level in (30.0, 60.0)
        for wave in [Wave(f0, noise_db=level, motion=frequency_step(size, 0.6))]
    ]
    note = "time to nine tenths of a true 0.5 Hz, with the age of the estimate"
    return Trial(
        "frequency steps of 0.5 Hz and more", SHORT, OWN, points, follow_hz=0.45, follow_limit_ms=80.0, note=note
    )
