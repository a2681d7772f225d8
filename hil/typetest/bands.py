"""Bands that several procedures share, and the limits that are this project's own."""

from __future__ import annotations

from hil.typetest.accuracy import BAND, STEADY_HZ, STEADY_POWER_PU
from hil.typetest.profile import Profile

HOUSE_SLOPE = 0.02
HOUSE_HZ = 0.003
HOUSE_SHARE = 0.02  # of the rating or the contracted power
ON_THE_WIRE_S = 0.1
STEP_W = 10.0  # the smallest change of command worth a write
WHOLE = 1.0 - STEADY_POWER_PU  # a share that counts as all of it


def slack_w(profile: Profile) -> float:
    """Return the half-width of the band of a steady power."""
    return BAND * STEADY_POWER_PU * profile.rating_w


def power_band(profile: Profile, freq_hz: float, before_w: float = 0.0) -> tuple[float, float]:
    """Return the band of power at a frequency: accuracies of frequency and power, times 1.5."""
    slack_hz = BAND * STEADY_HZ
    required = [profile.power_w(freq_hz + shift_hz, before_w) for shift_hz in (-slack_hz, slack_hz)]
    return min(required) - slack_w(profile), max(required) + slack_w(profile)


def around(profile: Profile, power_w: float) -> tuple[float, float]:
    """Return the band around a power that no frequency moves."""
    return power_w - slack_w(profile), power_w + slack_w(profile)
