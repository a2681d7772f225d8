"""Scenarios as data: what the mains do, what breaks when, and what must hold at the end."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.plants.connector import ConnectorPlant
from hil.plants.grid import GridConfig, SwingGrid
from hil.plants.trace import Trace, load_iberia
from hil.scripted_vehicle.scripts import SessionConfig
from host_tools.errors import MissingError, ToolError

FOLDER = Path(__file__).parent
RECORD = Path(__file__).parent.parent / "data" / "iberia-2025-04-28" / "toledo.csv"
FAULT_KINDS = ("inverter_link", "host_link", "samples", "bus_noise", "host_noise", "host_jitter")
KEYS = {
    "title",
    "summary",
    "mains",
    "waveform",
    "inverter",
    "vehicle",
    "session",
    "parameters",
    "faults",
    "checks",
    "duration_s",
}


@dataclass(frozen=True)
class Fault:
    """Something that breaks from at_s for for_s.

    rate: the share of damaged bytes where the kind is noise.  most_ms: what the host says comes up to this much late.
    """

    kind: str
    at_s: float
    for_s: float
    rate: float = 0.0
    most_ms: float = 0.0

    def active(self, t_s: float) -> bool:
        return self.at_s <= t_s < self.at_s + self.for_s


@dataclass(frozen=True)
class Limit:
    """A figure of the run and what it may be at most or at least."""

    figure: str
    most: float | None = None
    least: float | None = None
    unit: str = ""
    meaning: str = ""


@dataclass
class Scenario:
    """One scenario file; `mains` and `vehicle` stay data until `source` and `connector` build them.

    vehicle: the one at the connector, None for a fixed one.  happens: (s, word of ConnectorPlant.do), in order.
    session: what a vehicle says to the charger by ISO 15118-2, None for nothing.
    """

    name: str
    title: str
    summary: str
    duration_s: float
    mains: dict[str, Any]
    waveform: dict[str, Any] = field(default_factory=dict)
    inverter: dict[str, Any] = field(default_factory=dict)
    vehicle: dict[str, Any] | None = None
    happens: list[tuple[float, str]] = field(default_factory=list)
    session: SessionConfig | None = None
    parameters: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    end_state: str = "safe"

    def source(self) -> Trace | SwingGrid:
        """Build the mains: a recorded trace, breakpoints, or a grid that feels the chargers."""
        if "record" in self.mains:
            return load_iberia(RECORD, self.mains.get("from", "12:31"), self.mains.get("to", "12:35"))
        if "points" in self.mains:
            return Trace.from_points([tuple(point) for point in self.mains["points"]])
        if "random_steps" in self.mains:
            return Trace.from_points(random_steps(self.mains["random_steps"], self.mains.get("seed", 1)))
        if "swing" in self.mains:
            return SwingGrid(grid_config(self.mains["swing"]))
        raise ToolError(f"scenario {self.name}: [mains] names none of record, points, random_steps, swing")

    def connector(self) -> ConnectorPlant | None:
        """Build the connector and its vehicle, None for a fixed vehicle."""
        return None if self.vehicle is None else ConnectorPlant.from_dict(self.vehicle)


FIRST_STEP_S = 3.0
STEP_EVERY_S = 0.8


def random_steps(count: int, seed: int) -> list[tuple[float, float, float]]:
    """Return breakpoints of `count` steps of 0.1 to 0.375 Hz, 0.7 to 0.9 s apart, inside 49.5..50.25 Hz."""
    dice = random.Random(seed)
    freq_hz = 50.0
    points = [(0.0, freq_hz, 1.0)]
    for k in range(count):
        at_s = FIRST_STEP_S + k * STEP_EVERY_S + dice.uniform(-0.05, 0.05)
        points.append((at_s, freq_hz, 1.0))
        step_hz = dice.uniform(0.1, 0.375) * dice.choice((-1, 1))
        if not 49.5 <= freq_hz + step_hz <= 50.25:
            step_hz = -step_hz
        freq_hz += step_hz
        points.append((at_s, freq_hz, 1.0))
    points.append((FIRST_STEP_S + count * STEP_EVERY_S + 10.0, freq_hz, 1.0))
    return points


def grid_config(values: dict[str, Any]) -> GridConfig:
    """Build the swing grid's data.  Errors: ToolError naming a key it does not have."""
    try:
        return GridConfig(**values)
    except TypeError as error:
        raise ToolError(f"[mains.swing]: {error}") from error


def names() -> list[str]:
    """Return the names of the scenarios that ship."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Scenario:
    """Read a scenario by name or path.  Errors: ToolError with the file and what is wrong in it."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.exists():
        raise MissingError(f"no scenario {name!r}: one of {', '.join(names())}, or a path to a .toml file")
    try:
        data = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ToolError(f"{path}: {error}") from error
    return _build(path, data)


def _build(path: Path, data: dict[str, Any]) -> Scenario:
    unknown = set(data) - KEYS
    if unknown:
        raise ToolError(f"{path}: unknown key {sorted(unknown)[0]!r}, known are {', '.join(sorted(KEYS))}")
    try:
        faults = [Fault(**fault) for fault in data.get("faults", [])]
        vehicle = dict(data["vehicle"]) if "vehicle" in data else None
        happens = sorted((float(at_s), str(word)) for at_s, word in (vehicle or {}).pop("happens", []))
        checks = dict(data.get("checks", {}))
        end_state = checks.pop("end_state")
        limits = [Limit(figure, **values) for figure, values in checks.items()]
        scenario = Scenario(
            name=path.stem,
            title=data["title"],
            summary=data["summary"],
            duration_s=float(data["duration_s"]),
            mains=data["mains"],
            waveform=data.get("waveform", {}),
            inverter=data.get("inverter", {}),
            vehicle=vehicle,
            happens=happens,
            session=SessionConfig.from_dict(data["session"]) if "session" in data else None,
            parameters=data.get("parameters", {}),
            faults=faults,
            limits=limits,
            end_state=end_state,
        )
    except KeyError as error:
        raise ToolError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise ToolError(f"{path}: {error}") from error
    connector = scenario.connector()
    for _at_s, word in happens:
        if connector is not None and word not in connector.words:
            raise ToolError(f"{path}: a vehicle cannot {word!r}, known are {', '.join(connector.words)}")
    for fault in scenario.faults:
        if fault.kind not in FAULT_KINDS:
            raise ToolError(f"{path}: unknown fault {fault.kind!r}, known are {', '.join(FAULT_KINDS)}")
    return scenario
