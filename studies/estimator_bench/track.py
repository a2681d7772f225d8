"""Runs the firmware's estimator over a wave, one hop (a quarter cycle) a call, and times what it says."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from gridkeel.sensing.frequency import BOXCAR_HOPS, HOPS_A_CYCLE, LONG_HOPS, ROCOF_HOPS, SHORT_HOPS, Estimator
from gridkeel.sensing.windows import report_windows
from studies.estimator_bench.wave import Wave

Floats = NDArray[np.float64]
SHORT, LONG = "short", "long"
EDGES, EDGES_LONG = "edges", "edges long"  # the zero-crossing front end: studies/estimator_bench/edges.py
REPORTS = {"report f0/2": 1, "report f0/5": 2}  # path of a report and its report_filter
HOPS = {SHORT: (SHORT_HOPS, ROCOF_HOPS), LONG: (LONG_HOPS, LONG_HOPS)}
HOPS |= {path: (report_windows(kind)[0],) * 2 for path, kind in REPORTS.items()}
SIXTY = {
    "nominal_hz": 60,
    "trip_under_mhz": 57000,
    "trip_over_mhz": 61800,
    "return_low_mhz": 59500,
    "return_high_mhz": 60100,
}


def parameters_for(nominal_hz: int = 50, sample_hz: int = 4800, **changes: int) -> Parameters:
    """Return parameters for a mains frequency and a sample rate."""
    sixty = SIXTY if nominal_hz == 60 else {}
    return Parameters({**sixty, "sample_hz": sample_hz, **changes})


def window_s(parameters: Parameters, path: str) -> float:
    """Return how long the window of a path's frequency is."""
    return (HOPS[path][0] + BOXCAR_HOPS) / HOPS_A_CYCLE / parameters.nominal_hz


@dataclass(frozen=True)
class Track:
    """Output of a path at each hop: when it ended, the middles of both windows, errors against the truth."""

    end_s: Floats
    freq_s: Floats
    rocof_s: Floats
    freq_hz: Floats
    rocof_hz_s: Floats
    fe_mhz: Floats
    rfe_mhz_s: Floats
    quality: NDArray[np.int64]
    cycle_v: Floats

    def after(self, start_s: float, stop_s: float = np.inf) -> Track:
        """Return the part whose windows lie between start_s and stop_s."""
        reach = np.maximum(self.end_s - self.freq_s, self.end_s - self.rocof_s) * 2
        keep = (self.end_s - reach >= start_s) & (self.end_s <= stop_s)
        return Track(**{name: values[keep] for name, values in vars(self).items()})

    @property
    def fe_max_mhz(self) -> float:
        return float(np.abs(self.fe_mhz).max())

    @property
    def rfe_max_mhz_s(self) -> float:
        return float(np.abs(self.rfe_mhz_s).max())


def run(wave: Wave, parameters: Parameters, duration_s: float) -> dict[str, Track]:
    """Return the tracks of both paths over `duration_s` of a wave, and of the report where there is a report_filter."""
    sample_hz = parameters.sample_hz
    size = sample_hz // parameters.nominal_hz
    hop = size // HOPS_A_CYCLE
    hops = round(duration_s * sample_hz) // hop
    samples = array("h", wave.samples(sample_hz, hops * hop).tobytes())
    estimator = Estimator(parameters)
    rows = []
    for k in range(hops):
        estimator.update(samples[k * hop : (k + 1) * hop], hop)
        estimator.report()
        rows.append(
            (
                estimator.freq_short_uhz,
                estimator.rocof_mhz_s,
                estimator.freq_uhz,
                estimator.rocof_long_mhz_s,
                estimator.report_uhz,
                estimator.report_mhz_s,
                estimator.quality,
                estimator.cycle_mv,
            )
        )
    table = np.array(rows, dtype=np.int64)
    # The boxcars' middle is a sample less than a cycle before the last sample.
    true_hz = sample_hz * (1.0 + wave.clock_ppm * 1e-6)
    last_s = (np.arange(1, hops + 1) * hop - 1) / true_hz
    reported = [path for path, kind in REPORTS.items() if kind == parameters.report_filter]
    return {
        path: _track(wave, last_s, (size - 1) / true_hz, hop / true_hz, HOPS[path], table[:, 2 * k : 2 * k + 2], table)
        for k, path in enumerate((SHORT, LONG, *reported))
    }


def _track(
    wave: Wave,
    last_s: Floats,
    boxcar_s: float,
    hop_s: float,
    windows: tuple[int, int],
    said: NDArray[np.int64],
    table: NDArray[np.int64],
) -> Track:
    freq_s = last_s - boxcar_s - windows[0] / 2 * hop_s
    rocof_s = last_s - boxcar_s - windows[1] / 2 * hop_s
    freq_hz, rocof_hz_s = said[:, 0] / 1e6, said[:, 1] / 1e3
    return Track(
        end_s=last_s,
        freq_s=freq_s,
        rocof_s=rocof_s,
        freq_hz=freq_hz,
        rocof_hz_s=rocof_hz_s,
        fe_mhz=(freq_hz - wave.truth(freq_s)[0]) * 1e3,
        rfe_mhz_s=(rocof_hz_s - wave.truth(rocof_s)[1]) * 1e3,
        quality=table[:, 6],
        cycle_v=table[:, 7] / 1e3,
    )
