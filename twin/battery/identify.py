"""A cell's parameters from its tests: one least-squares fit of open-circuit voltage, hysteresis and resistances.

With the time constants given, the circuit's voltage is linear in its open-circuit voltage and in its resistances; these
are fitted as logarithms, which keeps them positive and lets them follow Arrhenius between and beyond the tested
temperatures.  Every test is told what it weighs, and nothing else is chosen by hand for a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.battery import ecm, residual, thermal
from twin.battery.chemistry import Chemistry, Floats, Hysteresis, Thermal, Uncertainty
from twin.battery.cycler import Record

OCV_KNOTS = np.array([0, .01, .02, .03, .045, .06, .08, .1, .13, .16, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65,
                      .7, .75, .8, .85, .9, .93, .96, .98, 1.0])  # fmt: skip
OHM_KNOTS = np.array([0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
ARRHENIUS_KNOTS = np.array([0.0, 0.15, 0.4, 1.0])
SHIFT_KNOTS = np.array([0.0, 0.1, 0.2, 0.4, 0.7, 1.0])
SHIFT_C = np.array([0.0, 10.0, 18.0, 25.0, 40.0])  # the shift at 25 degC is nought, and beyond the ends it stays
HYSTERESIS_KNOTS = np.array([0.0, 0.1, 0.3, 0.6, 0.9, 1.0])
_SHIFTED = np.flatnonzero(SHIFT_C != ecm.REFERENCE_C)
TABLE_SOC = np.linspace(0.0, 1.0, 101)
TABLE_C = np.array([-30.0, -20.0, -10.0, 0.0, 10.0, 25.0, 40.0, 55.0])
TIME_CONSTANTS_S = ((10.0, 150.0), (15.0, 300.0), (20.0, 300.0), (20.0, 600.0), (40.0, 900.0))
_ARRHENIUS_PRIOR = 2.5  # thousand kelvin: about 21 kJ/mol, what resistances of lithium-ion cells have
_OUTLIER_V = 0.06
_ROUNDS = 9
_MANY_LOADS = 1000  # changes of current in a test, from which it is a drive and not a row of pulses


@dataclass(frozen=True)
class Test:
    """A record with the truth about its SoC and what it weighs."""

    __test__ = False  # no test of pytest's

    record: Record
    soc: Floats
    weight: float = 1.0


def with_soc(record: Record, capacity_ah: float, start_soc: float | None = None, weight: float = 1.0) -> Test:
    """Return the test with its SoC by counted charge; without a start the fullest instant is SoC 1."""
    soc = record.charge_ah / capacity_ah
    offset = 1.0 - float(np.max(soc)) if start_soc is None else start_soc
    return Test(record, soc + offset, weight)


@dataclass(frozen=True)
class _Columns:
    """One test as columns of the fit, thinned."""

    ocv: Floats
    shift: Floats
    hysteresis: Floats
    over_soc: Floats
    arrhenius: Floats
    currents: tuple[Floats, Floats, Floats]
    voltage_v: Floats
    weight: Floats


def identify(
    tests: Sequence[Test],
    base: Chemistry,
    time_constants_s: Sequence[tuple[float, float]] = TIME_CONSTANTS_S,
    progress: Callable[[str], None] = lambda text: None,
) -> Chemistry:
    """Return `base` with its open-circuit voltage, hysteresis, resistances, heat and error fitted to the tests."""
    best: tuple[float, Chemistry] | None = None
    for taus in time_constants_s:
        columns = [_columns(test, taus, base.hysteresis.turn_soc) for test in tests]
        values = _solve(columns, base)
        error = sum(float(np.sum(each.weight * _loss(each.voltage_v - _voltage(each, values)))) for each in columns)
        weight = sum(float(np.sum(each.weight)) for each in columns)
        progress(f"time constants {taus[0]:.0f} s and {taus[1]:.0f} s: {1e3 * np.sqrt(error / weight):.1f} mV")
        if best is None or error < best[0]:
            best = error, _tabulated(values, taus, base)
    if best is None:
        raise ValueError("no test, or no time constants")
    fitted = replace(best[1], identified_on=tuple(test.record.name for test in tests), identified_c=_range(tests))
    fitted = replace(fitted, thermal=_thermal(tests, fitted), uncertainty=_uncertainty(tests, fitted))
    return replace(fitted, residual=_residual(tests, fitted))


def _range(tests: Sequence[Test]) -> tuple[float, float]:
    """Return the coldest and warmest of the tests; those without a temperature count as 25 degC, give or take 5 K."""
    temps = [np.nanpercentile(each.record.temperature_c, (2, 98)) for each in tests if _has_temperature(each)]
    if not temps:
        return ecm.REFERENCE_C - 5.0, ecm.REFERENCE_C + 5.0
    return round(float(np.min(temps)), 1), round(float(np.max(temps)), 1)


def _has_temperature(test: Test) -> bool:
    return bool(np.isfinite(test.record.temperature_c).any())


def _hat(x: Floats, knots: Floats) -> Floats:
    """Return the weights of linear interpolation, [row, knot]."""
    x = np.clip(x, knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    share = (x - knots[left]) / (knots[left + 1] - knots[left])
    out = np.zeros((len(x), len(knots)))
    rows = np.arange(len(x))
    out[rows, left] = 1.0 - share
    out[rows, left + 1] = share
    return out


def _shift(soc: Floats, temperature_c: Floats) -> Floats:
    over_soc, over_c = _hat(soc, SHIFT_KNOTS), _hat(temperature_c, SHIFT_C)[:, _SHIFTED]
    return (over_c[:, :, None] * over_soc[:, None, :]).reshape(len(soc), -1)


def _inverse_temperature(temperature_c: Floats) -> Floats:
    return 1000.0 / (temperature_c + ecm.KELVIN) - 1000.0 / (ecm.REFERENCE_C + ecm.KELVIN)


def _columns(test: Test, taus: tuple[float, float], turn_soc: float) -> _Columns:
    record = test.record
    temps = np.where(np.isfinite(record.temperature_c), record.temperature_c, ecm.REFERENCE_C)
    one, two, turned = _states(test, taus, turn_soc)
    thin = slice(None, None, max(1, len(record.time_s) // 2500))
    soc = np.clip(test.soc, 0.0, 1.0)[thin]
    inside = (test.soc[thin] >= -0.005) & (test.soc[thin] <= 1.005)
    weight = test.weight * inside * np.clip(soc / 0.1, 0.1, 1.0) * 2000.0 / len(soc)
    return _Columns(
        _hat(soc, OCV_KNOTS),
        _shift(soc, temps[thin]),
        _hat(soc, HYSTERESIS_KNOTS) * turned[thin][:, None],
        _hat(soc, OHM_KNOTS),
        _hat(soc, ARRHENIUS_KNOTS) * _inverse_temperature(temps[thin])[:, None],
        (record.current_now_a[thin], one[thin], two[thin]),
        record.voltage_v[thin],
        weight,
    )


def _states(test: Test, taus: tuple[float, float], turn_soc: float) -> tuple[Floats, Floats, Floats]:
    record = test.record
    one, two, turned = (np.empty(len(record.time_s)) for _ in range(3))
    a = b = h = 0.0
    keep1, keep2 = np.exp(-record.dt_s / taus[0]), np.exp(-record.dt_s / taus[1])
    moved = np.diff(test.soc, prepend=test.soc[0])
    kept, sign = np.exp(-np.abs(moved) / turn_soc), np.sign(moved)
    for k, current in enumerate(record.current_a):
        one[k] = a = a * keep1[k] + (1.0 - keep1[k]) * current
        two[k] = b = b * keep2[k] + (1.0 - keep2[k]) * current
        turned[k] = h = h * kept[k] + (1.0 - kept[k]) * sign[k]
    return one, two, turned


_SIZES = [len(OCV_KNOTS), len(_SHIFTED) * len(SHIFT_KNOTS), len(HYSTERESIS_KNOTS)] + 3 * [
    len(OHM_KNOTS),
    len(ARRHENIUS_KNOTS),
]
_ENDS = np.cumsum(_SIZES)


def _parts(values: Floats) -> list[Floats]:
    return np.split(values, _ENDS[:-1])


def _voltage(columns: _Columns, values: Floats) -> Floats:
    return _linearised(columns, values)[0]


def _linearised(columns: _Columns, values: Floats) -> tuple[Floats, Floats]:
    """Return the voltage and its derivatives by every value."""
    ocv, shift, hysteresis, *ohms = _parts(values)
    voltage = columns.ocv @ ocv + columns.shift @ shift + columns.hysteresis @ hysteresis
    by = [columns.ocv, columns.shift, columns.hysteresis]
    for k, current in enumerate(columns.currents):
        drop = np.exp(columns.over_soc @ ohms[2 * k] + columns.arrhenius @ ohms[2 * k + 1]) * current
        voltage = voltage + drop
        by += [columns.over_soc * drop[:, None], columns.arrhenius * drop[:, None]]
    return voltage, np.hstack(by)


def _loss(error: Floats) -> Floats:
    """Return the squared error, bent for outliers (Cauchy)."""
    return _OUTLIER_V**2 * np.log1p(np.square(error / _OUTLIER_V))


def _solve(columns: Sequence[_Columns], base: Chemistry) -> Floats:
    """Gauss-Newton with the smoothness that no data contradicts."""
    prior, holds = _prior(base)
    values = prior.copy()
    for _ in range(_ROUNDS):
        normal, wanted = holds.copy(), holds @ (prior - values)
        for each in columns:
            voltage, by = _linearised(each, values)
            error = each.voltage_v - voltage
            weight = each.weight / (1.0 + np.square(error / _OUTLIER_V))
            normal += by.T @ (by * weight[:, None])
            wanted += by.T @ (error * weight)
        normal[np.diag_indices_from(normal)] += 1e-9 * np.trace(normal) / len(normal)
        change = np.linalg.solve(normal, wanted)
        change[_ENDS[2] :] = np.clip(change[_ENDS[2] :], -0.7, 0.7)
        values = values + change
    return values


def _prior(base: Chemistry) -> tuple[Floats, Floats]:
    """Return what is believed before, and how hard each belief holds (inverse squares, as normal equations)."""
    flat = _bends(OHM_KNOTS)
    middle = len(ARRHENIUS_KNOTS)
    level = np.eye(middle) - 1.0 / middle
    start, holds = [], []
    start.append(np.interp(OCV_KNOTS, base.soc, base.ocv_v))
    holds.append(1e-8 * _bends(OCV_KNOTS))
    start.append(np.zeros(_SIZES[1]))
    holds.append(_shift_hold())
    amplitude = np.interp(HYSTERESIS_KNOTS, base.soc, base.hysteresis.amplitude_v)
    start.append(amplitude)
    # A discharge alone does not tell hysteresis from open-circuit voltage: where none is believed, none is fitted
    holds.append((2.0 if np.any(amplitude) else 1e9) * np.eye(len(HYSTERESIS_KNOTS)))
    for table in (base.r0_ohm, base.r1_ohm, base.r2_ohm):
        warm = int(np.argmin(np.abs(base.temperature_c - ecm.REFERENCE_C)))
        start.append(np.log(np.interp(OHM_KNOTS, base.soc, table[warm])))
        holds.append(4e-4 * flat + 1e-4 * np.eye(len(OHM_KNOTS)))
        start.append(np.full(middle, _ARRHENIUS_PRIOR))
        holds.append(4e-3 * level + 4e-4 * np.eye(middle))
    total = np.zeros((_ENDS[-1], _ENDS[-1]))
    for end, hold in zip(_ENDS, holds, strict=True):
        total[end - len(hold) : end, end - len(hold) : end] = hold
    return np.concatenate(start), total


def _shift_hold() -> Floats:
    """Return what keeps neighbouring temperatures' shifts alike where no test tells them apart, and smooth over SoC."""
    steps = (np.eye(len(SHIFT_C)) - np.eye(len(SHIFT_C), k=1))[:-1][:, _SHIFTED]
    over_c = 0.5 * steps.T @ steps + 0.02 * np.eye(len(_SHIFTED))
    return np.kron(over_c, np.eye(len(SHIFT_KNOTS))) + np.kron(np.eye(len(_SHIFTED)), 1e-3 * _bends(SHIFT_KNOTS))


def _bends(knots: Floats) -> Floats:
    """Return the squared second differences as a matrix."""
    rows = np.zeros((len(knots) - 2, len(knots)))
    for k in range(len(rows)):
        left, right = knots[k + 1] - knots[k], knots[k + 2] - knots[k + 1]
        rows[k, k : k + 3] = 1.0 / left, -1.0 / left - 1.0 / right, 1.0 / right
    return rows.T @ rows


def _rising(values: Floats) -> Floats:
    """Return values that never fall, made so from the middle outwards: at the ends there may have been no data."""
    middle = len(values) // 2
    lower = np.minimum.accumulate(values[middle::-1])[::-1]
    return np.concatenate([lower[:-1], np.maximum.accumulate(values[middle:])])


def _tabulated(values: Floats, taus: tuple[float, float], base: Chemistry) -> Chemistry:
    ocv, shift, hysteresis, *ohms = _parts(values)
    open_v = np.interp(TABLE_SOC, OCV_KNOTS, ocv)
    open_v = _rising(open_v + 1e-6 * np.arange(len(open_v)))
    over_soc, arrhenius = _hat(TABLE_SOC, OHM_KNOTS), _hat(TABLE_SOC, ARRHENIUS_KNOTS)
    colder = _inverse_temperature(TABLE_C)[:, None]
    shifts = np.stack([_shift(TABLE_SOC, np.full(len(TABLE_SOC), each)) @ shift for each in TABLE_C])
    tables = [np.exp(over_soc @ ohms[2 * k] + (arrhenius @ ohms[2 * k + 1]) * colder) for k in range(3)]
    return replace(
        base,
        soc=TABLE_SOC,
        ocv_v=open_v,
        ocv_shift_v=shifts,
        temperature_c=TABLE_C,
        r0_ohm=tables[0],
        r1_ohm=tables[1],
        r2_ohm=tables[2],
        tau1_s=taus[0],
        tau2_s=taus[1],
        hysteresis=Hysteresis(
            np.maximum(np.interp(TABLE_SOC, HYSTERESIS_KNOTS, hysteresis), 0.0), base.hysteresis.turn_soc
        ),
        residual=None,
    )


def _residual(tests: Sequence[Test], chemistry: Chemistry) -> dict[str, Any] | None:
    """Return what is learned of the tests with a temperature and many loads, None where there are none."""
    scaled, errors = [], []
    for test in tests:
        record = test.record
        loads = np.sum(np.abs(np.diff(record.current_now_a)) > 0.05 * chemistry.capacity_ah)
        if not _has_temperature(test) or loads < _MANY_LOADS:
            continue
        run = model(test, chemistry)
        thin = slice(None, None, max(1, len(record.time_s) // 3000))
        rows = residual.features(
            test.soc, record.temperature_c, record.current_now_a, record.current_a, run, chemistry.capacity_ah
        )
        scaled.append(rows[thin])
        errors.append((record.voltage_v - run.voltage_v)[thin])
    return residual.train(scaled, errors).to_dict() if scaled else None


def model(test: Test, chemistry: Chemistry, with_residual: bool = False) -> ecm.Run:
    """Return the circuit run over a test, on the test's own SoC."""
    record = test.record
    temps = np.where(np.isfinite(record.temperature_c), record.temperature_c, ecm.REFERENCE_C)
    one, two, turned = _states(test, (chemistry.tau1_s, chemistry.tau2_s), chemistry.hysteresis.turn_soc)
    at = ecm.Lookup.of(chemistry, test.soc, temps)
    voltage = (
        ecm.open_circuit(chemistry, test.soc, temps, turned)
        + at.resistance(chemistry.r0_ohm) * record.current_now_a
        + at.resistance(chemistry.r1_ohm) * one
        + at.resistance(chemistry.r2_ohm) * two
    )
    run = ecm.Run(test.soc, voltage, one, two, turned)
    if not with_residual:
        return run
    return residual.corrected(chemistry, run, temps, record.current_now_a, record.current_a)


def _thermal(tests: Sequence[Test], chemistry: Chemistry) -> Thermal:
    """Return the mean over the tests that warmed the cell, or what was believed before."""
    found = []
    for test in tests:
        record = test.record
        if np.all(np.isfinite(record.temperature_c)) and np.ptp(record.temperature_c) > 2.0:
            run = model(test, chemistry)
            rest = ecm.open_circuit(chemistry, test.soc, record.temperature_c, run.hysteresis)
            try:
                found.append(
                    thermal.identify(record.temperature_c, (run.voltage_v - rest) * record.current_a, record.dt_s)
                )
            except ValueError:
                continue
    if not found:
        return chemistry.thermal
    middle = np.median(np.array(found), axis=0)
    return Thermal(round(float(middle[0]), 2), round(float(middle[1]), 3))


def _uncertainty(tests: Sequence[Test], chemistry: Chemistry) -> Uncertainty:
    """Return the model's error as its own tests show it, doubled where they were few: what was fitted flatters."""
    slow, fast = [], []
    for test in tests:
        record = test.record
        error = (model(test, chemistry).voltage_v - record.voltage_v)[test.soc > 0.1]
        if len(error) < 100:
            continue
        block = max(1, int(300.0 / max(float(np.median(record.dt_s[1:])), 1e-3)))
        n = max(1, len(error) // block)
        means = error[: n * block].reshape(n, -1).mean(1)
        slow.append(1.4826 * np.median(np.abs(means)))
        fast.append(np.std(error))
    known = chemistry.uncertainty
    if not slow:
        return known
    share = 1.0 + 1.0 / np.sqrt(len(slow))
    bias = max(known.bias_v, round(share * float(np.sqrt(np.mean(np.square(slow)))), 4))
    return replace(known, bias_v=bias, noise_v=max(0.002, round(float(np.median(fast)), 4)))


def blank(
    name: str, cell: str, kind: str, capacity_ah: float, source: str, voltage_v: tuple[float, float]
) -> Chemistry:
    """Return what is believed of a cell before any test: a straight line and middling resistances."""
    soc = np.linspace(0.0, 1.0, 21)
    low, high = voltage_v
    ohm = 0.08 / capacity_ah  # three parts of it: about 50 mohm for 5 Ah
    table = np.full((2, 21), ohm / 2.0)
    flat = kind.upper().startswith("LFP")
    span = high - low
    return Chemistry(
        name=name,
        cell=cell,
        kind=kind,
        capacity_ah=capacity_ah,
        voltage_min_v=low,
        voltage_max_v=high,
        soc=soc,
        ocv_v=np.linspace(low + 0.3 * span, high, 21),
        ocv_shift_v=np.zeros((2, 21)),
        temperature_c=np.array([0.0, 25.0]),
        r0_ohm=table,
        r1_ohm=table,
        r2_ohm=table,
        tau1_s=20.0,
        tau2_s=300.0,
        hysteresis=Hysteresis(np.full(21, 0.01 if flat else 0.0), 0.04),
        thermal=Thermal(20.0 * capacity_ah, 24.0 / capacity_ah),
        uncertainty=Uncertainty(
            # Cells of one kind differ: iron phosphate ones more in their resistance, and few millivolts tell their SoC
            bias_v=0.012 if flat else 0.011,
            bias_time_s=7200.0,
            bias_soc=0.15 if flat else 1.0,
            resistance=0.4 if flat else 0.15,
            noise_v=0.01,
            capacity=0.03,
            counting=0.01,
        ),
        identified_on=(),
        identified_c=(20.0, 30.0),
        source=source,
    )
