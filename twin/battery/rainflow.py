"""Rainflow counting (ASTM E1049-85) over the SoC of many vehicles at once: closed cycles, and what stays open."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.battery.arrays import Bools, Floats, Ints


class Points(NamedTuple):
    """Turning points of many series, one series after the other; place is the caller's word for when each was."""

    row: Ints
    soc: Floats
    place: Ints


class Ranges(NamedTuple):
    """Counted ranges by row, with the places of their two ends."""

    row: Ints
    depth: Floats
    first: Ints
    last: Ints


def turning_points(series: Floats) -> Points:
    """Return first sample, turning points and last sample of every row of series[rows, samples]; flat places."""
    rows, samples = series.shape
    flat = np.ascontiguousarray(series).reshape(-1)
    steps = flat[1:] - flat[:-1]
    steps[samples - 1 :: samples] = 0.0  # from one row's end to the next one's start
    at = np.flatnonzero(steps != 0.0)
    rising = steps[at] > 0.0
    turned = np.flatnonzero(rising[1:] != rising[:-1]) + 1
    inner = at[turned]  # where the move that turns begins; a rest before it has the same value
    inner = inner[inner // samples == at[turned - 1] // samples]
    ends = np.arange(rows) * samples
    places = np.sort(np.concatenate([ends, inner, ends + samples - 1]), kind="stable")
    return Points(places // samples, flat[places], places)


def clean(points: Points) -> Points:
    """Return the points without repeated values and without those that the series passes without turning."""
    same = points.row[1:] == points.row[:-1]
    points = kept(points, np.append(True, ~(same & (points.soc[1:] == points.soc[:-1]))))
    if len(points.row) < 3:
        return points
    steps = np.diff(points.soc)
    passed = (points.row[2:] == points.row[:-2]) & (steps[1:] * steps[:-1] > 0.0)
    return kept(points, np.concatenate([[True], ~passed, [True]]))


def count(points: Points) -> tuple[Ranges, Points]:
    """Return closed cycles and the points that are left: the ranges between those have found no partner yet.

    A range is closed where both its neighbours are at least as deep; closing it joins them.  All ranges of all rows
    are looked at together, so the passes are as many as cycles are nested, not as many as there are cycles.
    """
    found = [_ranges(points, np.empty(0, np.intp))]
    while len(chosen := _closed(points)):
        found.append(_ranges(points, chosen))
        keep = np.ones(len(points.row), bool)
        keep[chosen] = keep[chosen + 1] = False
        points = kept(points, keep)
    return Ranges(*(np.concatenate(column) for column in zip(*found, strict=True))), points


def between(points: Points) -> Ranges:
    """Return the ranges between neighbouring points of a row."""
    return _ranges(points, np.flatnonzero(points.row[1:] == points.row[:-1]))


def _ranges(points: Points, at: Ints) -> Ranges:
    depth = np.abs(points.soc[at + 1] - points.soc[at])
    return Ranges(points.row[at], depth, points.place[at], points.place[at + 1])


def kept(points: Points, keep: Bools) -> Points:
    """Return the points that are to be kept."""
    return Points(points.row[keep], points.soc[keep], points.place[keep])


def _closed(points: Points) -> Ints:
    """Return the first point of each range to close: of neighbours of one depth every second one."""
    if len(points.row) < 4:
        return np.empty(0, np.intp)
    depth = np.abs(points.soc[1:] - points.soc[:-1])
    below = depth[1:] <= depth[:-1]
    above = depth[:-1] <= depth[1:]
    at = np.flatnonzero(below[:-1] & above[1:] & (points.row[3:] == points.row[:-3]))
    if not len(at):
        return at
    place = np.arange(len(at))
    follows = np.append(False, at[1:] == at[:-1] + 1)
    if follows.any():
        run = place - np.maximum.accumulate(np.where(follows, 0, place))
        at = at[run & 1 == 0]
    return at + 1
