"""The twin's estimator on tests of real cells: SoC, interval, voltage, speed; counting and filterpy's EKF beside it.

The EKF is a textbook one on the very same circuit: its state is SoC and the currents of both RC pairs, and its noise
is white.  Coulomb counting starts where the estimators start. Run it by hand:

    python tests/bench/bench_twin_estimate.py [--every-cycle] [--check] [--picture FILE.png] [--json FILE]
    python tests/bench/bench_twin_estimate.py --data FOLDER --chemistry nca [--capacity 2.9]

With --data it judges every CSV, BDF or NPZ file of a folder: tests that begin full, one cell each.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "twin"))

import battery_tests as cells

from twin.battery import cycler, identify
from twin.battery.chemistry import Chemistry, load
from twin.battery.cycler import Record
from twin.battery.identify import Test
from twin.estimate import trial
from twin.estimate.state import start, unmeasured
from twin.estimate.step import step
from twin.estimate.tables import tables

WRONG = 0.3
LOW_SOC = 0.1
SPEED_VEHICLES, SPEED_STEPS = 40_000, 60
EKF_VOLTAGE_V, EKF_SOC_PER_S = 0.01, 1e-6
COLUMNS = (
    "test                     SoC RMSE after 10 min, %            95 % interval holds    half   voltage, mV  residual"
)
HEAD = (
    "                         wrong start: twin  EKF  count | right  twin     EKF            width  RMSE         of it"
)


@dataclass(frozen=True)
class Judged:
    """What one test showed; SoC errors and widths as shares of 1."""

    name: str
    kind: str
    group: str  # of the limits: "25", "10", "0", "other"
    wrong: float
    right: float
    right_sure: float  # from a right start that is told to be sure
    ekf_wrong: float
    ekf_right: float
    count_wrong: float
    count_right: float
    holds: float  # the mean of the three starts: right, wrong, right and told to be sure
    holds_least: float  # the worst of them
    ekf_holds: float
    half_width: float
    voltage_v: float
    residual: float  # voltage RMSE with it, as a share of that without; NaN where there is none


class PlainEkf:
    """filterpy's extended Kalman filter on the twin's circuit, as textbooks have it."""

    def __init__(self, chemistry: Chemistry, soc: float) -> None:
        self.chemistry = chemistry
        self.filter = ExtendedKalmanFilter(dim_x=3, dim_z=1)
        self.filter.x = np.array([[soc], [0.0], [0.0]])
        self.filter.P = np.diag([0.3**2, 0.01, 0.01])
        self.filter.R = np.array([[EKF_VOLTAGE_V**2]])
        self.filter.Q = np.diag([EKF_SOC_PER_S**2, 1e-4, 1e-4])
        self.tables = tables(chemistry)

    def step(self, dt_s: float, mean_a: float, now_a: float, volts: float, temperature_c: float) -> None:
        kept = np.exp(-dt_s / np.array([self.chemistry.tau1_s, self.chemistry.tau2_s]))
        own = self.filter
        own.F = np.diag([1.0, *kept])
        own.x = own.F @ own.x + np.array(
            [[mean_a * dt_s / 3600.0 / self.chemistry.capacity_ah], [(1 - kept[0]) * mean_a], [(1 - kept[1]) * mean_a]]
        )
        own.P = own.F @ own.P @ own.F.T + own.Q
        at = self.tables.at(np.array([own.x[0, 0]], "f4"), np.array([temperature_c], "f4"))
        ocv, slope, r0, r1, r2 = (float(v[0]) for v in (at.ocv_v, at.slope_v, at.r0_ohm, at.r1_ohm, at.r2_ohm))
        own.update(
            np.array([[volts]]),
            lambda _x: np.array([[slope, r1, r2]]),
            lambda x: np.array([[ocv + r0 * now_a + r1 * x[1, 0] + r2 * x[2, 0]]]),
        )

    @property
    def soc(self) -> float:
        return float(self.filter.x[0, 0])

    @property
    def sigma(self) -> float:
        return float(np.sqrt(self.filter.P[0, 0]))


def run_ekf(test: Test, chemistry: Chemistry, soc: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (SoC, sigma) of the plain EKF at every row."""
    ekf, record = PlainEkf(chemistry, soc), test.record
    temps = np.where(np.isfinite(record.temperature_c), record.temperature_c, 25.0)
    out = np.empty((2, len(record.time_s)))
    for k in range(len(record.time_s)):
        ekf.step(record.dt_s[k], record.current_a[k], record.current_now_a[k], record.voltage_v[k], temps[k])
        out[:, k] = ekf.soc, ekf.sigma
    return out[0], out[1]


def judge(test: Test, chemistry: Chemistry, kind: str, group: str) -> Judged:
    """Run the twin, the EKF and counting over a test from a right and from a wrong start."""
    record = test.record
    begin = float(test.soc[0])
    wrong = begin - WRONG if begin >= 0.5 else begin + WRONG
    both = trial.run(record, test.soc, chemistry, [begin, wrong])
    sure = trial.run(record, test.soc, chemistry, [begin], sigma=0.02)
    late = record.time_s - record.time_s[0] >= trial.SETTLED_S
    counted = np.concatenate([[0.0], np.cumsum((record.current_a * record.dt_s)[1:])]) / 3600.0 / chemistry.capacity_ah
    ekf = [run_ekf(test, chemistry, soc) for soc in (begin, wrong)]
    holds = [float(np.mean(np.abs(soc - test.soc) <= 1.96 * sigma)) for soc, sigma in ekf]
    plain = identify.model(test, chemistry).voltage_v - record.voltage_v
    helped = identify.model(test, chemistry, with_residual=True).voltage_v - record.voltage_v
    above = test.soc > LOW_SOC
    rmse = both.rmse()
    return Judged(
        name=record.name,
        kind=kind,
        group=group,
        wrong=float(rmse[1]),
        right=float(rmse[0]),
        right_sure=float(sure.rmse()[0]),
        ekf_wrong=_rms((ekf[1][0] - test.soc)[late]),
        ekf_right=_rms((ekf[0][0] - test.soc)[late]),
        count_wrong=_rms((wrong + counted - test.soc)[late]),
        count_right=_rms((begin + counted - test.soc)[late]),
        holds=float(np.mean([*both.coverage(), *sure.coverage()])),
        holds_least=float(min(both.coverage().min(), sure.coverage().min())),
        ekf_holds=min(holds),
        half_width=float(both.half_width()[1]),
        voltage_v=_rms(plain[above]),
        residual=_rms(helped[above]) / _rms(plain[above]) if chemistry.residual is not None else float("nan"),
    )


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def own_tests(every: bool) -> Iterator[tuple[Test, Chemistry, str, str]]:
    """Yield (test, chemistry, kind, group) of the project's data, none of it used for identification."""
    nca = load("nca")
    for name in cells.UNSEEN if every else ("25degC_Cycle_2", "25degC_HWFTa", "10degC_Cycle_3", "0degC_UDDS"):
        yield cells.panasonic(name), nca, "NCA", name.split("degC")[0]
    yield cells.leaf()[0], load("lmo"), "LMO", "other"
    for seed in range(8 if every else 2):
        yield cells.iron_cell(seed), iron(), "LFP", "other"


def iron() -> Chemistry:
    """Return the LFP chemistry as it is used for a cell of another size and make."""
    known = load("lfp")
    scale = cells.IRON_AH / known.capacity_ah
    ohms = {name: getattr(known, name) / scale for name in ("r0_ohm", "r1_ohm", "r2_ohm")}
    return replace(known, capacity_ah=cells.IRON_AH, **ohms)


def folder_tests(folder: Path, chemistry: Chemistry) -> Iterator[tuple[Test, Chemistry, str, str]]:
    """Yield the tests of a folder, each of which begins full."""
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".csv", ".bdf", ".gz", ".npz"):
            continue
        record = _npz(path) if path.suffix == ".npz" else cycler.read(path, chemistry.capacity_ah)
        test = identify.with_soc(record, chemistry.capacity_ah, 1.0)
        temperature = float(np.nanmedian(record.temperature_c)) if np.isfinite(record.temperature_c).any() else 25.0
        group = "25" if temperature > 20 else "10" if temperature > 6 else "0" if temperature > -4 else "other"
        yield test, chemistry, chemistry.kind, group


def _npz(path: Path) -> Record:
    data = {name: values.astype(float) for name, values in np.load(path).items()}
    dt = np.diff(data["t_s"], prepend=data["t_s"][0])
    names = ("current_mean_a", "current_a", "voltage_v", "temp_c")
    return Record(path.stem, data["t_s"], dt, *(data[name] for name in names), data["ah"])


def speed() -> dict[str, float]:
    """Return vehicle updates a second of processor time: the twin over arrays, and the EKF in its loop."""
    chemistry = load("nca")
    test = cells.panasonic("25degC_Cycle_2")
    rng = np.random.default_rng(1)
    states = start(SPEED_VEHICLES, chemistry)
    states["elapsed_s"] = rng.uniform(0.0, 180.0, SPEED_VEHICLES)  # windows of a fleet do not end together
    states["age_s"] = 1000.0
    rows = unmeasured(SPEED_VEHICLES)
    rows["dt_s"], rows["temperature_c"] = 1.0, 25.0
    rate = 0.0
    for _ in range(3):  # the machine may be busy with something else
        began = time.process_time()
        for k in range(SPEED_STEPS):
            rows["current_a"] = test.record.current_a[k]
            rows["voltage_v"] = test.record.voltage_v[k]
            step(states, rows, chemistry)
        rate = max(rate, SPEED_VEHICLES * SPEED_STEPS / (time.process_time() - began))
    ekf, loops = PlainEkf(chemistry, 0.7), 3000
    began = time.process_time()
    for k in range(loops):
        row = test.record
        ekf.step(row.dt_s[k], row.current_a[k], row.current_now_a[k], row.voltage_v[k], row.temperature_c[k])
    loop = loops / (time.process_time() - began)
    return {"twin_per_s": rate, "filterpy_per_s": loop, "ratio": rate / loop}


def line(one: Judged) -> str:
    percent = [100.0 * value for value in (one.wrong, one.ekf_wrong, one.count_wrong, one.right)]
    return (
        f"{one.name[:22]:22} {one.kind:4} {percent[0]:8.2f} {percent[1]:8.2f} {percent[2]:6.1f} | {percent[3]:5.2f} "
        f"{100 * one.holds:6.1f} % {100 * one.ekf_holds:6.1f} %  +-{100 * one.half_width:4.1f} %"
        f" {1e3 * one.voltage_v:7.1f} {one.residual:11.2f}"
    )


def verdicts(judged: list[Judged], rates: dict[str, float]) -> list[tuple[bool, str]]:
    """Return whether each limit holds, and its line."""
    out: list[tuple[bool, str]] = []

    def limit(values: list[float], most: float, words: str, unit: str = "", scale: float = 1.0) -> None:
        if values:
            worst = max(values)
            out.append((worst <= most, f"{words}: {scale * worst:.2f}{unit}, at most {scale * most:g}{unit}"))

    nca = [one for one in judged if one.kind == "NCA"]
    for group, most in (("25", 0.01), ("10", 0.02), ("0", 0.02)):
        some = [one.wrong for one in nca if one.group == group]
        limit([float(np.mean(some))] if some else [], most, f"SoC RMSE at {group} degC, 30 % wrong, mean", " %", 100.0)
    limit([one.right - one.count_right for one in nca], 0.01, "right start, worse than counting by", " %", 100.0)
    for kind in sorted({one.kind for one in judged}):
        holds = [one.holds for one in judged if one.kind == kind]
        out.append(
            (float(np.mean(holds)) >= 0.9, f"{kind}: the interval holds {100 * np.mean(holds):.1f} %, at least 90 %")
        )
        least = min(one.holds_least for one in judged if one.kind == kind)
        out.append((least >= 0.7, f"{kind}: in the worst run {100 * least:.1f} %, at least 70 %"))
    widths = [one.half_width for one in nca if np.isfinite(one.half_width)]
    limit([float(np.median(widths))] if widths else [], 0.05, "NCA: median half-width after an hour", " %", 100.0)
    some = [one.voltage_v for one in nca if one.group == "25"]
    limit([float(np.mean(some))] if some else [], 0.02, "voltage RMSE at 25 degC, mean", " mV", 1e3)
    known = [one.residual for one in nca if one.group != "other"]
    limit([float(np.mean(known))] if known else [], 0.93, "residual at trained temperatures, of the circuit alone")
    limit([one.residual for one in nca if one.group == "other"], 1.02, "residual at other temperatures")
    if rates:
        out.append(
            (rates["twin_per_s"] >= 3e6, f"{rates['twin_per_s'] / 1e6:.2f} million updates a second, at least 3")
        )
        out.append((rates["ratio"] >= 200, f"{rates['ratio']:.0f} times filterpy's loop, at least 200"))
    return out


def picture(path: Path) -> None:
    """Draw one NCA and one LFP run with their intervals, EKF and counting beside them."""
    from matplotlib.figure import Figure

    shown = (
        (cells.panasonic("10degC_Cycle_3"), load("nca"), "NCA, 10 °C"),
        (cells.iron_cell(2), iron(), "LFP of another make"),
    )
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    for axes, (test, chemistry, title) in zip(figure.subplots(1, 2), shown, strict=True):
        begin = float(test.soc[0])
        wrong = begin - WRONG
        told = trial.run(test.record, test.soc, chemistry, [wrong])
        hours = (test.record.time_s - test.record.time_s[0]) / 3600.0
        low, high = told.told["soc_low"][:, 0], told.told["soc_high"][:, 0]
        axes.fill_between(told.time_s / 3600.0, 100 * low, 100 * high, color="#cfe4f6", label="twin, 95 %")
        axes.plot(told.time_s / 3600.0, 100 * told.told["soc"][:, 0], color="#0b62c4", label="twin")
        axes.plot(hours, 100 * run_ekf(test, chemistry, wrong)[0], color="#c4314b", lw=0.9, label="plain EKF")
        axes.plot(hours, 100 * (wrong + test.soc - begin), color="#8b95a1", ls="--", label="counting")
        axes.plot(hours, 100 * test.soc, color="#101a24", lw=1.6, label="truth")
        axes.set(title=f"{title}: start 30 % wrong", xlabel="time, h", ylabel="SoC, %", ylim=(-2, 102))
        axes.grid(alpha=0.4)
        axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every-cycle", action="store_true", help="all unseen tests, not a sample of them")
    parser.add_argument("--check", action="store_true", help="end with 1 where a limit does not hold")
    parser.add_argument("--data", type=Path, help="judge this folder's files instead")
    parser.add_argument("--chemistry", default="nca", help="name, or file that `gridkeel twin fit` wrote; with --data")
    parser.add_argument("--capacity", type=float, help="of the cell in --data, Ah")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    chemistry = load(args.chemistry)
    if args.capacity:
        chemistry = replace(chemistry, capacity_ah=args.capacity)
    judged = []
    print(COLUMNS + "\n" + HEAD)
    for test, own, kind, group in folder_tests(args.data, chemistry) if args.data else own_tests(args.every_cycle):
        judged.append(judge(test, own, kind, group))
        print(line(judged[-1]), flush=True)
    rates = speed()
    found = verdicts(judged, rates)
    print(f"\ntwin {rates['twin_per_s']:,.0f} updates/s, filterpy {rates['filterpy_per_s']:,.0f}/s\n")
    for good, words in found:
        print("holds  " if good else "FAILS  ", words)
    if args.json:
        figures: dict[str, Any] = {"runs": [vars(one) for one in judged], "speed": rates}
        args.json.write_text(json.dumps(figures, indent=1))
    if args.picture:
        picture(args.picture)
    return int(args.check and not all(good for good, _ in found))


if __name__ == "__main__":
    sys.exit(main())
