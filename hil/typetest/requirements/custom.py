"""A controller held to its own parameters."""

from __future__ import annotations

from gridkeel.params import Parameters
from hil.typetest.profile import Profile
from hil.typetest.requirement import FREQUENCY, OVER, UNDER, VOLTAGE, Droop, Enter, Trip, line
from hil.typetest.requirements.common import COMMON, DETECTION_S


def profile(changes: dict[str, int]) -> Profile:
    """Return the requirements that a controller's own parameters state, over the common ones and `changes`."""
    parameters = {**COMMON, "return_delay_ms": 5000, **changes}
    p = Parameters(parameters)
    low_hz, high_hz = p.trip_under_mhz / 1000 + 0.2, p.trip_over_mhz / 1000 - 0.2
    nominal_hz = float(p.nominal_hz)
    reach_hz = 1.1 * (p.droop_deadband_mhz + p.droop_span_mhz) / 1000
    clock_s = p.trip_frequency_ms / 1000 + DETECTION_S
    sides = line(p.droop_deadband_mhz / 1000, p.droop_span_mhz / 1000)
    return Profile(
        name="custom",
        title="A controller held to its own parameters",
        source="the parameters in force; response at most 0.1 s on the wire",
        nominal_hz=nominal_hz,
        rating_w=float(min(p.charge_max_w, p.discharge_max_w)),
        droop=Droop(sides, sides, (max(low_hz, nominal_hz - reach_hz), min(high_hz, nominal_hz + reach_hz))),
        trips=(
            Trip("over-frequency", FREQUENCY, OVER, p.trip_over_mhz / 1000, clock_s),
            Trip("under-frequency", FREQUENCY, UNDER, p.trip_under_mhz / 1000, clock_s),
            Trip("loss-of-mains", VOLTAGE, UNDER, p.mains_loss_pct / 100, 0.0),
        ),
        ride_through=((low_hz, 20.0), (high_hz, 20.0)),
        rocof_hz_s=p.trip_rocof_mhz_s / 1000 * 0.75,
        enter=Enter(
            (p.return_low_mhz / 1000, p.return_high_mhz / 1000),
            (p.return_volt_pct / 100, p.return_high_pct / 100),
            p.return_delay_ms / 1000,
            0.0,
        ),
        parameters=parameters,
    )
