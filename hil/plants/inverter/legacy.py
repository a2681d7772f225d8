"""Models 121, 123 and 124: the older family's limits, read as field products read them.

124 gives a window for the battery's power: at most OutWRte out of it, in percent of the rated discharge, and at most
InWRte into it, in percent of WChaMax, each in force by its bit of StorCtl_Mod. A negative rate moves its end past zero
and so forces the other direction: where both ratings are one, OutWRte = -x with InWRte = x pins charging at x percent.
An empty window is no command: zero.
"""

from __future__ import annotations

from collections.abc import Collection
from math import inf, sqrt

from hil.plants.inverter import legacy_readings, readings
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.converter import Converter
from hil.plants.inverter.points import ModelSpec, Setting, exponent_for
from hil.plants.inverter.reversion import Reversions

_CHARGE, _DISCHARGE = 1 << 0, 1 << 1
_ANY_S = 65534
_ROUNDING_W = 1e-6

# function: (point that holds it active, point with its time, other points whose writing starts the timer again,
#            {point: value it reverts to})
_REVERTING = {
    "Conn": ("Conn", "Conn_RvrtTms", (), {"Conn": 1}),
    "WMaxLimPct": (
        "WMaxLim_Ena",
        "WMaxLimPct_RvrtTms",
        ("WMaxLimPct",),
        {"WMaxLim_Ena": 0, "WMaxLimPct": 100},
    ),
    "VArPct": (
        "VArPct_Ena",
        "VArPct_RvrtTms",
        ("VArWMaxPct", "VArMaxPct", "VArAvalPct"),
        {"VArPct_Ena": 0, "VArWMaxPct": 0, "VArMaxPct": 0, "VArAvalPct": 0},
    ),
    "InOutWRte": (
        "StorCtl_Mod",
        "InOutWRte_RvrtTms",
        ("InWRte", "OutWRte"),
        {"StorCtl_Mod": 0, "InWRte": 100, "OutWRte": 100},
    ),
}


class LegacyControls:
    """Turns what models 121, 123 and 124 were written into the converter's target.

    Writing any point of an active function starts its timer again; windows and ramp times are not modelled and take
    only 0.
    """

    def __init__(self, config: InverterConfig, converter: Converter):
        self._config = config
        self._converter = converter
        self.reversions = Reversions()
        self._basic = {
            "WMax": Setting(config.discharge_max_w, 1, config.discharge_max_w),
            "WGra": Setting(100.0 * config.ramp_w_s / config.discharge_max_w, 1, inf),
        }
        self._immediate = {
            "Conn": Setting(1, 0, 1),
            "Conn_WinTms": Setting(0, 0, 0),
            "Conn_RvrtTms": Setting(0, 0, _ANY_S),
            "WMaxLimPct": Setting(100, 0, 100),
            "WMaxLimPct_WinTms": Setting(0, 0, 0),
            "WMaxLimPct_RvrtTms": Setting(0, 0, _ANY_S),
            "WMaxLimPct_RmpTms": Setting(0, 0, 0),
            "WMaxLim_Ena": Setting(0, 0, 1),
            "VArWMaxPct": Setting(0, -100, 100),
            "VArMaxPct": Setting(0, -100, 100),
            "VArAvalPct": Setting(0, -100, 100),
            "VArPct_WinTms": Setting(0, 0, 0),
            "VArPct_RvrtTms": Setting(0, 0, _ANY_S),
            "VArPct_RmpTms": Setting(0, 0, 0),
            "VArPct_Mod": Setting(0, 0, 3),
            "VArPct_Ena": Setting(0, 0, 1),
        }
        self._storage = {
            "WChaMax": Setting(config.charge_max_w, 0, config.charge_max_w),
            "StorCtl_Mod": Setting(0, 0, _CHARGE | _DISCHARGE),
            "MinRsvPct": Setting(0, 0, 100),
            "OutWRte": Setting(100, -100, 100),
            "InWRte": Setting(100, -100, 100),
            "InOutWRte_WinTms": Setting(0, 0, 0),
            "InOutWRte_RvrtTms": Setting(0, 0, _ANY_S),
            "InOutWRte_RmpTms": Setting(0, 0, 0),
            "ChaGriSet": Setting(1, 0, 1),
        }
        self._settings = {**self._basic, **self._immediate, **self._storage}

    def models(self) -> list[ModelSpec]:
        """The device's models in the order of its map."""
        config, converter = self._config, self._converter
        return [
            readings.common(config),
            legacy_readings.measurement(config, converter),
            legacy_readings.nameplate(config),
            legacy_readings.basic_settings(config, self._basic),
            legacy_readings.status(converter),
            ModelSpec(123, self._immediate_constants(), {}, self._immediate),
            self._storage_model(),
        ]

    @staticmethod
    def _immediate_constants() -> dict[str, float | str]:
        return {"OutPFSet": 1, "OutPFSet_Ena": 0, "WMaxLimPct_SF": -2, "OutPFSet_SF": -2, "VArPct_SF": -2}

    def _storage_model(self) -> ModelSpec:
        config, battery = self._config, self._converter.battery
        ramp_pct = 100.0 * config.ramp_w_s / config.charge_max_w
        values = {
            "WChaGra": ramp_pct,
            "WDisChaGra": ramp_pct,
            "WChaMax_SF": exponent_for(config.charge_max_w, readings.UINT16_MAX),
            "WChaDisChaGra_SF": exponent_for(ramp_pct, readings.UINT16_MAX, -2),
            "MinRsvPct_SF": -2,
            "ChaState_SF": -2,
            "InOutWRte_SF": -2,
        }
        live = {"ChaState": lambda: battery.soc_pct, "ChaSt": self._charge_state}
        return ModelSpec(124, values, live, self._storage)

    def _charge_state(self) -> int:
        converter = self._converter
        if not converter.energised:
            return 1
        if converter.power_w:
            return 4 if converter.power_w > 0 else 3
        if not converter.battery.room_j():
            return 5
        return 6 if converter.battery.stored_j(self._value("MinRsvPct")) else 2

    def written(self, names: Collection[str]) -> None:
        """Take effect of a write to these points."""
        for function, (holds, time, others, _fallback) in _REVERTING.items():
            if not self._active(holds) or not self._value(time):
                self.reversions.stop(function)
            elif any(name in names for name in (holds, time, *others)):
                self._start(function, self._value(time))
        if "WGra" in names:
            self._converter.ramp_w_s = self._value("WGra") / 100.0 * self._value("WMax")
        self._apply()

    def expire(self, now_s: float) -> None:
        """Take effect of the timers that have run out by now_s."""
        self.reversions.expire(now_s)
        self._apply()

    def _value(self, name: str) -> float:
        return self._settings[name].value

    def _active(self, holds: str) -> bool:
        return not self._value(holds) if holds == "Conn" else bool(self._value(holds))

    def _start(self, function: str, time_s: float) -> None:
        fallback = _REVERTING[function][3]

        def revert():
            for name, value in fallback.items():
                self._settings[name].value = value

        self.reversions.start(function, self._converter.now_s + time_s, revert)

    def _apply(self) -> None:
        converter = self._converter
        converter.connect = bool(self._value("Conn"))
        converter.reserve_pct = self._value("MinRsvPct")
        out_w = self._storage_out_w()
        if self._value("WMaxLim_Ena"):
            out_w = min(out_w, self._value("WMax") * self._value("WMaxLimPct") / 100.0)
        if not self._value("ChaGriSet"):
            out_w = max(0.0, out_w)
        converter.target_w = 0.0 - min(out_w, self._value("WMax"))
        converter.target_var = 0.0 - (self._injected_var() if self._value("VArPct_Ena") else 0.0)
        converter.sense(converter.voltage_v, converter.freq_hz)

    def _injected_var(self) -> float:
        """Return the reactive power of the mode in force; what is left counts from the moment it was written."""
        config, mode = self._config, int(self._value("VArPct_Mod"))
        left_var = sqrt(max(0.0, config.full_va**2 - self._converter.power_w**2))
        share, whole = {
            0: (0.0, 0.0),
            1: (self._value("VArWMaxPct"), self._value("WMax")),
            2: (self._value("VArMaxPct"), config.var_max),
            3: (self._value("VArAvalPct"), min(config.var_max, left_var)),
        }[mode]
        return share * whole / 100.0

    def _storage_out_w(self) -> float:
        mode = int(self._value("StorCtl_Mod"))
        most_out_w = self._value("OutWRte") / 100.0 * self._config.discharge_max_w if mode & _DISCHARGE else inf
        most_in_w = self._value("InWRte") / 100.0 * self._value("WChaMax") if mode & _CHARGE else inf
        if -most_in_w > most_out_w + _ROUNDING_W:
            return 0.0
        return min(most_out_w, max(-most_in_w, 0.0))
