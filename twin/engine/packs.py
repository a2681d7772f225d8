"""Which battery is behind which controller: its chemistry and pack, from a file or one for all."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from host_tools.errors import MissingError, ToolError
from twin.battery.chemistry import Chemistry, ChemistryError, load
from twin.battery.pack import Pack

COLUMNS = ("device", "chemistry", "capacity_kwh", "nominal_v")


class Spec(NamedTuple):
    """A battery as a user knows it."""

    chemistry: str = "nca"
    capacity_kwh: float = 60.0
    nominal_v: float = 360.0


@dataclass(frozen=True)
class Packs:
    """The battery of every controller; `usual` is that of one that is not listed."""

    usual: Spec = Spec()
    by_device: dict[str, Spec] | None = None

    def of(self, device: str) -> Spec:
        return (self.by_device or {}).get(device, self.usual)

    def check(self) -> None:
        """Errors: ToolError for a chemistry that there is not, or a pack that no battery has."""
        for spec in {self.usual, *(self.by_device or {}).values()}:
            pack_of(spec)


@cache
def chemistry_of(name: str) -> Chemistry:
    """Errors: ToolError naming it where there is none."""
    try:
        return load(name)
    except ChemistryError as error:
        raise ToolError(str(error)) from None


@cache
def pack_of(spec: Spec) -> Pack:
    """Errors: ToolError for a battery that cannot be."""
    if not 0.1 <= spec.capacity_kwh <= 10_000 or not 10 <= spec.nominal_v <= 2000:
        raise ToolError(
            f"a battery of {spec.capacity_kwh:g} kWh and {spec.nominal_v:g} V: want 0.1..10000 kWh and 10..2000 V"
        )
    return Pack.of(chemistry_of(spec.chemistry), spec.capacity_kwh, spec.nominal_v)


def read(path: Path, usual: Spec) -> Packs:
    """Read a CSV file with the columns device, chemistry, capacity_kwh, nominal_v.

    Errors: MissingError or ToolError naming file and line.
    """
    found: dict[str, Spec] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ToolError(f"{path}: no column {', '.join(missing)}; wanted are {', '.join(COLUMNS)}")
            for row in reader:
                found[row["device"]] = _spec(path, reader.line_num, row)
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is no text: {error}") from None
    packs = Packs(usual, found)
    packs.check()
    return packs


def _spec(path: Path, line: int, row: dict[str, str]) -> Spec:
    try:
        return Spec(row["chemistry"], float(row["capacity_kwh"]), float(row["nominal_v"]))
    except (TypeError, ValueError):
        raise ToolError(f"{path}, line {line}: capacity_kwh and nominal_v want numbers") from None
