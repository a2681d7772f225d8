"""Frequency containment reserve, Regulation (EU) 2017/1485, Annex V, by synchronous area."""

from __future__ import annotations

from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number
from hil.typetest.profile import Profile
from hil.typetest.requirement import Activation, Droop
from hil.typetest.requirements.common import COMMON, RATING_W

SOURCE = "Regulation (EU) 2017/1485, Annex V"
PAST_HZ = 0.05  # how far past the full activation the test goes, where the power must be steady
# name: area, combined insensitivity and deadband in Hz, deviation of the full activation in Hz, its time in s
AREAS = {
    "fcr-ce": ("continental Europe", 0.010, 0.200, 30.0),
    "fcr-gb": ("Great Britain", 0.015, 0.500, 10.0),
    "fcr-ie": ("Ireland", 0.015, 0.500, 15.0),
    "fcr-nordic": ("Nordic", 0.010, 0.500, 30.0),
}


def profile(name: str) -> Profile:
    """Return the requirements of one synchronous area."""
    area, deadband_hz, full_hz, full_s = AREAS[name]
    sides = ((deadband_hz, 0.0), (full_hz, 1.0))
    reach_hz = full_hz + PAST_HZ
    return Profile(
        name=name,
        title=f"FCR, {area}",
        source=SOURCE,
        nominal_hz=50.0,
        rating_w=RATING_W,
        droop=Droop(
            sides,
            sides,
            (50.0 - reach_hz, 50.0 + reach_hz),
            activation=Activation(full_s, half_s=full_s / 2),
        ),
        parameters={**COMMON, "droop_profile": number(DROOP_PROFILES, name)},
        # The rule names the ends of the line, not its way, and no time for the half.
        open=frozenset({"droop", "half"}),
    )


def every() -> tuple[Profile, ...]:
    """Return the profiles of this source."""
    return tuple(profile(name) for name in AREAS)
