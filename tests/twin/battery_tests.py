"""Tests of cells in tests/data, what each was used for, and a made-up iron phosphate cell that is no chemistry."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from twin.battery import cycler
from twin.battery.cycler import Record
from twin.battery.identify import Test, with_soc

FOLDER = Path(__file__).resolve().parents[1] / "data" / "batteries"
PANASONIC = FOLDER / "panasonic-18650pf"
LEAF = FOLDER / "nissan-leaf" / "NissanLeaf-cell-Low-Current-HPPC-25C-2.csv.gz"
PANASONIC_AH, LEAF_AH, IRON_AH = 2.9, 33.1, 100.0
# What the NCA chemistry was identified on, and what each weighed; every other test is for judging it
IDENTIFIED = {
    "25degC_HPPC": 0.3,
    "10degC_HPPC": 0.3,
    "0degC_HPPC": 0.3,
    "25degC_C20_discharge": 0.3,
    "25degC_Cycle_1": 1.0,
    "25degC_US06": 1.0,
    "10degC_Cycle_1": 1.0,
    "10degC_US06": 1.0,
    "0degC_Cycle_1": 1.0,
    "0degC_US06": 1.0,
}
UNSEEN = (
    "25degC_Cycle_2",
    "25degC_Cycle_3",
    "25degC_HWFTa",
    "25degC_LA92",
    "10degC_Cycle_3",
    "10degC_trise_Cycle_1",
    "0degC_UDDS",
)
LEAF_CHARGE_END_S = (
    15_000.0  # before it the cell is charged, which the LMO chemistry never saw; after it come its pulses
)


@cache
def panasonic(name: str) -> Test:
    """Return a test of the NCA cell; each begins full."""
    return with_soc(cycler.read(PANASONIC / f"{name}.bdf.gz", PANASONIC_AH), PANASONIC_AH, 1.0)


@cache
def leaf() -> tuple[Test, Test]:
    """Return (charge, pulses) of the Leaf's cell."""
    record = cycler.read(LEAF, LEAF_AH)
    soc = with_soc(record, LEAF_AH).soc
    before = record.time_s < LEAF_CHARGE_END_S
    return Test(part(record, before), soc[before]), Test(part(record, ~before), soc[~before])


def part(record: Record, rows: np.ndarray) -> Record:
    """Return some rows of a record."""
    names = ("time_s", "dt_s", "current_a", "current_now_a", "voltage_v", "temperature_c", "charge_ah")
    return Record(record.name, *(getattr(record, name)[rows] for name in names))


def iron_cell(seed: int, hours: float = 6.0, dt_s: float = 5.0, start: float = 0.9) -> Test:
    """Return a test of an iron phosphate cell of another make: plateaus, knees, hysteresis and resistance of its own.

    Three RC pairs, a resistance that falls with current, hysteresis with a minor loop; none of it is the estimator's
    model, and every seed makes another cell.
    """
    rng = np.random.default_rng(seed)
    n = int(hours * 3600.0 / dt_s)
    current = _drive(rng, n, dt_s, start)
    soc = start + np.cumsum(current * dt_s) / 3600.0 / IRON_AH
    ohm = rng.uniform(0.03, 0.12) / IRON_AH
    levels = [_lowpass(current, dt_s, tau) for tau in (3.0, 60.0, 1500.0)]
    bent = 0.4 * IRON_AH * np.arcsinh(levels[0] / (0.4 * IRON_AH))
    drop = ohm * (0.5 * current + 0.3 * bent + 0.25 * levels[1] + 0.15 * levels[2])
    turned = _hysteresis(np.diff(soc, prepend=start), rng.uniform(0.03, 0.12))
    volts = _iron_ocv(soc, rng) + rng.uniform(0.01, 0.025) * turned + drop + rng.normal(0.0, 0.001, n)
    time = np.arange(n) * dt_s
    dt = np.full(n, dt_s)
    charge = (soc - start) * IRON_AH
    return Test(Record(f"iron {seed}", time, dt, current, current, volts, np.full(n, 22.0), charge), soc)


def _drive(rng: np.random.Generator, n: int, dt_s: float, start: float) -> np.ndarray:
    """Return a drive down to about a tenth, then a charge."""
    steps = np.repeat(rng.normal(-0.3, 0.6, n // 6 + 1), 6)[:n] * IRON_AH
    current = np.clip(steps, -2.0 * IRON_AH, 1.0 * IRON_AH)
    soc = start + np.cumsum(current) * dt_s / 3600.0 / IRON_AH
    low = int(np.argmax(soc < 0.1)) or n
    rest = min(n, low + int(1800.0 / dt_s))
    current[low:rest] = 0.0
    current[rest:] = 0.3 * IRON_AH
    after = start + np.cumsum(current) * dt_s / 3600.0 / IRON_AH
    current[rest:][after[rest:] > 0.98] = 0.0
    return current


def _lowpass(current: np.ndarray, dt_s: float, tau_s: float) -> np.ndarray:
    out, level, share = np.empty_like(current), 0.0, -np.expm1(-dt_s / tau_s)
    for k, value in enumerate(current):
        out[k] = level = level + share * (value - level)
    return out


def _hysteresis(moved: np.ndarray, turn: float) -> np.ndarray:
    out, level = np.empty_like(moved), -1.0
    for k, step in enumerate(moved):
        out[k] = level = level + (np.sign(step) - level) * -np.expm1(-abs(step) / turn)
    return out


def _iron_ocv(soc: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return two plateaus with a step between, a knee at either end."""
    low, step, at = rng.uniform(3.283, 3.300), rng.uniform(0.025, 0.040), rng.uniform(0.62, 0.72)
    tilt = rng.uniform(0.01, 0.04)
    plateau = low + tilt * (soc - 0.5) + step / (1.0 + np.exp(-(soc - at) / 0.02))
    empty = -0.25 * np.exp(-soc / rng.uniform(0.04, 0.06)) - 0.5 * np.exp(-soc / 0.012)
    return plateau + empty + 0.15 * np.exp((soc - 1.0) / rng.uniform(0.008, 0.015))
