"""Measurement accuracy, IEEE 1547-2018 Table 3, and the band it gives a test: 1.5 times the accuracy (IEEE 1547.1)."""

from __future__ import annotations

BAND = 1.5
STEADY_HZ = 0.010  # over 60 cycles
STEADY_PU = 0.01  # voltage, of nominal, over 10 cycles
STEADY_POWER_PU = 0.05  # active and reactive, of the rating, over 10 cycles
STEADY_TIME_SHARE = 0.01
TRANSIENT_HZ = 0.100  # over 5 cycles
TRANSIENT_PU = 0.02  # voltage, over 5 cycles
TRANSIENT_CYCLES = 2.0
POWER_CYCLES = 10.0


def time_band_s(time_s: float, nominal_hz: float) -> float:
    """Return the half-width of the band of a time: 1 % of it or two cycles, the larger, times 1.5."""
    return BAND * max(STEADY_TIME_SHARE * time_s, TRANSIENT_CYCLES / nominal_hz)
