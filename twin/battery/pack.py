"""A pack of equal cells: values at its terminals from those of one cell, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry

Value = TypeVar("Value", float, NDArray[np.floating])


@dataclass(frozen=True)
class Pack:
    """`series` cells in a row, `parallel` rows beside each other."""

    series: int
    parallel: float  # a share of a cell too: a pack of another capacity than its chemistry's cell
    chemistry: Chemistry

    @classmethod
    def of(cls, chemistry: Chemistry, capacity_kwh: float, nominal_v: float) -> Pack:
        """Return the pack of that energy and voltage (mean of a discharge)."""
        series = max(1, round(nominal_v / float(np.mean(chemistry.ocv_v))))
        cell_wh = chemistry.capacity_ah * float(np.mean(chemistry.ocv_v))
        return cls(series, capacity_kwh * 1000.0 / (cell_wh * series), chemistry)

    @property
    def cells(self) -> float:
        return self.series * self.parallel

    @property
    def capacity_kwh(self) -> float:
        return self.cells * self.chemistry.capacity_ah * float(np.mean(self.chemistry.ocv_v)) / 1000.0

    def cell_voltage_v(self, voltage_v: Value) -> Value:
        return voltage_v / self.series

    def cell_current_a(self, current_a: Value) -> Value:
        return current_a / self.parallel

    def cell_power_w(self, power_w: Value) -> Value:
        return power_w / self.cells

    def voltage_v(self, cell_voltage_v: Value) -> Value:
        return cell_voltage_v * self.series

    def current_a(self, cell_current_a: Value) -> Value:
        return cell_current_a * self.parallel

    def power_w(self, cell_power_w: Value) -> Value:
        return cell_power_w * self.cells

    def resistance_ohm(self, cell_resistance_ohm: Value) -> Value:
        return cell_resistance_ohm * (self.series / self.parallel)

    def capacity_ah(self, cell_capacity_ah: Value) -> Value:
        return cell_capacity_ah * self.parallel
