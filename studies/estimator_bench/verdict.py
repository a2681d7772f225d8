"""Result of a test, its limit and its finding: one row of the estimator table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from studies.estimator_bench.edges import run_edges
from studies.estimator_bench.track import EDGES, EDGES_LONG, Track, run, window_s
from studies.estimator_bench.wave import Wave

P, M, OWN = "P", "M", "own"  # classes of IEC/IEEE 60255-118-1; own: a goal of this project


@dataclass(frozen=True)
class Point:
    """One wave of a test: how long, from when it counts, and the limits where they differ from the test's."""

    name: str
    wave: Wave
    duration_s: float = 0.7
    start_s: float = 0.0
    stop_s: float = float("inf")
    fe_limit_mhz: float | None = None
    rfe_limit_mhz_s: float | None = None
    step_s: float | None = None  # when the step of a response test happens
    parameters: Parameters | None = None


@dataclass(frozen=True)
class Trial:
    """Waves that share limits: of error, of response to a step, of noise against the bound, of following a step.

    follow_hz: how far from where it was the frequency must read follow_limit_ms after a step.
    """

    name: str
    path: str
    cls: str
    points: list[Point]
    fe_limit_mhz: float | None = None
    rfe_limit_mhz_s: float | None = None
    fe_response_limit_ms: float | None = None
    rfe_response_limit_ms: float | None = None
    bound_limit: float | None = None
    noise_db: float = 40.0
    follow_hz: float | None = None
    follow_limit_ms: float | None = None
    note: str = ""


@dataclass
class Detail:
    """Measurements at a point of a test; response_ms, rfe_response_ms: of a step, from the first error to the last."""

    point: str
    fe_mhz: float
    fe_limit_mhz: float | None
    rfe_mhz_s: float
    rfe_limit_mhz_s: float | None
    response_ms: float | None = None
    rfe_response_ms: float | None = None


@dataclass
class Row:
    """One line of the table; None where a figure or limit does not apply."""

    test: str
    path: str
    cls: str
    nominal_hz: int
    sample_hz: int
    fe_mhz: float
    fe_limit_mhz: float | None
    rfe_mhz_s: float
    rfe_limit_mhz_s: float | None
    response_ms: float | None = None
    response_limit_ms: float | None = None
    rfe_response_ms: float | None = None
    rfe_response_limit_ms: float | None = None
    bound_ratio: float | None = None
    bound_limit: float | None = None
    points: int = 1
    worst: str = ""
    note: str = ""
    held: list[bool] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(self.held)

    def as_dict(self) -> dict[str, Any]:
        """Return the row for JSON."""
        row = {
            "class" if key == "cls" else key: _plain(value)
            for key, value in vars(self).items()
            if key not in _NOT_FIGURES
        }
        row["pass"] = self.ok
        return row


_NOT_FIGURES = ("held", "details")


def _plain(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def measure(test: Trial, parameters: Parameters) -> Row:
    """Run every point of a test and return its row: the worst of each figure."""
    row = Row(
        test.name,
        test.path,
        test.cls,
        parameters.nominal_hz,
        parameters.sample_hz,
        0.0,
        test.fe_limit_mhz,
        0.0,
        test.rfe_limit_mhz_s,
        points=len(test.points),
        note=test.note,
    )
    worst_share = -1.0
    tracks = []
    for point in test.points:
        play = run_edges if test.path in (EDGES, EDGES_LONG) else run
        track = play(point.wave, point.parameters or parameters, point.duration_s)[test.path]
        track = track.after(point.start_s, point.stop_s)
        tracks.append(track)
        fe_limit = point.fe_limit_mhz if point.fe_limit_mhz is not None else test.fe_limit_mhz
        rfe_limit = point.rfe_limit_mhz_s if point.rfe_limit_mhz_s is not None else test.rfe_limit_mhz_s
        row.details.append(Detail(point.name, track.fe_max_mhz, fe_limit, track.rfe_max_mhz_s, rfe_limit))
        share = _judge_errors(row, track, fe_limit, rfe_limit)
        if share > worst_share:
            worst_share, row.worst = share, point.name
            if point.fe_limit_mhz is not None:
                row.fe_mhz, row.fe_limit_mhz = track.fe_max_mhz, point.fe_limit_mhz
                row.rfe_mhz_s, row.rfe_limit_mhz_s = track.rfe_max_mhz_s, point.rfe_limit_mhz_s
        if point.fe_limit_mhz is None:
            row.fe_mhz = max(row.fe_mhz, track.fe_max_mhz)
            row.rfe_mhz_s = max(row.rfe_mhz_s, track.rfe_max_mhz_s)
    _judge_response(row, test, tracks)
    if test.bound_limit is not None:
        _judge_noise(row, test, tracks, parameters, test.bound_limit)
    if test.follow_hz is not None and test.follow_limit_ms is not None:
        row.response_limit_ms = test.follow_limit_ms
        for detail, point, track in zip(row.details, test.points, tracks, strict=True):
            detail.response_ms = _follow_ms(point, track, test.follow_hz)
        row.response_ms = max(detail.response_ms or 0.0 for detail in row.details)
        row.held.append(row.response_ms <= test.follow_limit_ms)
    return row


def _follow_ms(point: Point, track: Track, follow_hz: float) -> float:
    """Return the time from a step to the first estimate that moved by follow_hz, as it comes out."""
    after = track.end_s > (point.step_s or 0.0)
    there = np.abs(track.freq_hz - point.wave.freq_hz) >= follow_hz
    found = np.flatnonzero(after & there)
    return float(track.end_s[found[0]] - (point.step_s or 0.0)) * 1e3 if found.size else float("inf")


def _judge_errors(row: Row, track: Track, fe_limit: float | None, rfe_limit: float | None) -> float:
    share = 0.0
    for error, limit in ((track.fe_max_mhz, fe_limit), (track.rfe_max_mhz_s, rfe_limit)):
        if limit is not None:
            row.held.append(error <= limit)
            share = max(share, error / limit)
    return share if share else track.fe_max_mhz * 1e-9


def _judge_response(row: Row, test: Trial, tracks: list[Track]) -> None:
    """The response time: from the first error over the steady limit to the last, between hops, the worst of all."""
    if test.fe_response_limit_ms is None or test.rfe_response_limit_ms is None:
        return
    steady_rfe = 400.0 if test.cls == P else 100.0
    row.response_limit_ms, row.rfe_response_limit_ms = test.fe_response_limit_ms, test.rfe_response_limit_ms
    for detail, track in zip(row.details, tracks, strict=True):
        detail.response_ms = _span_ms(track.freq_s, track.fe_mhz, 5.0)
        detail.rfe_response_ms = _span_ms(track.rocof_s, track.rfe_mhz_s, steady_rfe)
    row.response_ms = max(detail.response_ms or 0.0 for detail in row.details)
    row.rfe_response_ms = max(detail.rfe_response_ms or 0.0 for detail in row.details)
    row.held += [row.response_ms <= test.fe_response_limit_ms, row.rfe_response_ms <= test.rfe_response_limit_ms]


def _span_ms(at_s: NDArray[np.float64], error: NDArray[np.float64], limit: float) -> float:
    over = np.flatnonzero(np.abs(error) > limit)
    if not over.size:
        return 0.0
    # Estimates come once a hop: the crossings lie somewhere in the hops before and after, on the line between.
    first, last = int(over[0]), int(over[-1])
    start_s = at_s[first] if first == 0 else _crossing(at_s, error, limit, first - 1, first)
    stop_s = at_s[last] if last + 1 == at_s.size else _crossing(at_s, error, limit, last + 1, last)
    return float(stop_s - start_s) * 1e3


def _crossing(at_s: NDArray[np.float64], error: NDArray[np.float64], limit: float, low: int, high: int) -> float:
    share = (limit - abs(error[low])) / (abs(error[high]) - abs(error[low]))
    return float(at_s[low] + share * (at_s[high] - at_s[low]))


def _judge_noise(row: Row, test: Trial, tracks: Iterable[Track], parameters: Parameters, limit: float) -> None:
    seconds = window_s(parameters, test.path)
    errors = np.concatenate([track.fe_mhz for track in tracks])
    row.bound_ratio = float(np.sqrt(np.mean(errors**2))) / bound_mhz(parameters.sample_hz, seconds, test.noise_db)
    row.bound_limit = limit
    row.held.append(row.bound_ratio <= limit)


def bound_mhz(sample_hz: int, seconds: float, noise_db: float) -> float:
    """Return the Cramer-Rao bound of the frequency of one real sinusoid in white noise over a window."""
    count = round(sample_hz * seconds)
    snr: float = 10.0 ** (noise_db / 10)
    variance = 12 * sample_hz**2 / ((2 * np.pi) ** 2 * snr * count * (count**2 - 1))
    return float(np.sqrt(variance)) * 1e3
