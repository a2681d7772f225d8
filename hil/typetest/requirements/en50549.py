"""EN 50549 (VDE): limited and full frequency-sensitive modes, and the trip table with its enter service."""

from __future__ import annotations

from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, number
from hil.typetest.profile import Profile
from hil.typetest.requirement import FREQUENCY, OVER, UNDER, VOLTAGE, Droop, Enter, Trip, line
from hil.typetest.requirements.common import COMMON, RATING_W, SAMPLING_MS

SOURCE = "Beckhoff TF8360 defaults (EN 50549 / VDE)"
RANGE_HZ = (47.6, 51.4)
LFSM = line(0.2, 2.5)
FSM = line(0.01, 2.5)
RESPONSE_S = 2.0
# name: title, over, under
MODES = {
    "en50549-lfsm-o": ("EN 50549 LFSM-O", LFSM, ()),
    "en50549-lfsm-u": ("EN 50549 LFSM-U", (), LFSM),
    "en50549-lfsm": ("EN 50549 LFSM-O and LFSM-U", LFSM, LFSM),
    "en50549-fsm": ("EN 50549 FSM", FSM, FSM),
}


def mode(name: str) -> Profile:
    """Return the requirements on one frequency mode; trips and enter service are the whole profile's."""
    title, over, under = MODES[name]
    return Profile(
        name=name,
        title=f"{title}, response to frequency alone",
        source=SOURCE,
        nominal_hz=50.0,
        rating_w=RATING_W,
        droop=Droop(over, under, RANGE_HZ, response_s=RESPONSE_S),
        parameters={
            **COMMON,
            "droop_profile": number(DROOP_PROFILES, name),
            "response_latency_ms": SAMPLING_MS,
            "trip_under_mhz": 47000,
            "trip_over_mhz": 52000,
        },
        open=frozenset({"response"}),
    )


def whole() -> Profile:
    """Return both limited modes with trip table, ROCOF ride-through and enter service."""
    return Profile(
        name="en50549",
        title="EN 50549 LFSM-O and LFSM-U, trips and enter service",
        source=SOURCE,
        nominal_hz=50.0,
        rating_w=RATING_W,
        droop=Droop(LFSM, LFSM, RANGE_HZ, response_s=RESPONSE_S),
        trips=(
            Trip("over-frequency", FREQUENCY, OVER, 51.5, 0.2),
            Trip("under-frequency", FREQUENCY, UNDER, 47.5, 0.2),
            Trip("over-voltage", VOLTAGE, OVER, 1.15, 0.2),
            Trip("under-voltage", VOLTAGE, UNDER, 0.85, 1.5),
            Trip("loss-of-mains", VOLTAGE, UNDER, 0.50, 0.0),
        ),
        ride_through=((47.6, 30.0), (51.4, 30.0)),
        rocof_hz_s=2.0,
        enter=Enter((49.9, 50.1), (0.85, 1.10), 600.0, 600.0),
        parameters={
            **COMMON,
            "grid_code": number(GRID_CODES, "en50549"),
            "response_latency_ms": SAMPLING_MS,
        },
        open=frozenset({"response", "trips", "ride_through", "rocof", "enter"}),
    )


def every() -> tuple[Profile, ...]:
    """Return the profiles of this source."""
    return (whole(), *(mode(name) for name in MODES))
