"""Trips of frequency and voltage with their clocks at the edges, and the ride-through that ends in a trip."""

from __future__ import annotations

from hil.typetest.accuracy import time_band_s
from hil.typetest.bands import power_band
from hil.typetest.finding import Finding
from hil.typetest.mains import START_S, Mains
from hil.typetest.procedure import QUICK, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import FREQUENCY, OVER, Trip

REST_S = 2.0  # between two stretches: the clock starts over
AFTER_S = 1.0
SHY_LEAST_S = 0.04  # a clock that leaves less than this has no stretch too short for it
Point = tuple[float, float]  # Hz, s


def ridden(profile: Profile, one: Trip) -> Point | None:
    """Return the ride-through point that lies past a trip's limit, None where there is none."""
    if one.quantity is not FREQUENCY:
        return None
    return next((point for point in profile.ride_through if (point[0] - one.limit) * one.side > 0), None)


def trip(profile: Profile, one: Trip) -> Procedure:
    """Inside the limit for longer than the clock, past it for less, then past it until it trips.

    Where the profile wants a time ridden through past the limit, that is the stretch that is too short for the clock,
    and the trip follows straight from it: the clock runs on, from one frequency past the limit to another.
    """
    band_s = time_band_s(one.clock_s, profile.nominal_hz)
    inside, past = (one.limit + side * one.quantity.near for side in (-one.side, one.side))
    long_s, short_s, unit = one.clock_s + band_s + 0.5, one.clock_s - 2 * band_s, one.quantity.unit
    mains = Mains(profile.nominal_hz)
    inside_s = (mains.to(one.quantity, inside, long_s), mains.t_s)
    mains.back(REST_S)
    ride = ridden(profile, one)
    shy_s = None
    if ride:
        trip_s = mains.step(*ride)
        ride_s = (trip_s, mains.t_s)
        mains.step(past, one.clock_s - ride[1] + band_s + AFTER_S)
    else:
        if short_s >= SHY_LEAST_S:
            shy_s = (mains.to(one.quantity, past, short_s), mains.t_s + AFTER_S)
            mains.back(REST_S)
        trip_s = mains.to(one.quantity, past, one.clock_s + band_s + AFTER_S)
    mains.back(AFTER_S)

    def measure(seen: Recording) -> list[Finding]:
        found = [_stays(profile, one, seen, inside_s, f"{inside:g} {unit} for {long_s:.4g} s")]
        if shy_s:
            found.append(_stays(profile, one, seen, shy_s, f"{past:g} {unit} for {short_s:.3g} s"))
        if ride:
            found += _rode(profile, seen, ride, ride_s)
        words = f"{ride[0]:g} Hz, then {past:g} Hz" if ride else f"step to {past:g} {unit}"
        return found + _clears(profile, one, seen, (trip_s, mains.t_s), words)

    title = f"Trip {one.name}: {one.limit:g} {unit}, {one.clock_s:g} s"
    return Procedure.of(f"trip-{one.name.lower()}", title, mains, measure, **QUICK)


def _stays(profile: Profile, one: Trip, seen: Recording, stretch_s: tuple[float, float], words: str) -> Finding:
    off_s = seen.seconds_off(*stretch_s)
    return Finding(f"Trip {one.name}", "no trip", words, "s off", off_s, 0.0, 0.0, "trips" in profile.open)


def _clears(profile: Profile, one: Trip, seen: Recording, stretch_s: tuple[float, float], words: str) -> list[Finding]:
    clause, is_open = f"Trip {one.name}", "trips" in profile.open
    band_s = time_band_s(one.clock_s, profile.nominal_hz)
    low, high = max(0.0, one.clock_s - band_s), one.clock_s + band_s
    held = next(check for check in seen.record.checks if check.name == "power_while_ceased")
    return [
        Finding(clause, "clearing time", words, "s", seen.off_s(*stretch_s), low, high, is_open),
        Finding(clause, "power while ceased", words, "W", float(held.measured), None, 1.0, is_open),
    ]


def ride_through(profile: Profile, freq_hz: float, for_s: float) -> Procedure:
    """Stay at a frequency for its whole time: energised throughout, the response on its line to the end."""
    mains = Mains(profile.nominal_hz)
    began_s = mains.step(freq_hz, for_s)
    stretch_s = (began_s, mains.t_s)
    mains.back(REST_S)

    def measure(seen: Recording) -> list[Finding]:
        return _rode(profile, seen, (freq_hz, for_s), stretch_s)

    title = f"Ride-through: {freq_hz:g} Hz for {for_s:g} s"
    return Procedure.of(f"ride-{freq_hz:g}hz", title, mains, measure, **QUICK)


def _rode(profile: Profile, seen: Recording, ride: Point, stretch_s: tuple[float, float]) -> list[Finding]:
    is_open = "ride_through" in profile.open
    stimulus = f"{ride[0]:g} Hz for {ride[1]:g} s"
    off_s = seen.seconds_off(max(stretch_s[0], START_S), stretch_s[1])
    found = [Finding("Ride-through", "time without energising", stimulus, "s", off_s, 0.0, 0.0, is_open)]
    if profile.droop and profile.droop.side(OVER):
        low, high = power_band(profile, ride[0])
        power_w = seen.power_w(stretch_s[1])
        found.append(Finding("Ride-through", "power at its end", stimulus, "W", power_w, low, high, is_open))
    return found
