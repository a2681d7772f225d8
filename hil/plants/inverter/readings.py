"""Readings and constants that both families share. SunSpec counts power positive out of the vehicle: it turns here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.converter import Converter
from hil.plants.inverter.points import ModelSpec

INT16_MAX = 32767
UINT16_MAX = 65534

OFF, STARTING, RUNNING, THROTTLED, STANDBY = "off", "starting", "running", "throttled", "standby"
_GRID_DISCONNECT = 1 << 4
_AC_UNDER_VOLT = 1 << 11

Reading = Callable[[], float | None]


def common(config: InverterConfig) -> ModelSpec:
    """Model 1: who it is."""
    names = {"Mn": config.manufacturer, "Md": config.model, "Vr": config.version, "SN": config.serial}
    return ModelSpec(1, {**names, "DA": config.unit})


def state(converter: Converter) -> str:
    """The operating state in one word."""
    if not converter.relay.closed:
        return STARTING if converter.relay.closes_s < float("inf") else OFF
    if not converter.connect:
        return OFF
    if converter.throttled:
        return THROTTLED
    return RUNNING if converter.power_w else STANDBY


def alarms(converter: Converter) -> int:
    """Alarm bits, which models 701 and 103 number alike."""
    return 0 if converter.relay.closed else _GRID_DISCONNECT | _AC_UNDER_VOLT


def out_w(converter: Converter) -> float:
    """Power as SunSpec counts it."""
    return -converter.power_w


def current_a(converter: Converter, phases: int = 1) -> float:
    """Size of the current in each of so many phases."""
    if not converter.apparent_va or converter.voltage_v <= 0.0:
        return 0.0
    return converter.apparent_va / (phases * converter.voltage_v)


def injected_var(converter: Converter) -> float:
    """Reactive power as SunSpec counts it."""
    return -converter.var


def power_factor(converter: Converter) -> float:
    """Power factor with the sign of the active power, 1 where nothing flows."""
    return out_w(converter) / converter.apparent_va if converter.apparent_va else 1.0


def mapped(states: Mapping[str, int], converter: Converter) -> Reading:
    """A reading that gives the state as a family numbers it."""
    return lambda: states[state(converter)]
