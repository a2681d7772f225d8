"""Fast frequency reserves: Nordic (Fingrid) and ERCOT."""

from __future__ import annotations

from gridkeel.services import fast_reserve
from hil.typetest.profile import Profile
from hil.typetest.requirement import Reserve
from hil.typetest.requirements.common import COMMON, RATING_W

FINGRID = "Fingrid, technical requirements for FFR"
ERCOT = "ERCOT FFR as reported by cimview.com"
POWER_W = 2960  # 40 % of the rating
QUIET = {"droop_deadband_mhz": 1000, "droop_span_mhz": 10000}  # nothing but the reserve answers
# trigger in Hz, full power within s
NORDIC = ((49.7, 1.3), (49.6, 1.0), (49.5, 0.7))
REARM_S = 900.0


def nordic(trigger_hz: float, full_s: float, long: bool) -> Profile:
    """Return the requirements of one trigger: 5 s and off by at most 20 %/s, or 30 s and off at once."""
    hold_s, ramp_off_s = (30.0, 0.0) if long else (5.0, 5.0)
    name = f"nordic-ffr-{trigger_hz:g}" + ("-long" if long else "")
    return Profile(
        name=name,
        title=f"Nordic FFR, {trigger_hz:g} Hz, {'long' if long else 'short'} support",
        source=FINGRID,
        nominal_hz=50.0,
        rating_w=RATING_W,
        reserve=Reserve(trigger_hz, POWER_W, full_s, hold_s, ramp_off_s, REARM_S),
        parameters=_parameters(name),
    )


def ercot() -> Profile:
    """Return the requirements of ERCOT's: 15 cycles, 15 minutes."""
    return Profile(
        name="ercot-ffr",
        title="ERCOT FFR",
        source=ERCOT,
        nominal_hz=60.0,
        rating_w=RATING_W,
        reserve=Reserve(59.85, POWER_W, 15 / 60, 900.0, 0.0, 1800.0),
        parameters={
            **_parameters("ercot-ffr"),
            "nominal_hz": 60,
            "trip_under_mhz": 56500,
            "trip_over_mhz": 62000,
            "return_low_mhz": 59500,
            "return_high_mhz": 60100,
        },
        # Within 0.25 s of the trigger an inverter of 15 kW/s has no time left for the sensing.
        inverter={"ramp_w_s": 40000.0},
        open=frozenset({"trigger", "ramp_off", "rearm"}),
    )


def _parameters(name: str) -> dict[str, int]:
    reserve = {"fast_reserve": fast_reserve.NAMES.index(name), "fast_reserve_w": POWER_W}
    return {**COMMON, **QUIET, **reserve, "baseline_w": 1000, "setpoint_ramp_w_s": 20000}


def every() -> tuple[Profile, ...]:
    """Return the profiles of these sources."""
    return (*(nordic(*row, long) for long in (False, True) for row in NORDIC), ercot())
