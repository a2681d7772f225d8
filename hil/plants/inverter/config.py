"""The physical data of one inverter, with units in the names, and its reading from a rig file's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hil.plants.battery import BatteryConfig
from host_tools.errors import ToolError

FAMILIES = ("der", "legacy", "legacy-float")
BASES = (40000, 50000, 0)

_LIMITS = (
    ("unit", 1, 247),
    ("charge_max_w", 100.0, 3e5),
    ("discharge_max_w", 100.0, 3e5),
    ("ramp_w_s", 1.0, 1e9),
    ("efficiency_charge", 0.5, 1.0),
    ("efficiency_discharge", 0.5, 1.0),
    ("response_ms", 0.0, 60000.0),
    ("apparent_va", 0.0, 3e5),
    ("var_max_pct", 0.0, 100.0),
    ("var_ramp_s", 1.0, 1e9),
    ("ambient_c", -40.0, 80.0),
    ("cabinet_rise_k", 0.0, 100.0),
    ("cabinet_time_s", 0.1, 1e5),
    ("sink_rise_k", 0.0, 100.0),
    ("sink_time_s", 0.1, 1e5),
    ("nominal_v", 50.0, 1000.0),
    ("mains_loss_pct", 1.0, 90.0),
    ("mains_return_pct", 1.0, 100.0),
    ("reconnect_s", 0.0, 3600.0),
)
_TEXT_BYTES = {"manufacturer": 32, "model": 32, "version": 16, "serial": 32}  # strings of model 1


@dataclass(frozen=True, slots=True)
class InverterConfig:
    """One bidirectional inverter: family "der" has models 1, 701, 702, 704, 713 (and 714
    where the battery has a voltage); "legacy" 1, 103, 120..124;
    "legacy-float" has 113 in place of 103.

    apparent_va: 0 is as much as the larger power.  var_max_pct: of the apparent power, either way.  var_ramp_s: var a
    second.  The rises are those at full apparent power in the long run, and go with its square.
    """

    family: str = "der"
    base_address: int = 40000
    unit: int = 1
    charge_max_w: float = 7400.0
    discharge_max_w: float = 7400.0
    ramp_w_s: float = 15000.0
    efficiency_charge: float = 0.95
    efficiency_discharge: float = 0.95
    response_ms: float = 2.0
    nominal_v: float = 230.0
    mains_loss_pct: float = 20.0
    mains_return_pct: float = 85.0
    reconnect_s: float = 1.0
    apparent_va: float = 0.0
    var_max_pct: float = 60.0
    var_ramp_s: float = 15000.0
    ambient_c: float = 20.0
    cabinet_rise_k: float = 20.0
    cabinet_time_s: float = 600.0
    sink_rise_k: float = 40.0
    sink_time_s: float = 120.0
    manufacturer: str = "Gridkeel"
    model: str = "Bench inverter"
    version: str = "1"
    serial: str = "GK-0001"
    battery: BatteryConfig = field(default_factory=BatteryConfig)

    def __post_init__(self):
        if self.family not in FAMILIES:
            raise ToolError(f"family = {self.family!r} is neither of {', '.join(FAMILIES)}")
        if self.base_address not in BASES:
            raise ToolError(f"base_address = {self.base_address} is none of {', '.join(map(str, BASES))}")
        for name, low, high in _LIMITS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ToolError(f"{name} = {value} is outside {low:g}..{high:g}")
        if self.mains_loss_pct >= self.mains_return_pct:
            raise ToolError(f"mains_loss_pct = {self.mains_loss_pct} is not under mains_return_pct")
        for name, size in _TEXT_BYTES.items():
            text = getattr(self, name)
            if not text.isascii() or len(text) > size:
                raise ToolError(f"{name} = {text!r} is not ASCII of at most {size} characters")

    @property
    def full_va(self) -> float:
        """Apparent power it can carry."""
        return self.apparent_va or max(self.charge_max_w, self.discharge_max_w)

    @property
    def var_max(self) -> float:
        """Reactive power it can carry, either way."""
        return self.full_va * self.var_max_pct / 100.0

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> InverterConfig:
        """Read a rig file's table.  Errors: ToolError naming the unknown key or the value of a wrong kind."""
        values = dict(table)
        if "battery" in values and not isinstance(values["battery"], BatteryConfig):
            values["battery"] = BatteryConfig(**_checked(BatteryConfig, values["battery"], "battery."))
        return cls(**_checked(cls, values, ""))


def _checked(cls: type, table: Any, prefix: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise ToolError(f"{prefix.rstrip('.')} = {table!r} is not a table of keys and values")
    kinds = {item.name: item.type for item in fields(cls)}
    for key, value in table.items():
        if key not in kinds:
            raise ToolError(f"unknown key {prefix}{key}; known are {', '.join(kinds)}")
        if not _fits(value, kinds[key]):
            raise ToolError(f"{prefix}{key} = {value!r} is not of kind {kinds[key]}")
    return dict(table)


def _fits(value: Any, kind: Any) -> bool:
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if kind == "str" else BatteryConfig)
