"""A cycler's file: CSV or BDF columns to one checked record of time, current, voltage, temperature and charge."""

from __future__ import annotations

import csv
import gzip
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ToolError

Floats = NDArray[np.float64]

# What a column may be called once its unit and all that is not a letter or digit is gone; best first
_NAMES = {
    "time": ("testtime", "testtimesecond", "time", "totaltime", "elapsedtime", "ts", "t", "times"),
    "current": ("current", "currentampere", "currenta", "i", "cur", "amps"),
    "voltage": ("voltage", "voltagevolt", "voltagev", "v", "u", "volts"),
    "temperature": (
        "temperaturet1", "temperaturet1celsius", "surfacetemperaturet1", "surfacetemperaturecelsius", "celltemperature",
        "temperature", "temp", "tempc", "temperaturec", "temperaturec1", "batterytempdegc", "ambienttemperature",
        "ambienttemperaturecelsius",
    ),
    "charge": ("netcapacity", "netcapacityah", "ah", "chargeah"),
    "charged": ("chargingcapacity", "chargingcapacityah", "chargecapacity"),
    "discharged": ("dischargingcapacity", "dischargingcapacityah", "dischargecapacity"),
    "power": ("power", "powerwatt"),
}  # fmt: skip
_SCALE = {
    "time": {"s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0},
    "current": {"a": 1.0, "ampere": 1.0, "ma": 1e-3},
    "voltage": {"v": 1.0, "volt": 1.0, "mv": 1e-3},
    "temperature": {"c": 1.0, "degc": 1.0, "celsius": 1.0, "k": 1.0, "degf": 1.0},
    "charge": {"ah": 1.0, "mah": 1e-3},
    "charged": {"ah": 1.0, "mah": 1e-3},
    "discharged": {"ah": 1.0, "mah": 1e-3},
    "power": {"w": 1.0, "watt": 1.0, "mw": 1e-3},
}
_LARGEST_CELL_AH = 700.0
_COUNTER_FROM_S = 0.9  # a shorter step of the counter is lost in its last digit


class CyclerError(ToolError, ValueError):
    """A cycler file that cannot be used; the text is for the user."""


@dataclass(frozen=True)
class Record:
    """A test of one cell; row k holds over the dt_s before it, but current_now_a and voltage_v are of its instant."""

    name: str
    time_s: Floats
    dt_s: Floats
    current_a: Floats  # mean over dt_s, positive into the cell
    current_now_a: Floats
    voltage_v: Floats
    temperature_c: Floats  # NaN where there is no column
    charge_ah: Floats  # counted since the first row

    def thinned(self, step: int) -> Record:
        """Return every step-th row, with the current's mean over what was left out."""
        keep = np.arange(0, len(self.time_s), step)
        dt = np.diff(self.time_s[keep], prepend=self.time_s[0])
        charge = self.charge_ah[keep]
        mean = np.diff(charge, prepend=0.0) * 3600.0 / np.where(dt > 0, dt, np.inf)
        now, voltage, temps = (each[keep] for each in (self.current_now_a, self.voltage_v, self.temperature_c))
        return Record(self.name, self.time_s[keep], dt, mean, now, voltage, temps, charge)


def read(
    path: Path,
    capacity_ah: float | None = None,
    current_unit: str | None = None,
    discharge_positive: bool = False,
) -> Record:
    """Return the record of a CSV or BDF file, also gzipped.

    capacity_ah: of the cell, where it is known: currents in another unit are then noticed sooner.
    Errors: CyclerError, one line that names file, place and remedy.
    """
    header, rows = _rows(path)
    columns = {what: _column(header, what) for what in _NAMES}
    for what in ("time", "current", "voltage"):
        if columns[what] is None:
            raise CyclerError(f"{path.name}: no column is the {what}; its columns are {', '.join(header)}")
    values = {what: _numbers(path, header, rows, what, at) for what, at in columns.items() if at is not None}
    if current_unit is not None:
        if current_unit.lower() not in _SCALE["current"]:
            raise CyclerError(f"{path.name}: current unit {current_unit!r} is neither A nor mA")
        at = columns["current"]
        assert at is not None
        values["current"] *= _SCALE["current"][current_unit.lower()] / _unit(header[at], "current")
    if discharge_positive:
        values["current"] *= -1.0
    return _record(path, values, capacity_ah)


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except OSError as error:
        raise CyclerError(f"{path.name}: {error.strerror or 'not a whole gzip file'}") from None
    except (EOFError, UnicodeDecodeError):
        raise CyclerError(f"{path.name}: not a text file of columns") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) < 3:
        raise CyclerError(f"{path.name}: no rows")
    delimiter = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    return [name.strip() for name in rows[0]], rows[1:]


def _column(header: list[str], what: str) -> int | None:
    bare = [_bare(name) for name in header]
    for name in _NAMES[what]:
        if name in bare:
            return bare.index(name)
    return None


def _bare(name: str) -> str:
    """Return a column's name without its unit: `Test Time / s`, `Current(A)`, `voltage_v`, `I [mA]`."""
    name = re.split(r"\s/\s|\(|\[", name)[0] or name
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    last = re.split(r"[_ ]", name.strip().lower())[-1]
    units = set().union(*_SCALE.values())
    if last in units and last != name.strip().lower():
        bare = bare.removesuffix(last) or bare
    return bare


def _unit(name: str, what: str) -> float:
    """Return the factor to s, A, V, Ah or W that a column's name asks for, 1 where it names no unit."""
    found = re.findall(r"(?:/|\(|\[|_| )\s*([A-Za-z]+)\s*[\])]?\s*$", name)
    return _SCALE[what].get(found[-1].lower(), 1.0) if found else 1.0


def _numbers(path: Path, header: list[str], rows: list[list[str]], what: str, at: int) -> Floats:
    out = np.empty(len(rows))
    for k, row in enumerate(rows):
        try:
            out[k] = float(row[at])
        except IndexError:
            raise CyclerError(f"{path.name}: row {k + 2} is cut short") from None
        except ValueError:
            if row[at].strip():
                raise CyclerError(f"{path.name}: row {k + 2}: {row[at]!r} is no number ({header[at]})") from None
            out[k] = np.nan
    unit = header[at].lower()
    if what == "temperature" and re.search(r"/ k$|\(k\)|_kelvin$", unit):
        return out - 273.15
    return out * _unit(header[at], what)


def _record(path: Path, values: dict[str, Floats], capacity_ah: float | None) -> Record:
    for what in ("time", "current", "voltage"):
        bad = np.flatnonzero(~np.isfinite(values[what]))
        if len(bad):
            raise CyclerError(f"{path.name}: row {bad[0] + 2} has no {what} ({len(bad)} such rows)")
    time, current, voltage = values["time"], values["current"], values["voltage"]
    backward = np.flatnonzero(np.diff(time) < 0)
    if len(backward):
        raise CyclerError(
            f"{path.name}: time goes back at row {backward[0] + 3}; is it the step's time, not the test's?"
        )
    keep = np.concatenate([[True], np.diff(time) > 0])
    values = {what: column[keep] for what, column in values.items()}
    time, current, voltage = values["time"], values["current"], values["voltage"]
    if len(time) < 10:
        raise CyclerError(f"{path.name}: {len(time)} rows are too few")
    dt = np.diff(time, prepend=time[0])
    _check_voltage(path, voltage)
    mean = 0.5 * (current + np.concatenate([current[:1], current[:-1]]))
    counted = _counter(values)
    if counted is not None:
        _check_counter(path, counted, np.sum(mean * dt) / 3600.0, mean, dt)
        by_counter = np.diff(counted, prepend=counted[0]) * 3600.0 / np.where(dt > 0, dt, np.inf)
        mean = np.where(dt >= _COUNTER_FROM_S, by_counter, mean)
        charge = counted - counted[0]
    else:
        _check_gaps(path, time, dt, current)
        charge = np.cumsum(mean * dt) / 3600.0
    _check_current(path, values, charge, capacity_ah)
    temperature = values.get("temperature", np.full(len(time), np.nan))
    return Record(path.name.split(".")[0], time - time[0], dt, mean, current, voltage, temperature, charge)


def _counter(values: dict[str, Floats]) -> Floats | None:
    counted = values.get("charge")
    if counted is None and "charged" in values and "discharged" in values:
        counted = values["charged"] - values["discharged"]
    if counted is None or not np.all(np.isfinite(counted)) or np.ptp(counted) == 0.0:
        return None
    return counted


def _check_voltage(path: Path, voltage: Floats) -> None:
    middle = float(np.median(voltage))
    if middle > 1000.0:
        raise CyclerError(f"{path.name}: a voltage of {middle:.0f} looks like mV; name its unit: voltage (mV)")
    if not 1.0 < middle < 5.5:
        raise CyclerError(f"{path.name}: a voltage of {middle:.3g} V is not of one cell")


def _check_counter(path: Path, counted: Floats, integral_ah: float, mean: Floats, dt: Floats) -> None:
    moved = float(np.sum(np.abs(np.diff(counted))))
    by_current = float(np.sum(np.abs(mean * dt))) / 3600.0
    if moved > 0.01 and by_current > 300.0 * moved:
        raise CyclerError(
            f"{path.name}: the current moves {by_current / moved:.0f} times the charge that is counted beside it: "
            "it looks like mA for A; say --current-unit mA"
        )
    end = float(counted[-1] - counted[0])
    if abs(end) > 0.2 * moved and end * integral_ah < 0.0:
        raise CyclerError(f"{path.name}: current and counted charge have opposite signs; say --discharge-positive")


def _check_gaps(path: Path, time: Floats, dt: Floats, current: Floats) -> None:
    longest = max(60.0, 20.0 * float(np.median(dt[1:])))
    under_load = np.maximum(np.abs(current), np.abs(np.concatenate([current[:1], current[:-1]])))
    gaps = np.flatnonzero((dt > longest) & (under_load > 0.02 * np.max(np.abs(current))))
    if len(gaps):
        at = gaps[0]
        raise CyclerError(
            f"{path.name}: a gap of {dt[at]:.0f} s under current at {time[at - 1]:.0f} s ({len(gaps)} such gaps), "
            "and no counter of charge: what passed there is not known; cut the file at it"
        )


def _check_current(path: Path, values: dict[str, Floats], charge: Floats, capacity_ah: float | None) -> None:
    span = float(np.ptp(charge))
    power = values.get("power")
    if power is not None:
        made = values["voltage"] * values["current"]
        big = np.abs(power) > 0.1 * np.nanmax(np.abs(power))
        if np.any(big) and np.median(np.abs(made[big] / power[big])) > 300.0:
            raise CyclerError(f"{path.name}: volts times current is not the power beside it: say --current-unit mA")
    if span > (_LARGEST_CELL_AH if capacity_ah is None else 20.0 * capacity_ah):
        raise CyclerError(
            f"{path.name}: {span:.0f} Ah pass through one cell: the current looks like mA for A; say --current-unit mA"
        )
    if span < 1e-4:
        raise CyclerError(f"{path.name}: no charge passes")
    jump = np.diff(values["current"])
    big = np.abs(jump) > 0.3 * np.max(np.abs(values["current"]))
    if np.sum(big) >= 3 and float(np.sum(jump[big] * np.diff(values["voltage"])[big])) < 0.0:
        raise CyclerError(f"{path.name}: voltage falls where current rises; say --discharge-positive")
