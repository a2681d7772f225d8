"""Frequency and voltage over time: a recorded grid, or breakpoints of a scenario, with an exactly integrable phase.

Between two breakpoints frequency and voltage run linearly, so the phase is quadratic there and its integral exact.
For a record that is the model of what was not recorded: where two rows 2 s apart differ, the truth is the straight
line between them. Before the first breakpoint and after the last one their values hold.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from host_tools.errors import MissingError, ToolError

Floats = NDArray[np.float64]

ABSENT_PU = 0.1  # under this share of nominal there is no mains, and no frequency to speak of

IBERIA_CSV = Path(__file__).parent.parent / "data" / "iberia-2025-04-28" / "toledo.csv"
_VOLTAGES = ("AnalyzerL1PhaseVoltage", "AnalyzerL2PhaseVoltage", "AnalyzerL3PhaseVoltage")
_FREQUENCY = "AnalyzerL1Frequency"
_TIME_FORMAT = "%d-%b-%Y %H:%M:%S"
_NOON_S = 12 * 3600.0
_HOUR_S = 3600.0


class Trace:
    """Breakpoints (t_s, freq_hz, voltage_pu); two at the same t are a true jump, and the later one holds from t on."""

    def __init__(self, t_s: ArrayLike, freq_hz: ArrayLike, voltage_pu: ArrayLike, *, clock_s: float = 0.0) -> None:
        self.t_s: Floats = np.array(t_s, dtype=np.float64)
        self.freq: Floats = np.array(freq_hz, dtype=np.float64)
        self.voltage: Floats = np.array(voltage_pu, dtype=np.float64)
        self.clock_s = clock_s
        self.filled_rows = 0
        self.absent_rows = 0
        self.nominal_v = float("nan")
        _check_points(self.t_s, self.freq, self.voltage)
        length_s = np.diff(self.t_s)
        whole = length_s > 0
        divisor = np.where(whole, length_s, 1.0)
        # One entry a breakpoint: the slope of the segment that starts there; the last one holds for ever.
        self._freq_slope = np.append(np.where(whole, np.diff(self.freq) / divisor, 0.0), 0.0)
        self._voltage_slope = np.append(np.where(whole, np.diff(self.voltage) / divisor, 0.0), 0.0)
        turns = 0.5 * (self.freq[:-1] + self.freq[1:]) * length_s
        # Summed wider than it is kept: the rounding of thousands of rows would otherwise add up.
        self._turns = np.append(0.0, np.cumsum(turns, dtype=np.longdouble)).astype(np.float64)

    @classmethod
    def from_points(cls, points: Iterable[tuple[float, ...]]) -> Trace:
        """Build from (t_s, freq_hz) or (t_s, freq_hz, voltage_pu) rows, voltage 1 where left out."""
        rows = [(point[0], point[1], point[2] if len(point) > 2 else 1.0) for point in points]
        return cls([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])

    @classmethod
    def step(cls, at_s: float, to_hz: float, *, from_hz: float = 50.0, duration_s: float = 10.0) -> Trace:
        """One frequency step without a phase jump."""
        return cls.from_points([(0.0, from_hz), (at_s, from_hz), (at_s, to_hz), (duration_s, to_hz)])

    @classmethod
    def with_rocof(
        cls, at_s: float, rocof_hz_s: float, to_hz: float, *, from_hz: float = 50.0, hold_s: float = 5.0
    ) -> Trace:
        """One ramp of the given rate from `from_hz` to `to_hz`, then `hold_s` there."""
        ramp_s = (to_hz - from_hz) / rocof_hz_s
        if ramp_s <= 0:
            raise ToolError(f"a ramp of {rocof_hz_s} Hz/s never leads from {from_hz} to {to_hz} Hz: turn its sign")
        end_s = at_s + ramp_s
        return cls.from_points([(0.0, from_hz), (at_s, from_hz), (end_s, to_hz), (end_s + hold_s, to_hz)])

    @classmethod
    def sine(
        cls,
        rate_hz: float,
        *,
        freq_depth_hz: float = 0.0,
        voltage_depth_pu: float = 0.0,
        centre_hz: float = 50.0,
        duration_s: float = 10.0,
    ) -> Trace:
        """Frequency and voltage swinging as sines of `rate_hz`, in straight pieces of 1/200 period."""
        t_s = np.linspace(0.0, duration_s, max(2, int(np.ceil(200 * rate_hz * duration_s)) + 1))
        swing = np.sin(2 * np.pi * rate_hz * t_s)
        return cls(t_s, centre_hz + freq_depth_hz * swing, 1.0 + voltage_depth_pu * swing)

    @property
    def duration_s(self) -> float:
        """Time of the last breakpoint."""
        return float(self.t_s[-1])

    def jumps_s(self) -> list[float]:
        """Return the times of true jumps of the frequency."""
        at = np.flatnonzero((np.diff(self.t_s) == 0) & (np.diff(self.freq) != 0))
        return [float(t) for t in self.t_s[at]]

    def freq_hz(self, t_s: ArrayLike) -> Floats:
        t, i = self._locate(t_s)
        return self.freq[i] + self._freq_slope[i] * np.maximum(t - self.t_s[i], 0.0)

    def rocof_hz_s(self, t_s: ArrayLike) -> Floats:
        t, i = self._locate(t_s)
        return np.where(t < self.t_s[0], 0.0, self._freq_slope[i])

    def voltage_pu(self, t_s: ArrayLike) -> Floats:
        t, i = self._locate(t_s)
        return self.voltage[i] + self._voltage_slope[i] * np.maximum(t - self.t_s[i], 0.0)

    def phase_turns(self, t_s: ArrayLike) -> Floats:
        """Exact integral of the frequency since the first breakpoint, in turns; good to 1e-10 turns over hours."""
        t, i = self._locate(t_s)
        tau = t - self.t_s[i]
        slope = np.where(tau < 0, 0.0, self._freq_slope[i])
        return self._turns[i] + tau * (self.freq[i] + 0.5 * slope * tau)

    def valid(self, t_s: ArrayLike) -> NDArray[np.bool_]:
        """Whether there is mains to measure: voltage of at least ABSENT_PU."""
        return self.voltage_pu(t_s) >= ABSENT_PU

    def clock(self, t_s: float) -> str:
        """Local time of day at t_s, HH:MM:SS, for a recorded trace."""
        seconds = int(self.clock_s + t_s)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def _locate(self, t_s: ArrayLike) -> tuple[Floats, NDArray[np.intp]]:
        t = np.asarray(t_s, dtype=np.float64)
        return t, np.maximum(np.searchsorted(self.t_s, t, side="right") - 1, 0)


def _check_points(t_s: Floats, freq_hz: Floats, voltage_pu: Floats) -> None:
    if not (t_s.ndim == 1 and t_s.size and t_s.shape == freq_hz.shape == voltage_pu.shape):
        raise ToolError("a trace needs one frequency and one voltage for every time, and at least one of each")
    if not (np.isfinite(t_s).all() and np.isfinite(freq_hz).all() and np.isfinite(voltage_pu).all()):
        raise ToolError("a trace holds a value that is no number: leave the breakpoint out")
    if (np.diff(t_s) < 0).any():
        raise ToolError("the breakpoints of a trace run backwards in time: sort them")
    if (voltage_pu < 0).any():
        raise ToolError("a trace holds a voltage below zero")


def load_iberia(path: Path | str = IBERIA_CSV, start: str | None = "12:31", end: str | None = "12:35") -> Trace:
    """Load the record of 28 April 2025 between two local times (HH:MM or HH:MM:SS; None: from or to its end).

    Voltage is the mean of the three phases in per unit of nominal, and nominal the record's median of the hour
    before 12:00 (about 27.7 kV), when the system was still quiet. Rows without numbers are interpolated from
    their neighbours and counted in `filled_rows`. Where the voltage is under ABSENT_PU the frequency column is not
    a measurement: it is replaced by the last one that was, and the row counted in `absent_rows`.
    Errors: MissingError without the file, ToolError where it or the times make no sense.
    """
    clock_s, volts, freq_hz = _read_rows(Path(path))
    before_noon = (clock_s >= _NOON_S - _HOUR_S) & (clock_s < _NOON_S)
    nominal_v = float(np.nanmedian(volts[before_noon])) if before_noon.any() else float("nan")
    if not nominal_v > 0:
        raise ToolError(f"{path}: no voltage in the hour before 12:00, so no nominal to go by")
    missing = np.isnan(volts) | np.isnan(freq_hz)
    pu = np.interp(clock_s, clock_s[~missing], volts[~missing]) / nominal_v
    absent = pu < ABSENT_PU
    measured = ~missing & ~absent
    freq = _hold(np.interp(clock_s, clock_s[measured], freq_hz[measured]), absent)

    first_s = _clock_of(start, clock_s[0])
    last_s = _clock_of(end, clock_s[-1])
    if not clock_s[0] <= first_s < last_s <= clock_s[-1]:
        whole = Trace(clock_s - clock_s[0], freq, pu, clock_s=float(clock_s[0]))
        raise ToolError(
            f"{start}..{end} is no stretch of the record, which runs {whole.clock(0)}..{whole.clock(whole.duration_s)}"
        )
    inside = (clock_s > first_s) & (clock_s < last_s)
    at_s = np.concatenate(([first_s], clock_s[inside], [last_s]))
    trace = Trace(at_s - first_s, np.interp(at_s, clock_s, freq), np.interp(at_s, clock_s, pu), clock_s=first_s)
    covered = (clock_s >= first_s) & (clock_s <= last_s)
    trace.filled_rows = int((missing & covered).sum())
    trace.absent_rows = int((absent & covered).sum())
    trace.nominal_v = nominal_v
    return trace


def _read_rows(path: Path) -> tuple[Floats, Floats, Floats]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise MissingError(f"cannot read the record {path}: {error.strerror}") from None
    try:
        clock_s = np.array([_seconds_of_day(datetime.strptime(row["time"], _TIME_FORMAT)) for row in rows])
        volts = np.array([[float(row[name]) for name in _VOLTAGES] for row in rows]).mean(axis=1)
        freq_hz = np.array([float(row[_FREQUENCY]) for row in rows])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ToolError(f"{path} is not the record it should be: {error}") from None
    if (np.diff(clock_s) <= 0).any():
        raise ToolError(f"{path}: its rows run backwards in time")
    return clock_s, volts, freq_hz


def _seconds_of_day(moment: datetime) -> float:
    return float(moment.hour * 3600 + moment.minute * 60 + moment.second)


def _hold(values: Floats, gone: NDArray[np.bool_]) -> Floats:
    """Replace every value that is gone by the last one that was not."""
    last = np.maximum.accumulate(np.where(gone, 0, np.arange(values.size)))
    return values[last]


def _clock_of(text: str | None, default_s: float) -> float:
    if text is None:
        return float(default_s)
    for layout in ("%H:%M:%S", "%H:%M"):
        try:
            return _seconds_of_day(datetime.strptime(text, layout))
        except ValueError:
            continue
    raise ToolError(f"{text!r} is no time of day: write HH:MM or HH:MM:SS")
