"""Capacity from the charge that passed between two instants at which the voltage told SoC."""

from __future__ import annotations

import numpy as np

from twin.battery.chemistry import Chemistry
from twin.estimate.grid import counted_soc, moments
from twin.estimate.state import States

_SURE = 0.03  # sigma of SoC at both ends
_APART = 0.45  # of SoC, at least
_END_VARIANCE = 0.012**2  # what the model has wrong at either end, whatever the grid says
_NEWS = 0.75  # variance after, as a share of what counting would have left: below it the voltage said something
_LEAST_SIGMA = 0.04  # of the capacity: the model's error at the ends is the same every time


def learn(rows: States, chemistry: Chemistry) -> None:
    """Correct the capacity of rows that are sure of their SoC a second time, far from the first."""
    mean, variance = moments(rows)
    soc = counted_soc(rows, chemistry) + mean
    sure = (variance < _SURE**2) & (rows["surprises"] == 0)
    anchored = rows["anchor_variance"] > 0.0
    better = sure & (~anchored | (variance < 0.5 * rows["anchor_variance"]))
    full_ah = chemistry.capacity_ah * rows["capacity_scale"].astype("f8")
    counted = ((rows["charge_ah"] - rows["anchor_charge_ah"]) / full_ah).astype("f4")
    # What the counting alone would have left of the anchor's certainty; the rest of today's is the voltage's news
    alone = rows["anchor_variance"] + rows["anchor_spread"]
    measured = sure & anchored & (np.abs(counted) > _APART) & (variance < _NEWS * alone)
    at = np.flatnonzero(measured)
    if len(at):
        _correct(rows, at, chemistry, soc, counted, variance, alone)
    fresh = np.flatnonzero(better | measured)
    rows["anchor_soc"][fresh] = soc[fresh]
    rows["anchor_variance"][fresh] = variance[fresh]
    rows["anchor_charge_ah"][fresh] = rows["charge_ah"][fresh]
    rows["anchor_spread"][fresh] = 0.0


def _correct(
    rows: States,
    at: np.ndarray,
    chemistry: Chemistry,
    soc: np.ndarray,
    counted: np.ndarray,
    variance: np.ndarray,
    alone: np.ndarray,
) -> None:
    news = 1.0 / (1.0 / variance[at] - 1.0 / alone[at])
    expected = rows["anchor_soc"][at] + counted[at]
    by_voltage = expected + (soc[at] - expected) * alone[at] / (alone[at] - variance[at])
    moved = by_voltage - rows["anchor_soc"][at]
    ratio = counted[at] / np.where(np.abs(moved) > 0.2, moved, counted[at])
    error = (news + rows["anchor_variance"][at] + 2.0 * _END_VARIANCE) / np.square(counted[at])
    before = np.square(rows["capacity_sigma"][at])
    gain = before / (before + error)
    scale = np.clip(1.0 + gain * (ratio - 1.0), 0.8, 1.25).astype("f4")
    rows["capacity_scale"][at] = np.clip(rows["capacity_scale"][at] * scale, 0.4, 1.3)
    rows["capacity_sigma"][at] = np.minimum(np.maximum(np.sqrt(before * (1.0 - gain)), _LEAST_SIGMA), np.sqrt(before))
    rows["capacities"][at] += np.uint32(1)
    # SoC itself does not jump because its unit changed
    rows["centre"][at] += soc[at] - (counted_soc(rows, chemistry) + moments(rows)[0])[at]
