"""Some vehicles of the dispatch problem in the interior-point method: their variables, and their part of each step.

Per vehicle and slot: share of charging u, of discharging v, of neither h, with u + v + h = 1, so that both at once is
never more than taking turns; energy e between its bounds (slacks below and above); per vehicle a shortage q at
departure.  z* are the multipliers of the bounds, y that of the battery's balance (minus the value of a stored kWh),
omega that of u + v + h = 1.  Eliminating all but y leaves one tridiagonal matrix a vehicle, solved for all at once.
"""

from __future__ import annotations

import numpy as np

from twin.battery.arrays import Floats
from twin.fleet.problem import Problem

_AT_ONCE = ("u", "v", "h", "below", "above", "q")


class Block:
    """Vehicles chosen of a problem, sorted by site."""

    def __init__(self, problem: Problem, chosen: np.ndarray) -> None:
        self.chosen = chosen
        there = problem.connected[:, chosen]
        used = np.flatnonzero(there.any(axis=1))
        self.slots = slice(int(used[0]), int(used[-1]) + 1)
        own = problem.vehicles[chosen]
        self.count = len(chosen)
        self.length = self.slots.stop - self.slots.start
        self.there = there[self.slots]
        self._take_costs(problem, own)
        self.low = problem.least_kwh[self.slots, chosen].copy()
        self.high = problem.most_kwh[self.slots, chosen].copy()
        self.first = own["energy_kwh"]
        end = np.minimum(own["departure_slot"], problem.slots) - 1 - self.slots.start
        self.end = (end, np.arange(self.count))
        self.penalty = problem.shortage_per_kwh
        self.sites, self._starts, self._own_site = np.unique(
            problem.site[chosen], return_index=True, return_inverse=True
        )
        self._start()

    def _take_costs(self, problem: Problem, own: np.ndarray) -> None:
        """Per full share of a slot: cost, kWh into the battery (a), kW at the grid (b), and their products."""
        hours = problem.slot_h
        charge = problem.charge_kw[self.slots, self.chosen]
        discharge = problem.discharge_kw[self.slots, self.chosen]
        price = problem.price_per_kwh[self.slots, None]
        half = 0.5 * own["wear_per_kwh"]
        self.cost_u = charge * hours * (price + half * own["charge_efficiency"])
        self.cost_v = discharge * hours * (half / own["discharge_efficiency"] - price)
        self.a_u, self.a_v = charge * hours * own["charge_efficiency"], -discharge * hours / own["discharge_efficiency"]
        self.b_u, self.b_v = charge, -discharge
        self._a, self._b = self.a_u - self.a_v, self.b_u - self.b_v
        self._aa = (self._a**2, self.a_u**2, self.a_v**2)
        self._ab = (self._a * self._b, self.a_u * self.b_u, self.a_v * self.b_v)
        self._bb = (self._b**2, self.b_u**2, self.b_v**2)

    def _start(self) -> None:
        """Begin on an even way from the first energy to one well inside, so that each battery balances at once."""
        end, there = self.end, self.there
        required = self.low[end]
        top = np.where(there, self.high, np.inf).min(axis=0)
        floors = np.where(there, self.low, -np.inf)
        floors[end] = -np.inf
        bottom = np.minimum(floors.max(axis=0), top)
        bottom = np.where(np.isfinite(bottom), bottom, required)
        room = np.maximum(top - bottom, 1e-3)
        most_u, most_v = self.a_u.max(axis=0), (-self.a_v).max(axis=0)
        both = (most_v > 0.0) & (most_u > 0.0)
        goal = np.clip(0.5 * (required + top), bottom + 0.2 * room, top - 0.1 * room)
        slowest = np.where(both, -0.5 * most_v, np.minimum(0.05 * most_u, 0.5 * (top - self.first) / there.sum(axis=0)))
        step = np.clip((goal - self.first) / there.sum(axis=0), np.maximum(slowest, -0.5 * most_v), 0.6 * most_u)
        per_u, per_v = np.maximum(most_u, 1e-9), np.where(both, most_v, 1.0)
        share_v = np.where(both, np.minimum(0.1, 0.5 * per_u / per_v), 0.1)
        u = np.where(step >= 0, np.clip((step + share_v * np.where(both, most_v, 0.0)) / per_u, 1e-3, 0.85), 0.1)
        v = np.where(step >= 0, share_v, np.clip((0.1 * most_u - step) / per_v, 1e-3, 0.85))
        self.u, self.v = np.where(there, u, 1 / 3), np.where(there, v, 1 / 3)
        over = np.maximum((self.u + self.v) / 0.95, 1.0)
        self.u /= over
        self.v /= over
        self.h = 1.0 - self.u - self.v
        self.e = self.first + np.cumsum(self.a_u * self.u + self.a_v * self.v, axis=0)
        self.q = np.maximum(required + 0.05 * room - self.e[end], 0.02 * room)
        row = np.arange(self.length)[:, None]
        self.e += np.where(row >= end[0], self.q, 0.0)
        after = row > end[0]
        self.low = np.where(after, self.e - room, self.low)
        self.high = np.where(after, self.e + room, self.high)
        margin = 1e-3 * np.maximum(self.high - self.low, 1e-3)
        self.high = np.maximum(self.high, self.low + 4 * margin)
        self.e = np.clip(self.e, self.low + margin, self.high - margin)
        self.below, self.above = self.e - self.low, self.high - self.e
        self._staying = ~after

    def start_multipliers(self, centre: float, value: float, slack: float) -> None:
        """Choose multipliers that fit the costs, each product of a bound near `centre`."""
        self.y = np.where(self._staying, -value, 0.0)
        cost_u, cost_v = self.cost_u + self.a_u * self.y, self.cost_v + self.a_v * self.y
        omega = np.minimum(0.0, np.minimum(cost_u, cost_v)) - slack
        self.zu, self.zv, self.zh = cost_u - omega, cost_v - omega, -omega
        rise = self._rise(self.y)
        least = np.minimum(centre / self.below, centre / self.above)
        self.zbelow, self.zabove = least + np.maximum(rise, 0.0), least + np.maximum(-rise, 0.0)
        self.zq = np.maximum(self.penalty + self.y[self.end], 1e-6)

    def _rise(self, y: Floats) -> Floats:
        rise = -y
        rise[:-1] += y[1:]
        return rise

    def _by_site(self, values: Floats) -> Floats:
        """Return [slots, sites of this block]: sums over vehicles."""
        if len(self.sites) == 1:
            return values.sum(axis=1)[:, None]
        return np.add.reduceat(values, self._starts, axis=1)

    def _of_site(self, values: Floats) -> Floats:
        mine = values[self.slots][:, self.sites]
        return mine if len(self.sites) == 1 else mine[:, self._own_site]

    def residual(self, price: Floats) -> tuple[float, float, float, Floats, float]:
        """Return complementarity, cost, this block's part of the bound, power at the sites, imbalance in kWh."""
        at_site = self._of_site(price)
        cost_u = self.cost_u + self.a_u * self.y - self.b_u * at_site
        cost_v = self.cost_v + self.a_v * self.y - self.b_v * at_site
        rise = self._rise(self.y)
        self._cost_u, self._cost_v, self._rise_ = cost_u, cost_v, rise
        self._cost_q = self.penalty + self.y[self.end]
        self._one_ = 1.0 - self.u - self.v - self.h
        balance = self.a_u * self.u + self.a_v * self.v - self.e
        balance[1:] += self.e[:-1]
        balance[0] += self.first
        balance[self.end] += self.q
        self._balance_ = balance
        pairs = sum(_dot(getattr(self, name), getattr(self, "z" + name)) for name in _AT_ONCE)
        cost = _dot(self.cost_u, self.u) + _dot(self.cost_v, self.v) + self.penalty * float(self.q.sum())
        bound = float(np.minimum(0.0, np.minimum(cost_u, cost_v)).sum()) + float((self.y[0] * self.first).sum())
        bound += float(np.minimum(rise * self.low, rise * self.high).sum())
        bound += float((np.minimum(0.0, self._cost_q) * self.penalty_room()).sum())
        flow = self._by_site(self.b_u * self.u + self.b_v * self.v)
        return pairs, cost, bound, flow, float(np.abs(balance).max())

    def penalty_room(self) -> Floats:
        """Return the largest shortage that can be: all of what the battery holds."""
        return self.high[self.end] - self.low.min(axis=0)

    def factor(self, schur: Floats, diagonal: Floats) -> None:
        """Eliminate this block's variables; take its part off the sites' matrix schur[sites, slots, slots]."""
        self._tu, self._tv, self._th = self.u / self.zu, self.v / self.zv, self.h / self.zh
        self._each = 1.0 / (self._tu + self._tv + self._th)
        weights = (self._tu * self._tv * self._each, self._tu * self._th * self._each, self._tv * self._th * self._each)
        self._weights = weights
        own = sum(w * product for w, product in zip(weights, self._aa, strict=True))
        self._psi = sum(w * product for w, product in zip(weights, self._ab, strict=True))
        chi = sum(w * product for w, product in zip(weights, self._bb, strict=True))
        self._tq = self.q / self.zq
        own[self.end] += self._tq
        self._te = 1.0 / (self.zbelow / self.below + self.zabove / self.above)
        for row in range(1, self.length):  # pivots without the neighbour's part, so that nothing cancels
            before, pivot = self._te[row - 1], own[row - 1]
            own[row] += before * pivot / (before + pivot)
        self._inverse = 1.0 / (self._te + own)
        self._ratio = self._te * self._inverse
        self._add_schur(schur)
        diagonal[self.slots, self.sites] += self._by_site(chi)

    def _add_schur(self, schur: Floats) -> None:
        """An entry of a tridiagonal's inverse is its diagonal times the ratios in between: all of them positive."""
        ratio, psi, first = self._ratio, self._psi, self.slots.start
        corner = self._inverse.copy()
        square = ratio * ratio
        for row in range(self.length - 2, -1, -1):
            corner[row] += square[row] * corner[row + 1]
        corner *= psi
        chain = np.empty((self.length, self.count))
        for row in range(self.length):
            if row:
                chain[:row] *= ratio[row - 1]
            chain[row] = psi[row]
            place = slice(first, first + row + 1)
            if len(self.sites) == 1:
                schur[self.sites[0], place, first + row] -= np.einsum("tv,v->t", chain[: row + 1], corner[row])
            else:
                part = np.add.reduceat(chain[: row + 1] * corner[row], self._starts, axis=1)
                schur[self.sites, place, first + row] -= part.T

    def _solve(self, values: Floats) -> Floats:
        ratio = self._ratio
        for row in range(1, self.length):
            values[row] += ratio[row - 1] * values[row - 1]
        values *= self._inverse
        for row in range(self.length - 2, -1, -1):
            values[row] += ratio[row] * values[row + 1]
        return values

    def right_side(self, centres: list[Floats | float]) -> Floats:
        """Return this block's part of the sites' right side.  centres: what each product aims at, over its variable."""
        cu, cv, ch, cbelow, cabove, cq = self._centres = centres
        self._ru, self._rv, self._rh = self._cost_u - cu, self._cost_v - cv, -ch
        self._re = self._rise_ - cbelow + cabove
        self._rq = self._cost_q - cq
        x = self._weights[0] * (self._ru - self._rv)
        x_u, x_v = self._weights[1] * (self._ru - self._rh), self._weights[2] * (self._rv - self._rh)
        spread = self._one_ * self._each
        share_u, share_v = self._tu * spread, self._tv * spread
        slack = self._te * self._re
        values = self._balance_ + slack - (self._a * x + self.a_u * x_u + self.a_v * x_v)
        values += share_u * self.a_u + share_v * self.a_v
        values[1:] -= slack[:-1]
        values[self.end] -= self._tq * self._rq
        self._y0 = self._solve(values)
        at_grid = self._b * x + self.b_u * x_u + self.b_v * x_v - (share_u * self.b_u + share_v * self.b_v)
        return self._by_site(at_grid + self._psi * self._y0)

    def direction(self, change: Floats) -> tuple[float, float]:
        """Take the sites' change of price; return how far the bounds and their multipliers let the step go."""
        cu, cv, ch, cbelow, cabove, cq = self._centres
        at_site = self._of_site(change)
        dy = self._dy = self._y0 + self._solve(self._psi * at_site)
        to_u = self.a_u * dy - self.b_u * at_site + self._ru
        to_v = self.a_v * dy - self.b_v * at_site + self._rv
        omega = (self._one_ + self._tu * to_u + self._tv * to_v + self._th * self._rh) * self._each
        de = -self._rise(dy) - self._re
        de *= self._te
        dq = self._tq * (-dy[self.end] - self._rq)
        self._de = de
        self._steps = (self._tu * (omega - to_u), self._tv * (omega - to_v), self._th * (omega - self._rh), de, -de, dq)
        self._zsteps = (
            cu - self.zu - (omega - to_u), cv - self.zv - (omega - to_v), ch - self.zh - (omega - self._rh),
            cbelow - self.zbelow - self.zbelow / self.below * de, cabove - self.zabove + self.zabove / self.above * de,
            cq - self.zq - dq / self._tq,
        )  # fmt: skip
        far = max(-float((step / getattr(self, name)).min()) for name, step in zip(_AT_ONCE, self._steps, strict=True))
        zfar = max(
            -float((step / getattr(self, "z" + name)).min()) for name, step in zip(_AT_ONCE, self._zsteps, strict=True)
        )
        return far, zfar

    def ahead(self, step: float, zstep: float) -> float:
        """Return the complementarity after such a step."""
        return sum(
            _dot(getattr(self, name) + step * by, getattr(self, "z" + name) + zstep * zby)
            for name, by, zby in zip(_AT_ONCE, self._steps, self._zsteps, strict=True)
        )

    def corrected(self, centre: float) -> list[Floats | float]:
        """Return what each product aims at, less the second-order part of the step just computed."""
        return [
            (centre - by * zby) / getattr(self, name)
            for name, by, zby in zip(_AT_ONCE, self._steps, self._zsteps, strict=True)
        ]

    def move(self, step: float, zstep: float) -> None:
        for name, by, zby in zip(_AT_ONCE, self._steps, self._zsteps, strict=True):
            own, multiplier = getattr(self, name), getattr(self, "z" + name)
            own += step * by
            multiplier += zstep * zby
        self.e += step * self._de
        self.y += zstep * self._dy


def _dot(one: Floats, other: Floats) -> float:
    """Return the sum of products, not by BLAS: its threads cost more than they save at this size."""
    letters = "ab"[: one.ndim]
    return float(np.einsum(f"{letters},{letters}->", one, other))
