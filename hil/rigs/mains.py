"""The mains of a rig, block by block: samples for the board, voltage and frequency for the plants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from hil.plants.grid import SwingGrid
from hil.plants.steered_grid import SteeredGrid
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from host_tools.errors import ToolError


class Mains:
    """One source for both: what the board samples is what the inverter feels."""

    def __init__(
        self,
        source: Trace | SwingGrid,
        parameters: Parameters,
        duration_s: float,
        waveform: Mapping[str, Any] | None = None,
    ) -> None:
        self.source = source
        self._nominal_v = float(parameters.nominal_v)
        self._n = parameters.sample_hz * parameters.block_ms // 1000
        self.wave = PointOnWave(waveform_config(parameters, waveform or {}), self.source)
        self._block_s = parameters.block_ms / 1000 / (1.0 + self.wave.config.sample_clock_ppm * 1e-6)
        self._blocks = 0
        if not isinstance(self.source, SwingGrid):
            t_s = np.arange(int(duration_s / self._block_s) + 2) * self._block_s
            freq_hz, _rocof, voltage_pu, valid = self.wave.truth(t_s)
            self._freq_hz: list[float] = freq_hz.tolist()
            self._volts: list[float] = np.where(valid, voltage_pu * self._nominal_v, 0.0).tolist()
        self.freq_hz, self.volts = float(parameters.nominal_hz), self._nominal_v

    @property
    def steady(self) -> bool:
        """Whether nothing moves them: a source that no host steers can take their place."""
        source = self.source
        return isinstance(source, Trace) and not np.ptp(source.freq) and not np.ptp(source.voltage)

    def next_block(self, charger_w: float) -> bytes:
        """Return the samples of the next block, little-endian int16, and move freq_hz and volts to its end."""
        if isinstance(self.source, SwingGrid):
            self.source.set_charger_power_w(charger_w)
        samples = self.wave.block(self._n).astype("<i2", copy=False).tobytes()
        self._blocks += 1
        if isinstance(self.source, SwingGrid):
            self.freq_hz, self.volts = self.source.freq_hz, self._nominal_v
        else:
            at = min(self._blocks, len(self._freq_hz) - 1)
            self.freq_hz, self.volts = self._freq_hz[at], self._volts[at]
        return samples

    def truth(self, t_s: NDArray[np.float64]) -> tuple[Any, Any, Any, Any]:
        """Return freq_hz, rocof_hz_s, voltage_pu, valid at t_s."""
        return self.wave.truth(t_s)


class SteeredMains:
    """Mains of a rig that runs until somebody ends it: steady, but for the steps that `grid` is asked for."""

    def __init__(self, parameters: Parameters, freq_hz: float = 50.0, volts: float | None = None) -> None:
        self.volts = float(parameters.nominal_v) if volts is None else volts
        self.grid = SteeredGrid(freq_hz, self.volts / parameters.nominal_v)
        self.wave = PointOnWave(waveform_config(parameters, {}), self.grid)
        self._n = parameters.sample_hz * parameters.block_ms // 1000

    @property
    def freq_hz(self) -> float:
        return self.grid.freq_hz

    @property
    def steady(self) -> bool:
        """Whether they have been steady so far."""
        return not self.grid.steps

    def next_block(self, _charger_w: float) -> bytes:
        """Return the samples of the next block, little-endian int16."""
        return self.wave.block(self._n).astype("<i2", copy=False).tobytes()


def waveform_config(parameters: Parameters, table: Mapping[str, Any]) -> WaveformConfig:
    """Build the waveform's data from a scenario's table.  Errors: ToolError naming a key it does not have."""
    values = dict(table)
    if "harmonics" in values:
        values["harmonics"] = {int(order): float(share) for order, share in values["harmonics"].items()}
    try:
        return WaveformConfig(
            sample_hz=parameters.sample_hz,
            nominal_v=float(parameters.nominal_v),
            adc_uv=parameters.adc_uv,
            **values,
        )
    except TypeError as error:
        raise ToolError(f"[waveform]: {error}") from error
