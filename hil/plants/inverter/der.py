"""Model 704: set-points of active and reactive power and the limit of active power, with their reversion timers."""

from __future__ import annotations

from collections.abc import Collection
from math import inf, sqrt

from hil.plants.inverter import der_readings, readings
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.converter import Converter
from hil.plants.inverter.points import ModelSpec, Setting
from hil.plants.inverter.reversion import Reversions

_WATTS = 1  # WSetMod; the other mode counts in percent of the rating of the set-point's side
_ANY_S = 0xFFFFFFFE
# function: the points that take the value of their ...Rvrt twin when its timer runs out
_REVERTING = {
    "WSet": ("WSet", "WSetPct", "WSetEna"),
    "VarSet": ("VarSet", "VarSetPct", "VarSetEna"),
    "WMaxLimPct": ("WMaxLimPct", "WMaxLimPctEna"),
}
# VarSetMod; the others count in percent
_OF_W_MAX, _OF_VAR_MAX, _OF_VAR_LEFT, _OF_VA_MAX, _VARS = range(5)
_REACTIVE_FIRST = 1  # VarSetPri


class DerControls:
    """Turns what model 704 was written into the converter's target.

    A function's timer starts, and starts again, when its ...Ena is written 1 with ...RvrtTms above 0; disabling the
    function or writing ...RvrtTms 0 stops it.
    """

    def __init__(self, config: InverterConfig, converter: Converter):
        self._config = config
        self._converter = converter
        self.reversions = Reversions()
        self._settings = self._make_settings()

    def _make_settings(self) -> dict[str, Setting]:
        config = self._config
        watts = (-config.charge_max_w, config.discharge_max_w)
        settings = {
            "VarSetMod": Setting(_VARS, 0, 4),
            "VarSetPri": Setting(0, 0, 1),
            "VarSet": Setting(0, -config.var_max, config.var_max),
            "VarSetRvrt": Setting(0, -config.var_max, config.var_max),
            "VarSetPct": Setting(0, -100, 100),
            "VarSetPctRvrt": Setting(0, -100, 100),
            "WSetMod": Setting(_WATTS, 0, 1),
            "WSet": Setting(0, *watts),
            "WSetRvrt": Setting(0, *watts),
            "WSetPct": Setting(0, -100, 100),
            "WSetPctRvrt": Setting(0, -100, 100),
            "WMaxLimPct": Setting(100, 0, 100),
            "WMaxLimPctRvrt": Setting(100, 0, 100),
            "WRmp": Setting(100.0 * config.ramp_w_s / config.discharge_max_w, 1, inf),
        }
        for function in _REVERTING:
            settings[f"{function}Ena"] = Setting(0, 0, 1)
            settings[f"{function}EnaRvrt"] = Setting(0, 0, 1)
            settings[f"{function}RvrtTms"] = Setting(0, 0, _ANY_S)
        return settings

    def models(self) -> list[ModelSpec]:
        """The device's models in the order of its map."""
        config, converter = self._config, self._converter
        constants = {"WRmpRef": 1, "AntiIslEna": 1, "WSet_SF": 0, "WSetPct_SF": -2, "WMaxLimPct_SF": -1}
        constants |= {"VarSet_SF": 0, "VarSetPct_SF": -2}
        left = {f"{name}RvrtRem": self._left(name) for name in _REVERTING}
        models = [
            readings.common(config),
            der_readings.measurement(config, converter),
            der_readings.ratings(config),
            ModelSpec(704, constants, left, self._settings),
            der_readings.storage(config, converter),
        ]
        return [*models, der_readings.direct(converter)] if config.battery.full_v else models

    def _left(self, function: str) -> readings.Reading:
        return lambda: self.reversions.left_s(function, self._converter.now_s)

    def written(self, names: Collection[str]) -> None:
        """Take effect of a write to these points."""
        for function in _REVERTING:
            self._arm(function, f"{function}Ena" in names)
        if "WRmp" in names:
            self._converter.ramp_w_s = self._value("WRmp") / 100.0 * self._config.discharge_max_w
        self._apply()

    def expire(self, now_s: float) -> None:
        """Take effect of the timers that have run out by now_s."""
        self.reversions.expire(now_s)
        self._apply()

    def _value(self, name: str) -> float:
        return self._settings[name].value

    def _arm(self, function: str, enable_written: bool) -> None:
        time_s = self._value(f"{function}RvrtTms")
        if not self._value(f"{function}Ena") or not time_s:
            self.reversions.stop(function)
        elif enable_written:
            self.reversions.start(function, self._converter.now_s + time_s, lambda: self._revert(function))

    def _revert(self, function: str) -> None:
        for name in _REVERTING[function]:
            self._settings[name].value = self._value(f"{name}Rvrt")

    def _apply(self) -> None:
        out_w = self._wanted_out_w() if self._value("WSetEna") else 0.0
        if self._value("WMaxLimPctEna"):
            out_w = min(out_w, self._config.discharge_max_w * self._value("WMaxLimPct") / 100.0)
        self._converter.target_w = 0.0 - out_w
        self._converter.reactive_first = bool(self._value("VarSetEna")) and self._value("VarSetPri") == _REACTIVE_FIRST
        self._converter.target_var = 0.0 - (self._wanted_var() if self._value("VarSetEna") else 0.0)

    def _wanted_var(self) -> float:
        """Return the reactive power to inject.  Percent of what is left counts from the moment it was written."""
        config, mode = self._config, self._value("VarSetMod")
        if mode == _VARS:
            return float(self._value("VarSet"))
        active_w = self._converter.power_w
        left_var = sqrt(max(0.0, config.full_va**2 - active_w**2))
        whole = {
            _OF_W_MAX: config.discharge_max_w,
            _OF_VAR_MAX: config.var_max,
            _OF_VAR_LEFT: min(config.var_max, left_var),
            _OF_VA_MAX: config.full_va,
        }[int(mode)]
        return whole * self._value("VarSetPct") / 100.0

    def _wanted_out_w(self) -> float:
        if self._value("WSetMod") == _WATTS:
            return float(self._value("WSet"))
        share = self._value("WSetPct") / 100.0
        return share * (self._config.discharge_max_w if share > 0 else self._config.charge_max_w)
