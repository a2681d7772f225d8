"""Models 103 or 113, 120, 121 and 122: what a three-phase hybrid of the older family measures and is rated for."""

from __future__ import annotations

from hil.plants.inverter import readings
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.converter import Converter
from hil.plants.inverter.points import ModelSpec, Setting, exponent_for

_STATES = {
    readings.OFF: 1,
    readings.STARTING: 3,
    readings.RUNNING: 4,
    readings.THROTTLED: 5,
    readings.STANDBY: 8,
}
_PV_STOR = 82
_CONNECTED, _AVAILABLE, _OPERATING = 1 << 0, 1 << 1, 1 << 2
_FIXED_W, _FIXED_VAR = 1 << 0, 1 << 1
_INJECTING = ((1, 1), (2, 1), (3, -1), (4, -1))  # quadrant and the sign of its reactive power


def measurement(config: InverterConfig, converter: Converter) -> ModelSpec:
    """Model 103, or 113, which says the same in floats; the three phases carry a third each."""
    power_sf = exponent_for(1.1 * max(config.charge_max_w, config.discharge_max_w), readings.INT16_MAX)
    scales = {"A_SF": -2, "V_SF": -1, "W_SF": power_sf, "Hz_SF": -2, "VA_SF": power_sf, "WH_SF": 0, "Tmp_SF": 0}
    scales |= {"VAr_SF": power_sf, "PF_SF": -2}
    live: dict[str, readings.Reading] = {
        "A": lambda: 3.0 * readings.current_a(converter, 3),
        "W": lambda: readings.out_w(converter),
        "VA": lambda: converter.apparent_va,
        "VAr": lambda: readings.injected_var(converter),
        "PF": lambda: 100.0 * readings.power_factor(converter),
        "TmpCab": lambda: converter.heat.cabinet_c,
        "TmpSnk": lambda: converter.heat.sink_c,
        "Hz": lambda: converter.freq_hz if converter.relay.present else None,
        "WH": lambda: converter.out_wh,
        "St": readings.mapped(_STATES, converter),
        "Evt1": lambda: readings.alarms(converter),
    }
    for phase in "ABC":
        live[f"Aph{phase}"] = lambda: readings.current_a(converter, 3)
        live[f"PhVph{phase}"] = lambda: converter.voltage_v
    if config.family == "legacy-float":
        return ModelSpec(113, {"Evt2": 0}, live)
    return ModelSpec(103, {**scales, "Evt2": 0}, live)


def nameplate(config: InverterConfig) -> ModelSpec:
    """Model 120."""
    power_sf = exponent_for(max(config.charge_max_w, config.discharge_max_w, config.full_va), readings.UINT16_MAX)
    values: dict[str, float | str] = {
        "DERTyp": _PV_STOR,
        "WRtg": config.discharge_max_w,
        "VARtg": config.full_va,
        "ARtg": config.full_va / config.nominal_v,
        "WHRtg": config.battery.capacity_wh,
        "MaxChaRte": config.charge_max_w,
        "MaxDisChaRte": config.discharge_max_w,
        "VArRtg_SF": exponent_for(config.var_max, readings.INT16_MAX),
        "PFRtg_SF": -2,
        "ARtg_SF": -1,
        "WHRtg_SF": exponent_for(config.battery.capacity_wh, readings.UINT16_MAX),
    }
    values |= {f"VArRtgQ{quadrant}": sign * config.var_max for quadrant, sign in _INJECTING}
    values |= {f"PFRtgQ{quadrant}": sign for quadrant, sign in ((1, 1), (2, -1), (3, -1), (4, 1))}
    values |= {f"{name}_SF": power_sf for name in ("WRtg", "VARtg", "MaxChaRte", "MaxDisChaRte")}
    return ModelSpec(120, values)


def basic_settings(config: InverterConfig, settings: dict[str, Setting]) -> ModelSpec:
    """Model 121; only what is in `settings` can be written."""
    values = {
        "VRef": config.nominal_v,
        "VRefOfs": 0,
        "WMax_SF": exponent_for(config.discharge_max_w, readings.UINT16_MAX),
        "VAMax": config.full_va,
        "VAMax_SF": exponent_for(config.full_va, readings.UINT16_MAX),
        "VArMax_SF": exponent_for(config.var_max, readings.INT16_MAX),
        "VRef_SF": -1,
        "VRefOfs_SF": -1,
        "WGra_SF": exponent_for(100.0 * config.ramp_w_s / config.discharge_max_w, readings.UINT16_MAX, -2),
    }
    quadrants = {f"VArMaxQ{quadrant}": sign * config.var_max for quadrant, sign in _INJECTING}
    return ModelSpec(121, {**values, **quadrants}, {}, settings)


def status(converter: Converter) -> ModelSpec:
    """Model 122."""
    live = {
        "StorConn": lambda: _storage_state(converter),
        "ECPConn": lambda: int(converter.energised),
        "ActWh": lambda: converter.out_wh,
        "StActCtl": lambda: (_FIXED_W if converter.target_w else 0) | (_FIXED_VAR if converter.target_var else 0),
    }
    return ModelSpec(122, {"PVConn": 0}, live)


def _storage_state(converter: Converter) -> int:
    if not converter.energised:
        return _CONNECTED
    return _CONNECTED | _AVAILABLE | (_OPERATING if converter.power_w else 0)
