"""The stimulus of a procedure, written one stretch after the other."""

from __future__ import annotations

import numpy as np

from hil.typetest.requirement import VOLTAGE, Quantity

START_S = 4.0  # the controller has found its inverter, started, and is at its pre-disturbance power


class Mains:
    """Breakpoints of frequency and voltage; `t_s` is their end so far, `nominal_hz` where they begin."""

    def __init__(self, nominal_hz: float) -> None:
        self.nominal_hz = nominal_hz
        self.t_s = 0.0
        self._freq_hz = nominal_hz
        self.points: list[tuple[float, float, float]] = [(0.0, nominal_hz, 1.0)]
        self.hold(START_S)

    def hold(self, for_s: float, voltage_pu: float = 1.0) -> float:
        """Stay for a time, at a voltage; return when it began."""
        return self.sag(for_s, voltage_pu, voltage_pu)

    def sag(self, for_s: float, from_pu: float, to_pu: float) -> float:
        """Stay for a time while the voltage goes from one value to another; return when it began."""
        began_s = self.t_s
        self.points.append((self.t_s, self._freq_hz, from_pu))
        self.t_s += for_s
        self.points.append((self.t_s, self._freq_hz, to_pu))
        return began_s

    def step(self, freq_hz: float, for_s: float) -> float:
        """Jump to a frequency and stay; return when the jump was."""
        self._freq_hz = freq_hz
        return self.hold(for_s)

    def to(self, quantity: Quantity, value: float, for_s: float) -> float:
        """Jump to a frequency or a voltage and stay; return when the jump was."""
        return self.hold(for_s, value) if quantity is VOLTAGE else self.step(value, for_s)

    def back(self, for_s: float) -> float:
        """Jump to nominal frequency and voltage and stay; return when the jump was."""
        return self.step(self.nominal_hz, for_s)

    def ramp(self, freq_hz: float, rate_hz_s: float) -> float:
        """Go to a frequency at a rate; return when it began."""
        began_s = self.t_s
        self.t_s += abs(freq_hz - self._freq_hz) / rate_hz_s
        self._freq_hz = freq_hz
        self.points.append((self.t_s, freq_hz, 1.0))
        return began_s

    def sine(self, depth_hz: float, rate_hz: float, for_s: float) -> float:
        """Swing around where it is; return when it began."""
        began_s = self.t_s
        for since_s in np.arange(0.0, for_s, 0.01 / rate_hz):
            freq_hz = self._freq_hz + depth_hz * float(np.sin(2 * np.pi * rate_hz * since_s))
            self.points.append((began_s + float(since_s), freq_hz, 1.0))
        self.t_s += for_s
        self.points.append((self.t_s, self._freq_hz, 1.0))
        return began_s
