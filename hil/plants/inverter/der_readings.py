"""Models 701, 702, 713 and 714: what a single-phase DER of the newer family measures, is rated for, and stores."""

from __future__ import annotations

from hil.plants.inverter import readings
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.converter import Converter
from hil.plants.inverter.points import ModelSpec, exponent_for

_STATES = {
    readings.OFF: 0,
    readings.STARTING: 2,
    readings.RUNNING: 3,
    readings.THROTTLED: 4,
    readings.STANDBY: 7,
}
_GRID_FOLLOWING = 1 << 0
_PV = 0
_STORAGE = 1
_MAX_W_FIXED_W_FIXED_VAR = 1 << 0 | 1 << 1 | 1 << 2


def measurement(config: InverterConfig, converter: Converter) -> ModelSpec:
    """Model 701."""
    power_sf = exponent_for(1.1 * max(config.charge_max_w, config.discharge_max_w), readings.INT16_MAX)
    scales = {"A_SF": -1, "V_SF": -1, "Hz_SF": -3, "W_SF": power_sf, "PF_SF": -3, "VA_SF": power_sf}
    scales |= {"Var_SF": power_sf, "TotWh_SF": 0, "Tmp_SF": -1}
    one_phase = {
        "W": lambda: readings.out_w(converter),
        "VA": lambda: converter.apparent_va,
        "Var": lambda: readings.injected_var(converter),
        "PF": lambda: readings.power_factor(converter),
        "A": lambda: readings.current_a(converter),
        "TotWhInj": lambda: converter.out_wh,
        "TotWhAbs": lambda: converter.in_wh,
    }
    live = {
        "St": lambda: int(converter.energised),
        "InvSt": readings.mapped(_STATES, converter),
        "ConnSt": lambda: int(converter.energised),
        "Alrm": lambda: readings.alarms(converter),
        "LNV": lambda: converter.voltage_v,
        "VL1": lambda: converter.voltage_v,
        "TmpAmb": lambda: config.ambient_c,
        "TmpCab": lambda: converter.heat.cabinet_c,
        "TmpSnk": lambda: converter.heat.sink_c,
        "Hz": lambda: converter.freq_hz if converter.relay.present else None,
        **one_phase,
        **{f"{name}L1": reading for name, reading in one_phase.items()},
    }
    return ModelSpec(701, {**scales, "ACType": 0, "DERMode": _GRID_FOLLOWING}, live)


def ratings(config: InverterConfig) -> ModelSpec:
    """Model 702; its settings repeat the ratings and are fixed."""
    charge_w, discharge_w = config.charge_max_w, config.discharge_max_w
    power_sf = exponent_for(max(charge_w, discharge_w, config.full_va), readings.UINT16_MAX)
    scales = {"W_SF": power_sf, "VA_SF": power_sf, "Var_SF": power_sf, "V_SF": -1, "A_SF": -1}
    values: dict[str, float | str] = {**scales}
    for name, value in (
        ("WMax", discharge_w),
        ("VAMax", config.full_va),
        ("VarMaxInj", config.var_max),
        ("VarMaxAbs", config.var_max),
        ("WChaRteMax", charge_w),
        ("WDisChaRteMax", discharge_w),
        ("VAChaRteMax", config.full_va),
        ("VADisChaRteMax", config.full_va),
        ("VNom", config.nominal_v),
        ("AMax", config.full_va / config.nominal_v),
    ):
        values[f"{name}Rtg"] = values[name] = value
    return ModelSpec(702, {**values, "CtrlModes": _MAX_W_FIXED_W_FIXED_VAR})


def storage(config: InverterConfig, converter: Converter) -> ModelSpec:
    """Model 713."""
    pack = config.battery
    scales = {"WH_SF": exponent_for(pack.capacity_wh, readings.UINT16_MAX), "Pct_SF": -2}
    live = {"WHAvail": lambda: converter.battery.energy_wh, "SoC": lambda: converter.battery.soc_pct}
    return ModelSpec(713, {**scales, "WHRtg": pack.capacity_wh, "SoH": pack.soh_pct, "Sta": 0}, live)


def direct(converter: Converter) -> ModelSpec:
    """Model 714: a PV port without sun, and the battery's, whose current is positive out of the battery."""
    live = {
        "DCA": lambda: converter.dc_out_w / converter.dc_voltage_v,
        "DCW": lambda: converter.dc_out_w,
        "Prt[0].DCA": lambda: 0.0,
        "Prt[0].DCV": lambda: 0.0,
        "Prt[0].DCW": lambda: 0.0,
        "Prt[1].DCA": lambda: converter.dc_out_w / converter.dc_voltage_v,
        "Prt[1].DCV": lambda: converter.dc_voltage_v,
        "Prt[1].DCW": lambda: converter.dc_out_w,
    }
    ports = {"PrtAlrms": 0, "NPrt": 2, "Prt[0].PrtTyp": _PV, "Prt[1].PrtTyp": _STORAGE}
    scales = {"DCA_SF": -1, "DCV_SF": -1, "DCW_SF": 0, "DCWH_SF": 0, "Tmp_SF": -1}
    return ModelSpec(714, {**scales, **ports}, live)
