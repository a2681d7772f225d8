"""The limit in force that a command passed, found in the controller's parameters where it answers `out_of_range`.

Pure: which parameters to read, and the reason they give.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridkeel.errors import ParameterError
from gridkeel.params import Parameters

_POWER = ("discharge_max_w", "charge_max_w")
_LIFETIME = "setpoint_max_s"
_REGULATION = "regulation_w"
# What gridkeel.params checks together: a parameter that is refused alone is refused for one of these.
TOGETHER = (
    "nominal_hz", "sample_hz", "block_ms", "droop_profile", "fast_reserve", "trip_profile", "trip_rocof_mhz_s",
    "trip_under_mhz", "trip_over_mhz", "return_low_mhz", "return_high_mhz", "soc_reserve_pct_x100",
    "soc_full_pct_x100", "power_min_w", "power_max_w", "dc_voltage_min_v", "dc_voltage_max_v", "dc_current_min_a",
    "dc_current_max_a", "power_factor_x1000", "phases", "connector", "evse", "nominal_v", "charge_max_w", "cable_max_w",
    "ev_charge_max_w", "grid_code",
)  # fmt: skip
_READ = {"setpoint": (*_POWER, _LIFETIME), "regulation": (_REGULATION,), "param_set": TOGETHER}


def parameters_of(message: str) -> tuple[str, ...]:
    """Return the parameters that bound a link command; none where no parameter does."""
    return _READ.get(message, ())


def reason(message: str, values: Mapping[str, Any], found: Mapping[str, int]) -> str:
    """Return which limit in force a command passed, "" where what was read does not show it."""
    if not set(parameters_of(message)) <= set(found):
        return ""
    if message == "setpoint":
        return _of_setpoint(values["power_w"], values["lifetime_ms"], found)
    if message == "regulation" and not found[_REGULATION]:
        return f"{_REGULATION} is 0 in force: this controller takes no part in regulation"
    if message == "param_set":
        return _of_parameter(str(values["index"]), values["value"], found)
    return ""


def _of_setpoint(power_w: int, lifetime_ms: int, found: Mapping[str, int]) -> str:
    low, high = -found[_POWER[0]], found[_POWER[1]]
    if not low <= power_w <= high:
        return f"power_w = {power_w} is outside {low}..{high} W in force ({_POWER[0]}, {_POWER[1]})"
    if lifetime_ms > found[_LIFETIME] * 1000:
        return f"lifetime_s = {lifetime_ms / 1000:g} is over the {found[_LIFETIME]} s in force ({_LIFETIME})"
    return ""


def _of_parameter(name: str, value: int, found: Mapping[str, int]) -> str:
    try:
        Parameters({**found, name: value})
    except ParameterError as error:
        return f"{error}, with what is in force"
    return ""
