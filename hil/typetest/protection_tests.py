"""Trips with their clocks at the edges, ride-through for its full time, enter service."""

from __future__ import annotations

from hil.typetest.accuracy import BAND, STEADY_POWER_PU, TRANSIENT_HZ, time_band_s
from hil.typetest.droop_tests import QUICK, power_band
from hil.typetest.finding import Finding
from hil.typetest.procedure import START_S, Mains, Procedure
from hil.typetest.profile import Profile, Trip
from hil.typetest.recording import Recording

NEAR_EDGE_HZ = 0.02  # outside the return window by twice the steady accuracy
OUTAGE_S = 4.0  # past the slowest clock without mains (2.5 s, Category III); before it that one only blocks
SHORT_CLOCK_S = 10.0  # longer clocks are not played twice: the ride-through holds their other edge


def trip(profile: Profile, one: Trip) -> Procedure:
    """Just inside the limit, past it for a little less than the clock, then past it until it trips."""
    band_s = time_band_s(one.clock_s, profile.nominal_hz)
    inside_hz = one.limit_hz - one.side * TRANSIENT_HZ
    past_hz = one.limit_hz + one.side * TRANSIENT_HZ
    mains = Mains(profile.nominal_hz)
    inside_s = shy_s = None
    if one.clock_s <= SHORT_CLOCK_S:
        inside_s = mains.step(inside_hz, 2 * one.clock_s + 0.5)
        mains.step(profile.nominal_hz, 2.0)
        shy_s = mains.step(past_hz, max(0.04, one.clock_s - 2 * band_s))
        mains.step(profile.nominal_hz, 2.0)
    trip_s = mains.step(past_hz, one.clock_s + band_s + 1.0)
    mains.step(profile.nominal_hz, 1.0)

    def measure(seen: Recording) -> list[Finding]:
        is_open = "trips" in profile.open
        found = []
        for began_s, words in ((inside_s, f"{inside_hz:.2f} Hz, twice the clock"), (shy_s, "too short for the clock")):
            if began_s is not None:
                off_s = seen.seconds_off(began_s, began_s + 2 * one.clock_s + 0.5)
                found.append(Finding(f"Trip {one.name}", "no trip", words, "s off", off_s, 0.0, 0.0, is_open))
        measured = seen.off_s(trip_s, mains.t_s)
        low, high = one.clock_s - band_s, one.clock_s + band_s
        words = f"step to {past_hz:.2f} Hz"
        found.append(Finding(f"Trip {one.name}", "clearing time", words, "s", measured, low, high, is_open))
        held = next(check for check in seen.record.checks if check.name == "power_while_ceased")
        power_w = float(held.measured)
        found.append(Finding(f"Trip {one.name}", "power while ceased", words, "W", power_w, None, 1.0, is_open))
        return found

    title = f"Trip {one.name}: {one.limit_hz:g} Hz, {one.clock_s:g} s"
    return Procedure.of(f"trip-{one.name.lower()}", title, mains, measure, **QUICK)


def not_offered(one: Trip) -> Finding:
    """Return the finding for a trip the firmware has no clock for."""
    stimulus = f"{one.limit_hz:g} Hz for {one.clock_s:g} s"
    return Finding(f"Trip {one.name}", "clearing time", stimulus, "s", None, offered=False)


def ride_through(profile: Profile, freq_hz: float, for_s: float) -> Procedure:
    """Stay at a frequency for its whole time: energised throughout, the response on its line to the end."""
    mains = Mains(profile.nominal_hz)
    began_s = mains.step(freq_hz, for_s)
    mains.step(profile.nominal_hz, 2.0)

    def measure(seen: Recording) -> list[Finding]:
        is_open = "ride_through" in profile.open
        stimulus = f"{freq_hz:g} Hz for {for_s:g} s"
        off_s = seen.seconds_off(START_S, mains.t_s)
        low, high = power_band(profile, freq_hz)
        power_w = seen.power_w(began_s + for_s)
        return [
            Finding("Ride-through", "time without energising", stimulus, "s", off_s, 0.0, 0.0, is_open),
            Finding("Ride-through", "power at its end", stimulus, "W", power_w, low, high, is_open),
        ]

    title = f"Ride-through: {freq_hz:g} Hz for {for_s:g} s"
    return Procedure.of(f"ride-{freq_hz:g}hz", title, mains, measure, **QUICK)


def enter_service(profile: Profile) -> Procedure:
    """The mains go; they come back outside the window (no return), then inside it: delay and ramp."""
    enter = profile.enter
    mains = Mains(profile.nominal_hz)
    mains.hold(OUTAGE_S, voltage_pu=0.0)
    mains.step(enter.window_hz[0] - NEAR_EDGE_HZ, 5.0)
    mains.step(enter.window_hz[1] + NEAR_EDGE_HZ, 5.0)
    inside_s = mains.step(profile.nominal_hz, 1.02 * enter.delay_s + 5.0)
    mains.hold(1.1 * enter.ramp_s + 5.0)
    base_w = int(0.95 * profile.rating_w)

    def measure(seen: Recording) -> list[Finding]:
        return _entered(profile, seen, inside_s, mains.t_s, base_w)

    parameters = {"baseline_w": base_w, "start_delay_ms": 500, "telemetry_ms": 1000}
    return Procedure.of("enter-service", "Enter service after the mains were gone", mains, measure, **parameters)


def _entered(profile: Profile, seen: Recording, inside_s: float, end_s: float, base_w: int) -> list[Finding]:
    enter = profile.enter
    is_open = "enter" in profile.open
    back_s = START_S + OUTAGE_S
    off_s = seen.seconds_off(back_s, inside_s)
    stimulus = f"{enter.window_hz[0] - NEAR_EDGE_HZ:.2f} Hz, then {enter.window_hz[1] + NEAR_EDGE_HZ:.2f} Hz"
    outside_s = inside_s - back_s
    clause = "Enter service"
    found = [Finding(clause, "stays off outside the window", stimulus, "s", off_s, outside_s - 0.02, None, is_open)]
    waited_s = seen.on_s(inside_s, end_s)
    band_s = time_band_s(enter.delay_s, profile.nominal_hz) + 0.2  # and the long window that must fill first
    low, high = enter.delay_s - band_s, enter.delay_s + band_s
    found.append(Finding(clause, "delay", "back inside the window", "s", waited_s, low, high, is_open))
    if waited_s is None:
        return found
    if enter.ramp_s:
        over_pu = seen.most_over_ramp_pu(inside_s + waited_s, end_s, enter.ramp_s, profile.rating_w)
        words = f"ramp to the rating in {enter.ramp_s:g} s"
        slack_pu = BAND * STEADY_POWER_PU
        found.append(Finding(clause, "most over the ramp", words, "p.u.", over_pu, None, slack_pu, is_open))
    slack_w = BAND * STEADY_POWER_PU * profile.rating_w
    low, high = base_w - slack_w, base_w + slack_w
    found.append(Finding(clause, "power at the end", "normal operation", "W", seen.power_w(end_s), low, high, is_open))
    return found
