"""The tests that make sense for a front end that sees rising zero crossings alone.

Limits are the standard's where the front end can meet them. Where it cannot, by what it is and not by a defect, the
figure has no limit and the note says why.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studies.estimator_bench import standard
from studies.estimator_bench.edges import BAND_HZ
from studies.estimator_bench.track import EDGES, EDGES_LONG
from studies.estimator_bench.verdict import OWN, M, P, Point, Trial
from studies.estimator_bench.wave import Wave, amplitude_between

NO_FILTER = "a crossing moves with whatever else is on the line: no window of periods takes it out again"


def tests(nominal_hz: int, quick: bool) -> list[Trial]:
    """Return the tests of both windows; quick thins the grids out."""
    f0 = float(nominal_hz)
    found = []
    for cls, path in ((P, EDGES), (M, EDGES_LONG)):
        found += [_a_cycle_more(test, f0) for test in standard.shared(cls, path, f0, quick)]
        found += _unlimited(path, f0, quick)
        found += _silent_mains(path, f0)
    return found


def _a_cycle_more(test: Trial, f0: float) -> Trial:
    """Give the step that is too small to be held, which is no test of the standard's, a cycle more on four periods."""
    if test.path != EDGES or not test.name.startswith("phase step 2 deg"):
        return test
    limits = [1e3 * cycles / f0 for cycles in (5.5, 7.0)]
    note = "limit: class P's and a cycle, since there is one estimate a cycle"
    return replace(test, cls=OWN, fe_response_limit_ms=limits[0], rfe_response_limit_ms=limits[1], note=note)


def _unlimited(path: str, f0: float, quick: bool) -> list[Trial]:
    between = [Point(f"{ratio:g} f0", Wave(f0, tones=((ratio * f0, 0.02, 1.0),))) for ratio in (0.5, 1.5, 2.5, 3.5)]
    seeds = range(1 if quick else 6)
    found = [Trial("inter-harmonics 2 %", path, OWN, between, note=NO_FILTER)]
    for level in (40.0, 60.0):
        points = [
            Point(f"seed {seed}", Wave(f0 + 0.1, noise_db=level, seed=seed), 2.0 if quick else 10.0) for seed in seeds
        ]
        note = (
            f"largest error; the comparator sees noise up to {BAND_HZ / 1e3:g} kHz: the filter before it is the board's"
        )
        found.append(Trial(f"noise at {level:g} dB", path, OWN, points, noise_db=level, note=note))
    if path == EDGES_LONG:
        found.append(standard.out_of_band(path, f0, quick, limit_mhz=None, note=NO_FILTER))
    return found


def _silent_mains(path: str, f0: float) -> list[Trial]:
    """Dips leave the crossings where they are, down to the hysteresis."""
    points = [
        Point(
            f"to {low:.0%} at {at_s:.3f} s",
            Wave(f0 - 0.3, amplitude=amplitude_between(low, 1.0, at_s, at_s + 0.1)),
            1.2,
        )
        for low in (0.2, 0.5, 1.1)
        for at_s in np.linspace(0.6, 0.6 + 0.75 / f0, 3)
    ]
    return [Trial("dips and swells, 100 ms", path, OWN, points, 5.0, 400.0)]
