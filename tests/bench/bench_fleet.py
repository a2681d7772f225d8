"""Speed of the fleet model in charger-steps a second, against the firmware's own classes looped in CPython.

Run it by hand: python tests/bench/bench_fleet.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from gridkeel import inverter
from gridkeel.controller import Controller
from gridkeel.params import Parameters
from studies.fleet.fleet import STEP_MS, Fleet

sys.path.insert(0, str(Path(__file__).parents[1] / "hil"))
from fleet_pair import GivenInverter, GivenMains  # noqa: E402 - the stand-ins of the property test

CHARGERS = 100_000
STEPS = 100
LOOPED = 50


def frequency_hz(step: int) -> float:
    """A grid that swings past the deadband."""
    return 50.0 + 0.15 * float(np.sin(step / 30))


def model_rate() -> float:
    fleet = Fleet(CHARGERS, Parameters({"start_delay_ms": 0}))
    for step in range(20):
        fleet.step(frequency_hz(step))
    start = time.perf_counter()
    for step in range(20, 20 + STEPS):
        fleet.step(frequency_hz(step))
    return CHARGERS * STEPS / (time.perf_counter() - start)


def firmware_rate() -> float:
    controllers = [_controller() for _ in range(LOOPED)]
    start = time.perf_counter()
    for step in range(STEPS):
        uhz = round(frequency_hz(step) * 1e6)
        for one in controllers:
            one.mains.freq_uhz = one.mains.freq_short_uhz = uhz
            one.step(None, 0, step * STEP_MS)
    return LOOPED * STEPS / (time.perf_counter() - start)


def _controller() -> Controller:
    one = Controller(Parameters({"start_delay_ms": 0}))
    one.mains = GivenMains(50_000_000)
    one.mains.rocof_mhz_s = one.mains.quality = 0
    one.mains.voltage_mv = one.mains.cycle_mv = 230_000
    one.inverter = GivenInverter()
    one.inverter.state = inverter.DRIVING
    one.inverter.charge_rating_w = one.inverter.discharge_rating_w = 7400
    one.inverter.soc_pct_x100 = 6000
    return one


def main() -> None:
    model, looped = max(model_rate() for _ in range(3)), max(firmware_rate() for _ in range(3))
    print(f"fleet model        {model:14,.0f} charger-steps a second")
    print(f"firmware in a loop {looped:14,.0f} charger-steps a second")
    print(f"ratio              {model / looped:14,.0f}")


if __name__ == "__main__":
    main()
