"""Runs the estimator's tests with a bar, prints the table beside its limits, and writes the rows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gridkeel.params import Parameters
from host_tools.files import write_atomic
from host_tools.screen import Screen
from studies.estimator_bench import edge_tests, page, rough, standard
from studies.estimator_bench.cost import Cost, measure_cost
from studies.estimator_bench.table import cost_line, table
from studies.estimator_bench.track import parameters_for
from studies.estimator_bench.verdict import Row, Trial, measure

FULL_RATE = 4800
RATES = (3200, 6400, 9600)


@dataclass(frozen=True)
class Result:
    """Every row, and what the estimator costs a sample."""

    rows: list[Row]
    costs: list[Cost]

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)


def plan(quick: bool) -> Iterator[tuple[Trial, Parameters]]:
    """Give each test with the parameters it runs at.

    Full: everything at 50 and 60 Hz and 4,800 samples a second, the thinned grid at 3,200 to 9,600.
    Quick: the thinned grid at 50 Hz.
    """
    for nominal_hz in (50,) if quick else (50, 60):
        parameters = parameters_for(nominal_hz, FULL_RATE)
        mains = [*standard.tests(nominal_hz, quick), *rough.tests(float(nominal_hz), quick)]
        for test in [*mains, *standard.reports(nominal_hz, quick), *edge_tests.tests(nominal_hz, quick)]:
            yield test, parameters
    for sample_hz in () if quick else RATES:
        for test in standard.tests(50, quick=True):
            yield test, parameters_for(50, sample_hz)


def run_all(screen: Screen, quick: bool, json_file: Path | None, out: Path) -> Result:
    """Run the plan, print its table; write its rows to json_file, the page and its data to out/estimator.*."""
    planned = list(plan(quick))
    rows: list[Row] = []
    started = time.perf_counter()
    with screen.progress() as progress:
        task = progress.add_task("estimator", total=len(planned))
        for test, parameters in planned:
            progress.update(task, description=f"{parameters.nominal_hz} Hz, {test.name}")
            rows.append(measure(test, parameters))
            progress.advance(task)
    result = Result(rows, measure_cost())
    screen.table(table(rows))
    screen.say(cost_line(result.costs))
    page.write(result.rows, result.costs, out)
    if json_file is not None:
        write_atomic(json_file, json.dumps([row.as_dict() for row in rows], indent=1) + "\n")
    held = sum(row.ok for row in rows)
    count = sum(row.points for row in rows)
    spent = time.perf_counter() - started
    screen.verdict(
        result.ok, f"{held} of {len(rows)} tests held, {count} waves, {spent:.0f} s; {out / 'estimator.html'}"
    )
    return result
