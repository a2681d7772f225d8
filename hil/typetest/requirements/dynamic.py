"""Dynamic Containment, Moderation and Regulation of the British system operator (NESO)."""

from __future__ import annotations

from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number
from hil.typetest.profile import Profile
from hil.typetest.requirement import Activation, Droop, Points
from hil.typetest.requirements.common import COMMON, RATING_W

SOURCE = "NESO, New Dynamic Services; curve of Dynamic Containment"
# name: title, curve, initiation and full delivery in s, groups that no public source confirms
SERVICES: dict[str, tuple[str, Points, float, float, frozenset[str]]] = {
    "dynamic-containment": (
        "Dynamic Containment",
        ((0.015, 0.0), (0.2, 0.05), (0.5, 1.0)),
        0.5,
        1.0,
        frozenset(),
    ),
    "dynamic-moderation": (
        "Dynamic Moderation",
        ((0.015, 0.0), (0.1, 0.05), (0.2, 1.0)),
        0.5,
        1.0,
        frozenset({"droop"}),
    ),
    "dynamic-regulation": (
        "Dynamic Regulation",
        ((0.015, 0.0), (0.2, 1.0)),
        2.0,
        10.0,
        frozenset({"droop"}),
    ),
}
PAST_HZ = 0.05


def profile(name: str) -> Profile:
    """Return the requirements of one service."""
    title, curve, initiation_s, full_s, is_open = SERVICES[name]
    reach_hz = curve[-1][0] + PAST_HZ
    return Profile(
        name=name,
        title=title,
        source=SOURCE,
        nominal_hz=50.0,
        rating_w=RATING_W,
        droop=Droop(
            curve,
            curve,
            (50.0 - reach_hz, 50.0 + reach_hz),
            activation=Activation(full_s, initiation_s=initiation_s),
        ),
        parameters={**COMMON, "droop_profile": number(DROOP_PROFILES, name)},
        open=is_open,
    )


def every() -> tuple[Profile, ...]:
    """Return the profiles of this source."""
    return tuple(profile(name) for name in SERVICES)
