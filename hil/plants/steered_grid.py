"""Mains whose frequency is steered while they run."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hil.plants.waveform import Floats, Truth


class SteeredGrid:
    """A living source of hil.plants.waveform: steady at freq_hz and voltage_pu until `step` asks for another.

    steps: (t_s, freq_hz) of each change, t_s the time of the first sample that has it.
    """

    def __init__(self, freq_hz: float = 50.0, voltage_pu: float = 1.0) -> None:
        self.freq_hz = freq_hz
        self._voltage_pu = voltage_pu
        self.steps: list[tuple[float, float]] = []
        self._turns = 0.0
        self._wanted_hz = freq_hz

    def step(self, freq_hz: float) -> None:
        """Jump to freq_hz from the next block on."""
        self._wanted_hz = freq_hz

    def advance(self, t0_s: float, n: int, dt_s: float) -> tuple[Floats, Floats]:
        """Return phase in turns and voltage in per unit of the next n samples."""
        if self._wanted_hz != self.freq_hz:
            self.freq_hz = self._wanted_hz
            self.steps.append((t0_s, self.freq_hz))
        phase: Floats = self._turns + self.freq_hz * dt_s * np.arange(n, dtype=np.float64)
        self._turns = (self._turns + self.freq_hz * dt_s * n) % 1.0
        return phase, np.full(n, self._voltage_pu)

    def truth(self, t_s: ArrayLike) -> Truth:
        """Return freq_hz, rocof_hz_s, voltage_pu and validity at past times."""
        times = np.asarray(t_s, dtype=np.float64)
        freq = np.full(times.shape, self.steps[0][1] if self.steps and self.steps[0][0] <= 0 else 50.0)
        for at_s, freq_hz in self.steps:
            freq[times >= at_s] = freq_hz
        return freq, np.zeros(times.shape), np.full(times.shape, self._voltage_pu), np.ones(times.shape, dtype=np.bool_)
