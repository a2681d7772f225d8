"""Dispatch of any number of vehicles: a primal-dual interior-point method that takes the problem apart by vehicle.

What couples the vehicles is the power of their sites.  Given the change of a site's price, each vehicle's step is its
own tridiagonal system (twin/fleet/block.py); what is left is one matrix of slots x slots a site.  Work and memory grow
with the number of vehicles, and with nothing else.  The bound that comes with a plan is the Lagrangian one: for any
price at the sites and any value of stored energy, what no plan can undercut, converged or not.

Source: S. Mehrotra, On the implementation of a primal-dual interior point method, SIAM J. Optim. 2 (1992) 575.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.battery.arrays import Floats
from twin.fleet.block import Block
from twin.fleet.problem import Problem

_BLOCK = 256  # vehicles worked at a time
_TO_THE_EDGE = 0.99
_ITERATIONS = 120
Watch = Callable[[int, float], None]


@dataclass
class Solution:
    """Shares of charging and discharging [slots, vehicles], the cost with shortage, the bound, whether it converged."""

    u: Floats
    v: Floats
    site_price: Floats  # [slots, sites] of a kW in a slot
    cost: float
    bound: float
    finished: bool
    iterations: int


class _Sites:
    """Power of each site in each slot, between what may flow out and in."""

    def __init__(self, problem: Problem) -> None:
        low, high = -problem.export_kw.T, problem.import_kw.T
        high = np.maximum(high, low + 1e-3)
        self.low, self.high = low, high
        self.power = 0.5 * (low + high)
        self.below, self.above = self.power - low, high - self.power
        self.price = np.zeros_like(self.power)

    def start_multipliers(self, centre: float) -> None:
        self.zbelow, self.zabove = centre / self.below, centre / self.above

    def pairs(self) -> float:
        return float((self.below * self.zbelow).sum() + (self.above * self.zabove).sum())

    def bound(self) -> float:
        return float(np.minimum(self.price * self.low, self.price * self.high).sum())

    def direction(
        self, change: Floats, given: Floats, rest: Floats, centres: tuple[Floats, Floats]
    ) -> tuple[float, float]:
        self.dprice = change
        self.dpower = given * (-change - rest)
        self.dzbelow = centres[0] - self.zbelow - self.zbelow / self.below * self.dpower
        self.dzabove = centres[1] - self.zabove + self.zabove / self.above * self.dpower
        far = max(float((-self.dpower / self.below).max()), float((self.dpower / self.above).max()))
        return far, max(float((-self.dzbelow / self.zbelow).max()), float((-self.dzabove / self.zabove).max()))

    def ahead(self, step: float, zstep: float) -> float:
        below = (self.below + step * self.dpower) * (self.zbelow + zstep * self.dzbelow)
        return float((below + (self.above - step * self.dpower) * (self.zabove + zstep * self.dzabove)).sum())

    def corrected(self, centre: float) -> tuple[Floats, Floats]:
        return (centre - self.dpower * self.dzbelow) / self.below, (centre + self.dpower * self.dzabove) / self.above

    def move(self, step: float, zstep: float) -> None:
        self.power += step * self.dpower
        self.below += step * self.dpower
        self.above -= step * self.dpower
        self.zbelow += zstep * self.dzbelow
        self.zabove += zstep * self.dzabove
        self.price += zstep * self.dprice


def solve(problem: Problem, gap: float, until: float = np.inf, watch: Watch | None = None) -> Solution:
    """Return shares whose cost is within `gap` (relative) of the bound.  until: a time.monotonic()."""
    with np.errstate(all="ignore"):
        return _Method(problem).run(gap, until, watch)


class _Method:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        some = np.flatnonzero((problem.charge_kw > 0).any(axis=0) | (problem.discharge_kw > 0).any(axis=0))
        order = some[np.lexsort((problem.vehicles["arrival_slot"][some], problem.site[some]))]
        self.blocks = [Block(problem, order[first : first + _BLOCK]) for first in range(0, len(order), _BLOCK)]
        self.sites = _Sites(problem)
        self.pairs = sum(5 * block.length * block.count + block.count for block in self.blocks)
        self.pairs += 2 * self.sites.power.size
        scale = float(np.mean([np.abs(block.cost_u).mean() for block in self.blocks])) if self.blocks else 1.0
        scale = max(scale, 1e-4)
        for block in self.blocks:
            block.start_multipliers(0.3 * scale, float(problem.price_per_kwh.mean()), scale)
        self.sites.start_multipliers(0.3 * scale)

    def run(self, gap: float, until: float, watch: Watch | None) -> Solution:
        best = -np.inf
        for iteration in range(_ITERATIONS):
            pairs, cost, bound, imbalance = self._residual()
            best = max(best, bound) if np.isfinite(bound) else best
            relative = (cost - best) / max(abs(best), 1e-9)
            if watch is not None:
                watch(iteration, relative)
            finished = abs(relative) < gap and imbalance < 1e-3
            if finished or not self.blocks or not np.isfinite(pairs) or time.monotonic() > until:
                break
            self._step(pairs / self.pairs)
        return self._solution(cost, best, bool(finished or not self.blocks), iteration)

    def _residual(self) -> tuple[float, float, float, float]:
        sites = self.sites
        pairs, cost, bound, imbalance = sites.pairs(), 0.0, sites.bound(), 0.0
        flow = np.zeros_like(sites.power)
        for block in self.blocks:
            own_pairs, own_cost, own_bound, own_flow, own_imbalance = block.residual(sites.price)
            pairs, cost, bound = pairs + own_pairs, cost + own_cost, bound + own_bound
            flow[block.slots, block.sites] += own_flow
            imbalance = max(imbalance, own_imbalance)
        self._off_price = sites.price - sites.zbelow + sites.zabove
        self._off_power = sites.power - flow
        return pairs, cost, bound, max(imbalance, float(np.abs(self._off_power).max(initial=0.0)) * 0.1)

    def _step(self, centre: float) -> None:
        sites = self.sites
        slots = self.problem.slots
        schur = np.zeros((sites.power.shape[1], slots, slots))
        self._given = 1.0 / (sites.zbelow / sites.below + sites.zabove / sites.above)
        diagonal = self._given.copy()
        for block in self.blocks:
            block.factor(schur, diagonal)
        across = np.arange(slots)
        schur[:, across, across] += diagonal.T
        self._lower = _cholesky(schur)
        none = np.zeros_like(sites.power)
        step, zstep = self._newton([[0.0] * 6 for _ in self.blocks], (none, none))
        ahead = sites.ahead(step, zstep) + sum(block.ahead(step, zstep) for block in self.blocks)
        aim = centre * (ahead / self.pairs / centre) ** 2
        step, zstep = self._newton([block.corrected(aim) for block in self.blocks], sites.corrected(aim), _TO_THE_EDGE)
        sites.move(step, zstep)
        for block in self.blocks:
            block.move(step, zstep)

    def _newton(
        self, centres: list[list[Floats | float]], own: tuple[Floats, Floats], edge: float = 1.0
    ) -> tuple[float, float]:
        sites = self.sites
        rest = self._off_price + (sites.zbelow - own[0]) - (sites.zabove - own[1])
        right = self._off_power - self._given * rest
        for block, aims in zip(self.blocks, centres, strict=True):
            right[block.slots, block.sites] += block.right_side(aims)
        change = _substitute(self._lower, right.T).T
        far, zfar = sites.direction(change, self._given, rest, own)
        for block in self.blocks:
            own_far, own_zfar = block.direction(change)
            far, zfar = max(far, own_far), max(zfar, own_zfar)
        return min(1.0, edge / max(far, 1e-12)), min(1.0, edge / max(zfar, 1e-12))

    def _solution(self, cost: float, bound: float, finished: bool, iterations: int) -> Solution:
        u, v = np.zeros_like(self.problem.charge_kw), np.zeros_like(self.problem.charge_kw)
        for block in self.blocks:
            u[block.slots, block.chosen] = block.u * block.there
            v[block.slots, block.chosen] = block.v * block.there
        return Solution(u, v, self.sites.price, cost, bound, finished, iterations)


def _cholesky(upper: Floats) -> Floats:
    """Return R with R^T R = matrix, from upper halves [sites, slots, slots], in place; LAPACK would start threads."""
    for row in range(upper.shape[1]):
        pivot = np.sqrt(np.maximum(upper[:, row, row], 1e-30))
        upper[:, row, row:] /= pivot[:, None]
        tail = upper[:, row, row + 1 :]
        upper[:, row + 1 :, row + 1 :] -= tail[:, :, None] * tail[:, None, :]
    return upper


def _substitute(upper: Floats, right: Floats) -> Floats:
    """Solve R^T R x = right, [sites, slots]."""
    found = right.copy()
    slots = found.shape[1]
    for row in range(slots):
        found[:, row] /= upper[:, row, row]
        found[:, row + 1 :] -= upper[:, row, row + 1 :] * found[:, row : row + 1]
    for row in range(slots - 1, -1, -1):
        found[:, row] -= (upper[:, row, row + 1 :] * found[:, row + 1 :]).sum(axis=1)
        found[:, row] /= upper[:, row, row]
    return found
