"""The profiles a controller can be tested to."""

from __future__ import annotations

from gridkeel.params import Parameters
from gridkeel.services import profiles, ride_through
from hil.typetest.profile import OVER, UNDER, Droop, Enter, Profile, Trip
from host_tools.errors import ToolError

RATING_W = 7400.0
UL1741 = "IEEE 1547-2018 as quoted by the UL1741SB test code; ride-through points of svp_1547.1"
DETECTION_S = 0.080  # what sensing and a block take of a clearing time; the clock runs for the rest

# Common to all: power to either side, the reserve out of the way, telemetry that suits long runs.
_COMMON = {"baseline_w": 0, "charge_max_w": int(RATING_W), "discharge_max_w": int(RATING_W), "telemetry_ms": 200}
_ROCOF_1547_HZ_S = {"cat1": 0.5, "cat2": 2.0, "cat3": 3.0}
# Characteristic 1 is the default of all categories; 2 is the steeper one of IEEE 1547.1.
_SECOND = {"cat1": (0.017, 0.03, 1.0), "cat2": (0.017, 0.03, 1.0), "cat3": (0.017, 0.02, 0.2)}


def _ieee1547(category: str, second: bool) -> Profile:
    deadband_hz, k, response_s = _SECOND[category] if second else (0.036, 0.05, 5.0)
    span_hz = 60.0 * k
    roman = {"cat1": "I", "cat2": "II", "cat3": "III"}[category]
    return Profile(
        name=f"ieee1547-{category}" + ("-char2" if second else ""),
        title=f"IEEE 1547-2018 Category {roman}" + (", characteristic 2" if second else ""),
        source=UL1741,
        nominal_hz=60.0,
        rating_w=RATING_W,
        droop=Droop(deadband_hz, span_hz, (57.0, 61.8), response_s),
        trips=(
            Trip("OF2", OVER, 62.0, 0.16),
            Trip("UF2", UNDER, 56.5, 0.16),
            Trip("OF1", OVER, 61.2, 300.0),
            Trip("UF1", UNDER, 58.5, 300.0),
        ),
        ride_through=((57.0, 299.0), (61.8, 299.0)),
        rocof_hz_s=_ROCOF_1547_HZ_S[category],
        enter=Enter((59.5, 60.1), 300.0, 300.0),
        parameters={
            **_COMMON,
            "nominal_hz": 60,
            "droop_profile": profiles.NAMES.index(f"ieee1547-{category}" + ("-char2" if second else "")),
            "trip_profile": ride_through.NAMES.index(f"ieee1547-{category}"),
            "response_latency_ms": round(DETECTION_S * 1000),
            # The custom limits are not in force, but must hold the nominal frequency.
            "trip_under_mhz": 56500,
            "trip_over_mhz": 62000,
            "return_low_mhz": 59500,
            "return_high_mhz": 60100,
            "return_spread_ms": 0,
        },
        open=frozenset({"enter"}),
    )


def _en50549() -> Profile:
    return Profile(
        name="en50549",
        title="EN 50549 LFSM-O and LFSM-U",
        source="Beckhoff TF8360 defaults (EN 50549 / VDE)",
        nominal_hz=50.0,
        rating_w=RATING_W,
        droop=Droop(0.2, 2.5, (47.6, 51.4), 2.0),
        trips=(Trip("over-frequency", OVER, 51.5, 0.2), Trip("under-frequency", UNDER, 47.5, 0.2)),
        ride_through=((47.6, 30.0), (51.4, 30.0)),
        rocof_hz_s=2.0,
        enter=Enter((49.9, 50.1), 600.0, 600.0),
        parameters={
            **_COMMON,
            "nominal_hz": 50,
            "droop_profile": profiles.NAMES.index("en50549-lfsm"),
            "trip_profile": ride_through.NAMES.index("en50549"),
            "response_latency_ms": round(DETECTION_S * 1000),
            "return_spread_ms": 0,
        },
        open=frozenset({"response", "trips", "ride_through", "rocof", "enter"}),
    )


def custom(changes: dict[str, int]) -> Profile:
    """Return the demands that a controller's own parameters state, over the common ones and `changes`."""
    parameters = {**_COMMON, "return_delay_ms": 5000, **changes}
    p = Parameters(parameters)
    low_hz, high_hz = p.trip_under_mhz / 1000 + 0.2, p.trip_over_mhz / 1000 - 0.2
    nominal_hz = float(p.nominal_hz)
    reach_hz = 1.1 * (p.droop_deadband_mhz + p.droop_span_mhz) / 1000
    clock_s = p.trip_frequency_ms / 1000 + DETECTION_S
    return Profile(
        name="custom",
        title="A controller held to its own parameters",
        source="the parameters in force; response at most 0.1 s on the wire",
        nominal_hz=nominal_hz,
        rating_w=float(min(p.charge_max_w, p.discharge_max_w)),
        droop=Droop(
            p.droop_deadband_mhz / 1000,
            p.droop_span_mhz / 1000,
            (max(low_hz, nominal_hz - reach_hz), min(high_hz, nominal_hz + reach_hz)),
            None,
        ),
        trips=(
            Trip("over-frequency", OVER, p.trip_over_mhz / 1000, clock_s),
            Trip("under-frequency", UNDER, p.trip_under_mhz / 1000, clock_s),
        ),
        ride_through=((low_hz, 20.0), (high_hz, 20.0)),
        rocof_hz_s=p.trip_rocof_mhz_s / 1000 * 0.75,
        enter=Enter((p.return_low_mhz / 1000, p.return_high_mhz / 1000), p.return_delay_ms / 1000, 0.0),
        parameters=parameters,
    )


_FIXED = {
    one.name: one
    for one in (*(_ieee1547(category, second) for second in (False, True) for category in _SECOND), _en50549())
}
NAMES = ("custom", *_FIXED)


def profile(name: str, changes: dict[str, int] | None = None) -> Profile:
    """Return a profile by name; `changes` are parameters of a custom one.  Errors: ToolError naming what there is."""
    if name == "custom":
        return custom(changes or {})
    if name not in _FIXED:
        raise ToolError(f"no profile {name!r}: one of {', '.join(NAMES)}")
    return _FIXED[name]
