"""The cell's model: what is exact, what identification recovers, and what the residual may touch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import battery_tests as cells
import numpy as np
import pytest

from twin.battery import ecm, identify, residual, thermal
from twin.battery.chemistry import Chemistry, ChemistryError, Thermal, from_dict, load, names, to_dict
from twin.battery.cycler import Record
from twin.battery.pack import Pack


def test_a_long_step_is_two_short_ones() -> None:
    whole = ecm.follow(np.array(0.3), np.array(2.0), np.array(60.0), 20.0)
    half = ecm.follow(
        ecm.follow(np.array(0.3), np.array(2.0), np.array(25.0), 20.0), np.array(2.0), np.array(35.0), 20.0
    )
    assert whole == pytest.approx(half, rel=1e-12)
    turned = ecm.turn(ecm.turn(np.array(-1.0), np.array(0.01), 0.04), np.array(0.02), 0.04)
    assert turned == pytest.approx(ecm.turn(np.array(-1.0), np.array(0.03), 0.04), rel=1e-12)


def test_every_chemistry_is_whole_and_comes_back_from_its_file() -> None:
    assert names() == ["lfp", "lmo", "nca"]
    for name in names():
        cell = load(name)
        again = from_dict(json.loads(json.dumps(to_dict(cell))))
        np.testing.assert_allclose(again.r1_ohm, cell.r1_ohm, rtol=1e-4)
        assert np.all(np.diff(cell.ocv_v) >= 0.0) and cell.source and cell.identified_on


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "format"),
        ({"r0_ohm": [[1.0]]}, "r0_ohm"),
        ({"capacity_ah": -1.0}, "capacity_ah"),
        ({"soc": [0.0, 0.2, 1.0]}, "even steps"),
        ({"tau1_s": None}, ""),
    ],
)
def test_a_file_that_is_no_cell_is_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    path = tmp_path / "cell.json"
    path.write_text(json.dumps({**to_dict(load("nca")), **change}))
    if change == {"tau1_s": None}:
        data = json.loads(path.read_text())
        del data["tau1_s"]
        path.write_text(json.dumps(data))
        words = "tau1_s"
    with pytest.raises(ChemistryError, match=words):
        load(path)


def test_a_chemistry_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ChemistryError, match="no chemistry 'xyz'; there are: lfp, lmo, nca"):
        load("xyz")


def test_a_pack_scales_there_and_back() -> None:
    pack = Pack.of(load("nca"), 60.0, 360.0)
    assert pack.capacity_kwh == pytest.approx(60.0)
    assert pack.voltage_v(pack.cell_voltage_v(371.0)) == pytest.approx(371.0)
    assert pack.current_a(pack.cell_current_a(-120.0)) == pytest.approx(-120.0)
    watts = pack.voltage_v(3.7) * pack.current_a(1.5)
    assert pack.cell_power_w(watts) == pytest.approx(3.7 * 1.5)
    drop = pack.resistance_ohm(0.03) * pack.current_a(2.0)
    assert drop == pytest.approx(pack.voltage_v(0.03 * 2.0))


def test_the_lump_warms_as_its_equation_says_and_is_found_again() -> None:
    heat, dt = Thermal(50.0, 8.0), np.full(4000, 1.0)
    loss = np.where(np.arange(4000) // 500 % 2, 2.0, 0.2)
    temps = np.empty(4000)
    now = np.array(20.0)
    for k in range(4000):
        temps[k] = now = thermal.warm(now, loss[k], np.array(20.0), dt[k], heat)
    assert temps.max() < 20.0 + 2.0 * 8.0
    capacity, resistance, ambient = thermal.identify(temps, loss, dt)
    assert (capacity, resistance, ambient) == pytest.approx((50.0, 8.0, 20.0), rel=0.1)


def made_up(chemistry: Chemistry, seed: int = 3, n: int = 6000) -> identify.Test:
    """Return a drive of the chemistry's own circuit, with a millivolt of noise."""
    rng = np.random.default_rng(seed)
    current = np.repeat(rng.normal(-0.45, 1.0, n // 20 + 1), 20)[:n] * chemistry.capacity_ah
    current *= 0.92 / max(1e-9, -np.cumsum(current)[-1] * 2.0 / 3600.0 / chemistry.capacity_ah)
    dt = np.full(n, 2.0)
    temps = np.full(n, 25.0)
    run = ecm.simulate(chemistry, dt, current, temps, 0.98)
    volts = run.voltage_v + rng.normal(0.0, 0.001, n)
    charge = np.cumsum(current * dt) / 3600.0
    return identify.Test(Record("made up", np.cumsum(dt), dt, current, current, volts, temps, charge), run.soc)


def test_identification_finds_the_circuit_that_made_the_data() -> None:
    cell = load("nca")
    test = made_up(cell)
    base = identify.blank("x", "x", "NCA", cell.capacity_ah, "made up", (2.5, 4.2))
    found = identify.identify([test], base, [(cell.tau1_s, cell.tau2_s)])
    at = slice(20, 95)
    np.testing.assert_allclose(found.ocv_v[at], cell.ocv_v[at], atol=0.006)
    warm = int(np.argmin(np.abs(found.temperature_c - 25.0)))
    known = int(np.argmin(np.abs(cell.temperature_c - 25.0)))
    np.testing.assert_allclose(found.r0_ohm[warm, at], cell.r0_ohm[known, at], rtol=0.12)
    judged = made_up(cell, seed=4)
    error = identify.model(judged, found).voltage_v - judged.record.voltage_v
    assert rms(error[judged.soc > 0.1]) < 0.006


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def test_the_voltage_of_unseen_drives_at_25_degc_is_within_20_mv() -> None:
    cell, errors = load("nca"), []
    for name in ("25degC_Cycle_2", "25degC_HWFTa"):
        test = cells.panasonic(name)
        errors.append(rms((identify.model(test, cell).voltage_v - test.record.voltage_v)[test.soc > 0.1]))
    assert np.mean(errors) <= 0.020


def test_the_residual_helps_on_unseen_drives_at_trained_temperatures() -> None:
    cell, shares = load("nca"), []
    for name in ("25degC_HWFTa", "10degC_Cycle_3", "0degC_UDDS"):
        test = cells.panasonic(name)
        above = test.soc > 0.1
        plain = identify.model(test, cell).voltage_v - test.record.voltage_v
        helped = identify.model(test, cell, with_residual=True).voltage_v - test.record.voltage_v
        shares.append(rms(helped[above]) / rms(plain[above]))
    assert np.mean(shares) <= 0.93


def test_the_residual_is_nought_at_temperatures_that_it_never_saw() -> None:
    test = cells.panasonic("25degC_HWFTa")
    for temperature in (-20.0, -10.0, 45.0):
        record = replace(test.record, temperature_c=np.full(len(test.record.time_s), temperature))
        there = identify.Test(record, test.soc)
        plain = identify.model(there, load("nca"))
        helped = identify.model(there, load("nca"), with_residual=True)
        np.testing.assert_array_equal(plain.voltage_v, helped.voltage_v)


def test_charge_is_bit_identical_with_the_residual_on_and_off() -> None:
    """Also where the residual is far larger than any that was learned: there is no way from it to the charge."""
    cell = load("nca")
    assert cell.residual is not None
    loud = replace(cell, residual={**cell.residual, "heights_v": [10.0 for _ in cell.residual["heights_v"]]})
    test = cells.panasonic("25degC_HWFTa")
    record = test.record
    run = ecm.simulate(cell, record.dt_s, record.current_a, record.temperature_c, 1.0, record.current_now_a)
    for each in (cell, loud):
        helped = residual.corrected(each, run, record.temperature_c, record.current_now_a, record.current_a)
        assert helped.soc.tobytes() == run.soc.tobytes()
        assert helped.current1_a.tobytes() == run.current1_a.tobytes()
        assert not np.array_equal(helped.voltage_v, run.voltage_v)
        assert np.max(np.abs(helped.voltage_v - run.voltage_v)) <= 0.05


def test_the_same_data_give_the_same_residual() -> None:
    rng = np.random.default_rng(5)
    scaled = [rng.normal(0.0, 0.3, (2000, len(residual.FEATURES))) for _ in range(2)]
    errors = [0.02 * np.tanh(each[:, 2]) for each in scaled]
    one, two = residual.train(scaled, errors), residual.train(scaled, errors)
    assert one.to_dict() == two.to_dict()
    assert rms(one.voltage_v(scaled[0]) - errors[0]) < 0.5 * rms(errors[0])
    assert np.all(one.voltage_v(scaled[0] + 100.0) == 0.0)
