"""Cycler files: what is read, and the one message that each unusable file has."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import battery_tests as cells
import numpy as np
import pytest

from twin.battery import cycler
from twin.battery.cycler import CyclerError

HEAD = "Test Time / s,Current / A,Voltage / V,Temperature T1 / degC"


def rows(n: int = 200, dt_s: float = 10.0, scale: float = 1.0) -> list[list[float]]:
    """Return a discharge at 1 A and 2 A in turn, of a cell with 50 mohm."""
    current = np.where(np.arange(n) // 10 % 2, -1.0, -2.0)
    volts = 4.0 - 0.001 * np.arange(n) + 0.05 * current
    return [[k * dt_s, scale * current[k], volts[k], 25.0] for k in range(n)]


def write(path: Path, head: str, table: list[list[float]]) -> Path:
    text = "\n".join([head, *(",".join(f"{value:.10g}" for value in row) for row in table)])
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_bdf_and_csv_names_say_the_same(tmp_path: Path) -> None:
    heads = (
        HEAD,
        "test_time_second,current_ampere,voltage_volt,temperature_t1_celsius",
        "Time(s),Current(A),Voltage(V),Temperature (C)",
        "t_s,current_a,voltage_v,temp_c",
    )
    records = [cycler.read(write(tmp_path / f"{k}.csv", head, rows())) for k, head in enumerate(heads)]
    for record in records[1:]:
        np.testing.assert_array_equal(record.current_a, records[0].current_a)
        np.testing.assert_array_equal(record.temperature_c, records[0].temperature_c)
    assert records[0].charge_ah[-1] == pytest.approx(-1.5 * 1990 / 3600, rel=0.02)


def test_a_unit_in_a_name_is_used(tmp_path: Path) -> None:
    milli = cycler.read(write(tmp_path / "a.csv", HEAD.replace("Current / A", "Current / mA"), rows(scale=1000.0)))
    np.testing.assert_allclose(milli.current_a, cycler.read(write(tmp_path / "b.csv", HEAD, rows())).current_a)
    kelvin = write(tmp_path / "c.csv", HEAD.replace("degC", "K"), [[*row[:3], 298.15] for row in rows()])
    assert cycler.read(kelvin).temperature_c[0] == pytest.approx(25.0)


def test_a_gzipped_file_is_read_and_a_cut_one_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(write(tmp_path / "a.csv", HEAD, rows()).read_bytes())
    (tmp_path / "a.bdf.gz").write_bytes(packed)
    assert len(cycler.read(tmp_path / "a.bdf.gz").time_s) == 200
    (tmp_path / "a.bdf.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(CyclerError, match=r"a\.bdf\.gz: not a"):
        cycler.read(tmp_path / "a.bdf.gz")


def gap(table: list[list[float]]) -> None:
    for row in table[100:]:
        row[0] += 4000.0


def back(table: list[list[float]]) -> None:
    table[50][0] = 3.0


def hole(table: list[list[float]]) -> None:
    table[7][2] = float("nan")


def milliamperes(table: list[list[float]]) -> None:
    for row in table:
        row[1] *= 1000.0


def millivolts(table: list[list[float]]) -> None:
    for row in table:
        row[2] *= 1000.0


def pack(table: list[list[float]]) -> None:
    for row in table:
        row[2] *= 96.0


def turned(table: list[list[float]]) -> None:
    for row in table:
        row[1] *= -1.0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (gap, "gap of 4010 s under current at 990 s"),
        (back, "time goes back at row 52"),
        (hole, "row 9 has no voltage"),
        (milliamperes, "--current-unit mA"),
        (millivolts, "looks like mV"),
        (pack, "not of one cell"),
        (turned, "--discharge-positive"),
    ],
)
def test_what_cannot_be_used_has_one_message(
    tmp_path: Path, spoil: Callable[[list[list[float]]], None], words: str
) -> None:
    table = rows()
    spoil(table)
    with pytest.raises(CyclerError) as caught:
        cycler.read(write(tmp_path / "bad.csv", HEAD, table), capacity_ah=2.9)
    assert words in str(caught.value) and str(caught.value).startswith("bad.csv: ") and "\n" not in str(caught.value)


def test_milliamperes_are_noticed_beside_a_counter_of_charge(tmp_path: Path) -> None:
    table = [[*row, -row[0] * 1.5 / 3600.0] for row in rows(scale=1000.0)]
    path = write(tmp_path / "a.csv", HEAD + ",Net Capacity / Ah", table)
    with pytest.raises(CyclerError, match="looks like mA for A"):
        cycler.read(path)
    assert cycler.read(path, current_unit="mA").current_a.min() > -3.0


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(CyclerError, match="no column is the voltage; its columns are Test Time / s, Current / A"):
        cycler.read(write(tmp_path / "a.csv", "Test Time / s,Current / A,Speed", rows()))


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD, rows())
    path.write_text(path.read_text(encoding="utf-8").replace("\n10,", "\nten,"), encoding="utf-8")
    with pytest.raises(CyclerError, match="row 3: 'ten' is no number"):
        cycler.read(path)


def test_a_counter_bridges_a_gap(tmp_path: Path) -> None:
    table = [[*row, -0.001 * k] for k, row in enumerate(rows())]
    gap(table)
    record = cycler.read(write(tmp_path / "a.csv", HEAD + ",Net Capacity / Ah", table))
    assert record.current_a[100] == pytest.approx(-0.001 * 3600.0 / 4010.0)


def test_the_projects_own_data_are_read() -> None:
    charge, pulses = cells.leaf()
    assert charge.soc[-1] > 0.99 and pulses.soc[-1] < 0.1
    drive = cells.panasonic("25degC_HWFTa")
    assert drive.record.time_s[-1] > 7000.0 and abs(drive.soc[-1] - 0.066) < 0.01
    assert np.isfinite(drive.record.temperature_c).all()
