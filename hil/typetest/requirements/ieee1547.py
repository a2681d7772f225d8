"""IEEE 1547-2018, Categories I to III."""

from __future__ import annotations

from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, TRIP_PROFILES, number
from hil.typetest.profile import Profile
from hil.typetest.requirement import FREQUENCY, OVER, UNDER, Droop, Enter, Reactive, Trip, line
from hil.typetest.requirements import ieee1547_voltage
from hil.typetest.requirements.common import COMMON, RATING_W, SAMPLING_MS

SOURCE = (
    "IEEE 1547-2018 as quoted by the UL1741SB test code; ride-through of frequency and voltage as in svp_1547.1 and"
    " EPRI's OpenDER"
)
CATEGORIES = {"cat1": "I", "cat2": "II", "cat3": "III"}
ROCOF_HZ_S = {"cat1": 0.5, "cat2": 2.0, "cat3": 3.0}
# Characteristic 1 is the default of all categories; 2 is the steeper one of IEEE 1547.1. deadband Hz, k, seconds
FIRST = (0.036, 0.05, 5.0)
SECOND = {"cat1": (0.017, 0.03, 1.0), "cat2": (0.017, 0.03, 1.0), "cat3": (0.017, 0.02, 0.2)}
TRIPS = (
    Trip("OF2", FREQUENCY, OVER, 62.0, 0.16),
    Trip("UF2", FREQUENCY, UNDER, 56.5, 0.16),
    Trip("OF1", FREQUENCY, OVER, 61.2, 300.0),
    Trip("UF1", FREQUENCY, UNDER, 58.5, 300.0),
)
MOST_VAR = round(0.44 * RATING_W)
# Volt-var of Category B, characteristic 1; absorbed where the voltage is high.
VOLT_VAR_S = 5.0
VOLT_VAR = ((0.92, -MOST_VAR), (0.98, 0.0), (1.02, 0.0), (1.08, MOST_VAR))
NOT_OFFERED = (
    ("Voltage regulation", "volt-watt mode"),
    ("Voltage regulation", "watt-var mode"),
)


def profile(category: str, second: bool) -> Profile:
    """Return the requirements of a category ("cat1" ...), with the droop of characteristic 1 or 2."""
    deadband_hz, k, response_s = SECOND[category] if second else FIRST
    name = f"ieee1547-{category}" + ("-char2" if second else "")
    sides = line(deadband_hz, 60.0 * k)
    return Profile(
        name=name,
        title=f"IEEE 1547-2018 Category {CATEGORIES[category]}" + (", characteristic 2" if second else ""),
        source=SOURCE,
        nominal_hz=60.0,
        rating_w=RATING_W,
        droop=Droop(sides, sides, (57.0, 61.8), response_s=response_s),
        trips=TRIPS + ieee1547_voltage.TRIPS[category],
        ride_through=((57.0, 299.0), (61.8, 299.0)),
        voltage_rides=ieee1547_voltage.RIDES[category],
        rocof_hz_s=ROCOF_HZ_S[category],
        enter=Enter((59.5, 60.1), (0.917, 1.05), 300.0, 300.0),
        reactive=Reactive(MOST_VAR, VOLT_VAR, VOLT_VAR_S, 0.9),
        parameters={
            **COMMON,
            "nominal_hz": 60,
            **(_two_profiles(category, name) if second else {"grid_code": number(GRID_CODES, name)}),
            "response_latency_ms": SAMPLING_MS,
            # Momentary cessation wants the power back within 0.4 s: the base must not take longer to ramp.
            "setpoint_ramp_w_s": 20000,
            # The custom limits are not in force, but must hold the nominal frequency.
            "trip_under_mhz": 56500,
            "trip_over_mhz": 62000,
            "return_low_mhz": 59500,
            "return_high_mhz": 60100,
            "reactive_max_var": MOST_VAR,
        },
        # A DER of Category III rides through nearly no voltage at all, and has shut its power off, and on, at once.
        inverter={"mains_loss_pct": 1.0, "mains_return_pct": 40.0, "reconnect_s": 0.0, "ramp_w_s": 200000.0},
        open=frozenset({"enter", "cessation"}),
        not_offered=NOT_OFFERED,
    )


def _two_profiles(category: str, name: str) -> dict[str, int]:
    return {
        "droop_profile": number(DROOP_PROFILES, name),
        "trip_profile": number(TRIP_PROFILES, f"ieee1547-{category}"),
        "return_volt_pct": 92,
        "return_high_pct": 105,
    }


def every() -> tuple[Profile, ...]:
    """Return the profiles of this source."""
    return tuple(profile(category, second) for second in (False, True) for category in CATEGORIES)
