"""Schedules and departures as files: power of each controller by slot, and when its vehicle leaves."""

from __future__ import annotations

import csv
import datetime
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.errors import MissingError, ToolError

_EXAMPLE = '{"start_s": 1796079600, "slot_s": 900, "power_w": {"gk-1": [3000, 0, -2000]}}'
_SLOT_S = (60, 3600)
_MOST_W = 50_000
_COLUMNS = ("device", "at", "soc_pct")


@dataclass(frozen=True)
class Schedule:
    """Power of each controller by slot, from start_s (seconds since 1970).  number: another one for each schedule."""

    start_s: float
    slot_s: int
    power_w: dict[str, list[float]]
    number: int = 1

    @property
    def slots(self) -> int:
        return max((len(row) for row in self.power_w.values()), default=0)

    @property
    def end_s(self) -> float:
        return self.start_s + self.slot_s * self.slots

    def power_at(self, device: str, now_s: float) -> float | None:
        """Return the power now, None outside the schedule."""
        row = self.power_w.get(device, [])
        slot = math.floor((now_s - self.start_s) / self.slot_s)
        return row[slot] if 0 <= slot < len(row) else None

    def rest(self, device: str, now_s: float) -> tuple[float, list[float]] | None:
        """Return in how many seconds the slot that runs now began (not over 0), or the first begins, and those from it.

        None where nothing is left.
        """
        row = self.power_w.get(device, [])
        slot = max(0, math.floor((now_s - self.start_s) / self.slot_s))
        if slot >= len(row):
            return None
        return self.start_s + slot * self.slot_s - now_s, row[slot:]


@dataclass(frozen=True)
class Departure:
    """A vehicle leaves at at_s and must have a state of charge (0 to 1) then."""

    device: str
    at_s: float
    soc: float


def read_schedule(path: Path) -> Schedule:
    """Errors: MissingError where there is no file, ToolError naming what is wrong in it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return schedule_of(document)
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ToolError(f"{path}: {error}; want {_EXAMPLE}") from None


def schedule_of(document: Any) -> Schedule:
    """Errors: ValueError with the reason."""
    if not isinstance(document, dict) or not {"start_s", "slot_s", "power_w"} <= set(document):
        raise ValueError("start_s, slot_s or power_w is missing")
    start_s, slot_s, rows = document["start_s"], document["slot_s"], document["power_w"]
    if not _is_number(start_s) or slot_s.__class__ is not int or not _SLOT_S[0] <= slot_s <= _SLOT_S[1]:
        raise ValueError(f"start_s is no number, or slot_s is no whole number of {_SLOT_S[0]}..{_SLOT_S[1]}")
    if not isinstance(rows, dict):
        raise ValueError("power_w is no object of controllers")
    for device, row in rows.items():
        if not isinstance(row, list) or not all(_is_number(power) and abs(power) <= _MOST_W for power in row):
            raise ValueError(f"power_w of {device!a} is no list of numbers up to {_MOST_W} W")
    number = document.get("number", 1)
    return Schedule(float(start_s), slot_s, rows, number if number.__class__ is int else 1)


def read_departures(path: Path) -> list[Departure]:
    """Read a CSV file with the columns device, at (ISO 8601 with its zone), soc_pct.  Errors: as of read_schedule."""
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ToolError(f"{path}: no column {', '.join(missing)}; wanted are {', '.join(_COLUMNS)}")
            for row in reader:
                found.append(_departure(path, reader.line_num, row))
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None
    return found


def _departure(path: Path, line: int, row: dict[str, str]) -> Departure:
    try:
        at = datetime.datetime.fromisoformat(row["at"])
        soc_pct = float(row["soc_pct"])
    except (TypeError, ValueError) as error:
        raise ToolError(f"{path}, line {line}: {error}") from None
    if at.tzinfo is None:
        raise ToolError(f"{path}, line {line}: {row['at']} has no zone: write 2026-11-30T07:00:00+01:00")
    if not 0 <= soc_pct <= 100:
        raise ToolError(f"{path}, line {line}: soc_pct = {soc_pct:g} is outside 0..100")
    return Departure(row["device"], at.timestamp(), soc_pct / 100)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


class ScheduleFile:
    """A file that is read again when it has changed; one that is wrong is said once, and the last one stays."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self.latest: Schedule | None = None
        self._path = path
        self._say = say
        self._stamp: tuple[int, int] | None = None
        self._trouble = ""

    def load(self) -> Schedule | None:
        """Return the schedule in force."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self.latest = read_schedule(self._path)
                self._stamp, self._trouble = stamp, ""
        except OSError as error:
            self._complain(f"{self._path}: {error.strerror or error}")
        except ToolError as error:
            self._complain(str(error))
        return self.latest

    def _complain(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(f"{trouble}; the last schedule stays in force")
