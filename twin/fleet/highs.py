"""The whole dispatch problem given to HiGHS: exact, with modes as whole numbers where both ways at once would pay."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.battery.arrays import Bools, Floats, Ints
from twin.fleet.problem import Problem


@dataclass
class Whole:
    """What HiGHS found: kW [slots, vehicles], cost with shortage, its bound, whether it is optimal, whether any."""

    charge_kw: Floats
    discharge_kw: Floats
    cost: float
    bound: float
    finished: bool
    solved: bool
    seconds: float


def solve(
    problem: Problem, *, exclusive: Bools | None = None, gap: float = 1e-4, time_limit_s: float = np.inf
) -> Whole:
    """Solve the linear program; where `exclusive` [slots, vehicles] is set, only one of both ways may be used."""
    import highspy

    slots, vehicles = problem.charge_kw.shape
    cells = slots * vehicles
    columns = _Columns(problem)
    modes = np.flatnonzero(exclusive.reshape(-1)) if exclusive is not None else np.empty(0, np.intp)
    costs = np.concatenate([columns.costs, np.zeros(len(modes))])
    low = np.concatenate([columns.low, np.zeros(len(modes))])
    high = np.concatenate([columns.high, np.ones(len(modes))])
    rows, cols, values = columns.entries
    row_low, row_high = columns.row_low, columns.row_high
    if len(modes):
        first, mode = len(row_low), len(columns.costs) + np.arange(len(modes))
        at = first + np.arange(len(modes))
        charge, discharge = problem.charge_kw.reshape(-1)[modes], problem.discharge_kw.reshape(-1)[modes]
        rows = np.concatenate([rows, at, at, at + len(modes), at + len(modes)])
        cols = np.concatenate([cols, modes, mode, cells + modes, mode])
        one = np.ones(len(modes))
        values = np.concatenate([values, one, -charge, one, discharge])
        row_low = np.concatenate([row_low, np.full(2 * len(modes), -np.inf)])
        row_high = np.concatenate([row_high, np.zeros(len(modes)), discharge])
    # Highs itself prints a banner to standard output, whatever its options.
    solver = highspy._Highs()  # type: ignore[attr-defined]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("threads", 1)
    if np.isfinite(time_limit_s):
        solver.setOptionValue("time_limit", float(time_limit_s))
    solver.passModel(_model(highspy, costs, (low, high), (row_low, row_high), (rows, cols, values), len(modes)))
    began = time.perf_counter()
    solver.run()
    seconds = time.perf_counter() - began
    finished = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    info = solver.getInfo()
    found = np.asarray(solver.getSolution().col_value, float)
    solved = len(found) >= 2 * cells and bool(info.primal_solution_status == 2)
    if not solved:
        found, finished = np.zeros(2 * cells), False
    bound = info.mip_dual_bound if len(modes) else info.objective_function_value
    shape = (slots, vehicles)
    return Whole(
        found[:cells].reshape(shape), found[cells : 2 * cells].reshape(shape),
        info.objective_function_value, bound, finished, solved, seconds,
    )  # fmt: skip


class _Columns:
    """Charging, discharging, energy after each slot, shortage: their costs, bounds and what ties them."""

    def __init__(self, problem: Problem) -> None:
        own, hours = problem.vehicles, problem.slot_h
        slots, vehicles = problem.charge_kw.shape
        cells = slots * vehicles
        half, price = 0.5 * own["wear_per_kwh"], problem.price_per_kwh[:, None]
        charge = hours * (price + half * own["charge_efficiency"])
        discharge = hours * (half / own["discharge_efficiency"] - price)
        none = np.zeros(vehicles)
        self.costs = np.concatenate(
            [charge.reshape(-1), discharge.reshape(-1), np.zeros(cells), none + problem.shortage_per_kwh]
        )
        self.low = np.concatenate([np.zeros(2 * cells), problem.least_kwh.reshape(-1), none])
        self.high = np.concatenate(
            [
                problem.charge_kw.reshape(-1),
                problem.discharge_kw.reshape(-1),
                problem.most_kwh.reshape(-1),
                none + np.inf,
            ]
        )
        start = np.zeros((slots, vehicles))
        start[0] = own["energy_kwh"]
        self.row_low = np.concatenate([start.reshape(-1), -problem.export_kw.T.reshape(-1)])
        self.row_high = np.concatenate([start.reshape(-1), problem.import_kw.T.reshape(-1)])
        self.entries = self._entries(problem, np.arange(cells).reshape(slots, vehicles))

    def _entries(self, problem: Problem, cell: Ints) -> tuple[Ints, Ints, Floats]:
        own, hours = problem.vehicles, problem.slot_h
        slots, vehicles = cell.shape
        cells = cell.size
        site = cells + np.arange(slots)[:, None] * len(problem.import_kw) + problem.site
        end = np.clip(own["departure_slot"], 1, slots) - 1
        one = np.ones(cell.shape)
        shortage = 3 * cells + np.arange(vehicles)
        parts = [
            (cell, 2 * cells + cell, one),
            (cell[1:], 2 * cells + cell[:-1], -one[1:]),
            (cell, cell, -hours * own["charge_efficiency"] * one),
            (cell, cells + cell, hours / own["discharge_efficiency"] * one),
            (site, cell, one),
            (site, cells + cell, -one),
            (cell[end, np.arange(vehicles)], shortage, -np.ones(vehicles)),
        ]
        rows, cols, values = (np.concatenate([part[k].reshape(-1) for part in parts]) for k in range(3))
        return rows, cols, values


def _model(highspy: Any, costs: Floats, bounds: Any, rows: Any, entries: Any, modes: int) -> Any:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(costs), len(rows[0])
    model.col_cost_ = costs
    model.col_lower_, model.col_upper_ = bounds
    model.row_lower_, model.row_upper_ = rows
    order = np.lexsort((entries[0], entries[1]))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.searchsorted(entries[1][order], np.arange(len(costs) + 1))
    model.a_matrix_.index_ = entries[0][order]
    model.a_matrix_.value_ = entries[2][order]
    if modes:
        kinds = [highspy.HighsVarType.kContinuous] * (len(costs) - modes) + [highspy.HighsVarType.kInteger] * modes
        model.integrality_ = kinds
    return model
