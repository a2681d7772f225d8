"""Dispatch against HiGHS on the whole linear problem, in the same run: cost, certified gap, time; judged by simulator.

A night of 96 quarter hours, every vehicle both ways, wear, one site. Times are of the processor, one thread each.
Run by hand: python tests/bench/bench_twin_dispatch.py [--vehicles 1000,10000,100000] [--highs-limit-s 600]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "twin"))

import fleet_maker

from twin.fleet import dispatch, highs, problem, simulate

GAPS = {1000: 1e-3, 10_000: 1e-3, 100_000: 2e-3}
LEAST_FASTER = 5.0
COMPARED = 1000  # vehicles at which HiGHS is the measure of cost and time
WHOLE_UP_TO = 10_000  # vehicles that HiGHS is given
CASES = ((1, 0.0, 0.03), (1, 0.62, 0.03))  # sites, how deep the price falls at night, wear; lowest about -500 a MWh


def one(vehicles: int, sites: int, deepest: float, wear: float, highs_limit_s: float) -> bool:
    own = fleet_maker.vehicles(vehicles, sites=sites, wear_per_kwh=wear)
    price = fleet_maker.prices(deepest=deepest)
    limits = fleet_maker.limits(own)
    began = time.process_time()
    planned = dispatch.plan(own, price, 0.25, *limits, method="apart")
    seconds = time.process_time() - began
    names = [f"vehicle {k}" for k in range(vehicles)]
    done = simulate.play(own, names, planned.power_kw, price, 0.25, *limits)
    print(
        f"{vehicles:,} vehicles, lowest price {price.min() * 1000:.0f}: cost {planned.cost:.2f}, bound"
        f" {planned.bound:.2f}, gap {planned.gap:.3%}, {seconds:.1f} s; simulator: {len(done.broken)} broken limits,"
        f" cost {done.energy_cost + done.wear_cost:.2f}, most missing {done.missing_kwh.max():.4f} kWh",
        flush=True,
    )
    good = planned.gap <= GAPS.get(vehicles, 2e-3) and not done.broken and done.missing_kwh.max() < 0.01
    if vehicles <= WHOLE_UP_TO and deepest == 0.0:
        good &= against_highs(vehicles, own, price, limits, planned, seconds, highs_limit_s)
    return good


def against_highs(
    vehicles: int,
    own: np.ndarray,
    price: np.ndarray,
    limits: tuple[np.ndarray, np.ndarray],
    planned: dispatch.Schedule,
    seconds: float,
    limit_s: float,
) -> bool:
    built, _ = problem.build(own, price, 0.25, *limits)
    began = time.process_time()
    whole = highs.solve(built, time_limit_s=limit_s)
    theirs = time.process_time() - began
    if not whole.finished:
        print(f"  HiGHS: not done in {whole.seconds:.0f} s by the clock ({theirs:.0f} s of processor)", flush=True)
        return vehicles != COMPARED
    off = planned.cost / whole.cost - 1.0
    print(
        f"  HiGHS on the whole: cost {whole.cost:.2f} ({off:+.3%}), {theirs:.1f} s (x {theirs / seconds:.1f})",
        flush=True,
    )
    return vehicles != COMPARED or (abs(off) <= 1e-3 and theirs / seconds >= LEAST_FASTER)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--vehicles", default="1000,10000")
    parser.add_argument("--highs-limit-s", type=float, default=600.0)
    given = parser.parse_args()
    good = True
    for vehicles in map(int, given.vehicles.split(",")):
        for sites, deepest, wear in CASES:
            good &= one(vehicles, sites, deepest, wear, given.highs_limit_s)
    print("held" if good else "NOT HELD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
