"""Runs the zero-crossing front end over a wave: a comparator with hysteresis, a capture counter, blocks of edges."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from gridkeel.sensing.edges import LONG_CYCLES, ROCOF_CYCLES, SHORT_CYCLES, EdgeEstimator
from gridkeel.sensing.quality import WARM_UP_LONG
from gridkeel.ticks import MASK
from studies.estimator_bench.track import EDGES, EDGES_LONG, Floats, Track
from studies.estimator_bench.wave import Wave

TICK_HZ = 10_000_000
FINE = 1920  # points a cycle between which the wave is taken as straight
BAND_HZ = 4800.0  # what noise reaches the comparator
HYSTERESIS = 0.02  # of the nominal peak, to either side of zero
CYCLES = {EDGES: (SHORT_CYCLES, ROCOF_CYCLES), EDGES_LONG: (LONG_CYCLES, LONG_CYCLES)}


def crossings(wave: Wave, nominal_hz: int, duration_s: float) -> Floats:
    """Return when a comparator goes high: first over zero after the wave was under the hysteresis."""
    rate_hz = nominal_hz * FINE
    t_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    volts = wave.volts_per_unit(t_s)
    if wave.noise_db is not None:
        noise_s = np.arange(round(duration_s * 2 * BAND_HZ) + 2) / (2 * BAND_HZ)
        volts += np.interp(t_s, noise_s, wave.noise_per_unit(noise_s.size))
    rising = np.flatnonzero((volts[:-1] < 0.0) & (volts[1:] >= 0.0))
    low = np.flatnonzero(volts < -HYSTERESIS)
    found: list[float] = []
    armed_from = 0
    for k in rising:
        first_low = np.searchsorted(low, armed_from)
        if first_low < low.size and low[first_low] <= k:
            found.append(t_s[k] + volts[k] / (volts[k] - volts[k + 1]) / rate_hz)
            armed_from = int(k) + 1
    return np.array(found)


def run_edges(wave: Wave, parameters: Parameters, duration_s: float) -> dict[str, Track]:
    """Return the tracks of both windows, a row for each block that brought a crossing once the windows were full."""
    edges_s = crossings(wave, parameters.nominal_hz, duration_s)
    estimator = EdgeEstimator(parameters, TICK_HZ)
    block_s = parameters.block_ms / 1000
    rows: list[tuple[float, ...]] = []
    given = 0
    for k in range(int(duration_s / block_s)):
        end_s = (k + 1) * block_s
        upto = int(np.searchsorted(edges_s, end_s))
        ticks = [round(float(at_s) * TICK_HZ) & MASK for at_s in edges_s[given:upto]]
        estimator.update(array("i", ticks or [0]), len(ticks))
        given = upto
        if ticks and not estimator.quality & WARM_UP_LONG:
            rows.append((end_s, given - 1, *_said(estimator)))
    table = np.array(rows)
    return {
        path: _track(wave, edges_s, table, CYCLES[path], table[:, 2 + 2 * n : 4 + 2 * n])
        for n, path in enumerate((EDGES, EDGES_LONG))
    }


def _said(estimator: EdgeEstimator) -> tuple[int, ...]:
    return (
        estimator.freq_short_uhz,
        estimator.rocof_mhz_s,
        estimator.freq_uhz,
        estimator.rocof_long_mhz_s,
        estimator.quality,
        estimator.cycle_mv,
    )


def _track(wave: Wave, edges_s: Floats, table: Floats, cycles: tuple[int, int], said: Floats) -> Track:
    last: NDArray[np.int64] = table[:, 1].astype(np.int64)
    freq_s, rocof_s = ((edges_s[last] + edges_s[last - count]) / 2 for count in cycles)
    freq_hz, rocof_hz_s = said[:, 0] / 1e6, said[:, 1] / 1e3
    return Track(
        end_s=edges_s[last],
        freq_s=freq_s,
        rocof_s=rocof_s,
        freq_hz=freq_hz,
        rocof_hz_s=rocof_hz_s,
        fe_mhz=(freq_hz - wave.truth(freq_s)[0]) * 1e3,
        rfe_mhz_s=(rocof_hz_s - wave.truth(rocof_s)[1]) * 1e3,
        quality=table[:, 6].astype(np.int64),
        cycle_v=table[:, 7] / 1e3,
    )
