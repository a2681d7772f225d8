"""Price series: where they come from, and what makes one usable: a zone, one step, no hole, a unit."""

from __future__ import annotations

import csv
import datetime
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from host_tools.errors import MissingError, ToolError
from twin.battery.arrays import Floats

_COLUMN = re.compile(r"price_([a-z]{3})_per_(mwh|kwh)")
_STEPS_S = (300, 600, 900, 1800, 3600)
_MOST_PER_KWH = 20.0  # beyond this in size the unit is wrong
_SHOWN = "%Y-%m-%dT%H:%M%z"


@dataclass(frozen=True)
class Prices:
    """A price a kWh for each step from start on.  currency: three letters, as the source names it."""

    start: datetime.datetime  # with its zone
    step_s: int
    per_kwh: Floats
    currency: str

    def at_step(self, step_s: int) -> Prices:
        """Return the same prices in finer steps.  Errors: ToolError where the step is no part of theirs."""
        if self.step_s % step_s:
            raise ToolError(f"slots of {step_s // 60} min are no part of the prices' {self.step_s // 60} min")
        return Prices(self.start, step_s, np.repeat(self.per_kwh, self.step_s // step_s), self.currency)

    def time_of(self, slot: int) -> datetime.datetime:
        """Return when a slot begins, in the zone of the start."""
        start = self.start.astimezone(datetime.UTC) + datetime.timedelta(seconds=slot * self.step_s)
        return start.astimezone(self.start.tzinfo)


class PriceSource(Protocol):
    """Whoever has prices: a file, an exchange's interface.  Nothing here fetches any by itself."""

    def fetch(self, start: datetime.datetime | None, end: datetime.datetime | None) -> Prices:
        """Return the prices from start to end; all there are where those are None.  Errors: ToolError."""


class CsvPrices:
    """Prices from a CSV file: `start` (ISO 8601) and `price_eur_per_mwh` or `price_eur_per_kwh`, any currency.

    timezone: of times without a zone, as Europe/Madrid.
    """

    def __init__(self, path: Path, timezone: str | None = None) -> None:
        self._path = path
        self._zone = zone_of(timezone)

    def fetch(self, start: datetime.datetime | None = None, end: datetime.datetime | None = None) -> Prices:
        """Return the file's prices, of the steps within start and end.  Errors: MissingError, ToolError."""
        prices = self._read()
        first = 0 if start is None else max(0, _steps(prices, start))
        last = len(prices.per_kwh) if end is None else min(len(prices.per_kwh), _steps(prices, end))
        if first >= last:
            raise ToolError(f"{self._path}: no price between {start} and {end}")
        return Prices(prices.time_of(first), prices.step_s, prices.per_kwh[first:last], prices.currency)

    def _read(self) -> Prices:
        rows, unit, currency = self._rows()
        if len(rows) < 2:
            raise ToolError(f"{self._path}: {len(rows)} prices; two at least are needed to know their step")
        times = self._times([text for _line, text, _price in rows])
        step_s = round(min(b - a for a, b in zip(times, times[1:], strict=False) if b > a) if _rises(times) else 0)
        for (line, text, _price), before, here in zip(rows[1:], times, times[1:], strict=False):
            if here <= before:
                raise ToolError(f"{self._path}, line {line}: {text} does not come after the line before it")
            if here - before != step_s:
                hole = datetime.datetime.fromtimestamp(before + step_s, self._zone or datetime.UTC)
                count = round((here - before) / step_s) - 1
                raise ToolError(f"{self._path}, line {line}: {count} prices are missing from {hole:{_SHOWN}} on")
        if step_s not in _STEPS_S:
            raise ToolError(f"{self._path}: a step of {step_s:g} s; can be {', '.join(map(str, _STEPS_S))}")
        per_kwh = np.array([price for _line, _text, price in rows]) / (1000.0 if unit == "mwh" else 1.0)
        if np.abs(per_kwh).max() > _MOST_PER_KWH:
            raise ToolError(f"{self._path}: a price of {np.abs(per_kwh).max():g} a kWh: is the column's unit right?")
        start = datetime.datetime.fromtimestamp(times[0], self._zone or _zone_in(rows[0][1]))
        return Prices(start, step_s, per_kwh, currency)

    def _rows(self) -> tuple[list[tuple[int, str, float]], str, str]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                names = list(reader.fieldnames or ())
                found = [match for name in names if (match := _COLUMN.fullmatch(name.strip()))]
                if "start" not in names or len(found) != 1:
                    wanted = "start and one price column with its unit, as price_eur_per_mwh"
                    raise ToolError(f"{self._path}: columns {', '.join(names) or 'none'}; wanted are {wanted}")
                rows = [(reader.line_num, row["start"], self._number(reader.line_num, row, found[0])) for row in reader]
                return rows, found[0][2], found[0][1].upper()
        except OSError as error:
            raise MissingError(f"{self._path}: {error.strerror or error}") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise ToolError(f"{self._path}: {error}") from None

    def _number(self, line: int, row: dict[str, str], column: re.Match[str]) -> float:
        text = row[column.string] or ""
        try:
            price = float(text)
        except ValueError:
            price = math.nan
        if not math.isfinite(price):
            raise ToolError(f"{self._path}, line {line}: price {text!r} is no number")
        return price

    def _times(self, texts: list[str]) -> list[float]:
        """Return seconds since 1970; local times that come twice (the clock goes back) count on from the first."""
        found: list[float] = []
        for text in texts:
            here = parse_time(f"{self._path}: ", text, self._zone)
            if found and here.tzinfo is self._zone and here.timestamp() <= found[-1]:
                here = here.replace(fold=1)
            found.append(here.timestamp())
        return found


def parse_time(where: str, text: str | None, zone: datetime.tzinfo | None) -> datetime.datetime:
    """Return a time with its zone.  Errors: ToolError where it is none, has no zone, or the clock skips it."""
    try:
        found = datetime.datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise ToolError(f"{where}{text!r} is no time as 2026-03-29T02:15 or 2026-03-29T02:15+01:00") from None
    if found.tzinfo is not None:
        return found
    if zone is None:
        raise ToolError(
            f"{where}{text} has no zone: name it by --timezone, as Europe/Madrid, or write +01:00 behind it"
        )
    local = found.replace(tzinfo=zone)
    if local.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) != found:
        raise ToolError(f"{where}{text} does not exist in {zone}: the clock goes forward there")
    return local


def zone_of(name: str | None) -> datetime.tzinfo | None:
    """Errors: ToolError where there is no such zone."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolError(f"--timezone {name}: no such zone; write it as Europe/Madrid") from None


def _zone_in(text: str) -> datetime.tzinfo:
    return datetime.datetime.fromisoformat(text.strip()).tzinfo or datetime.UTC


def _rises(times: list[float]) -> bool:
    return any(b > a for a, b in zip(times, times[1:], strict=False))


def _steps(prices: Prices, at: datetime.datetime) -> int:
    return math.ceil((at.timestamp() - prices.start.timestamp()) / prices.step_s)
