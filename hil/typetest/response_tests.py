"""The response in time: deadband, steps, ramps at the rate to ride through."""

from __future__ import annotations

from hil.typetest.accuracy import STEADY_HZ, time_band_s
from hil.typetest.bands import HOUSE_SHARE, ON_THE_WIRE_S, STEP_W, WHOLE, power_band
from hil.typetest.finding import Finding
from hil.typetest.mains import START_S, Mains
from hil.typetest.procedure import QUICK, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import OVER, UNDER, Activation, Droop
from hil.typetest.steady_tests import dwell_s

INSIDE_HZ = 0.002  # how near to the deadband's edge the test goes inside it
FAST_S = 0.5  # a service that must have begun by then is a fast one
STEP_SHARE = 0.25  # of the rating, where no deviation of the whole is named


def deadband(profile: Profile, droop: Droop) -> Procedure:
    """Steps and a swing inside the deadband: no response; just past its edge: one."""
    inside_hz = droop.deadband_hz - INSIDE_HZ
    mains = Mains(profile.nominal_hz)
    for share in (0.5, 1.0, -0.5, -1.0):
        mains.step(profile.nominal_hz + share * inside_hz, 2.0)
    mains.back(1.0)
    mains.sine(inside_hz, 0.2, 10.0)
    quiet_s = mains.t_s
    past = []
    for side in (OVER, UNDER):
        if droop.side(side):
            freq_hz = profile.nominal_hz + side * (droop.side(side)[0][0] + STEADY_HZ)
            mains.back(dwell_s(droop))
            began_s = mains.step(freq_hz, dwell_s(droop))
            past.append((began_s, mains.t_s, side, freq_hz))

    def measure(seen: Recording) -> list[Finding]:
        moved_w = seen.largest_move_w(START_S, quiet_s, 0.0)
        stimulus = f"steps and a swing of {inside_hz * 1000:.0f} mHz around nominal"
        found = [Finding("Deadband", "largest power or command", stimulus, "W", moved_w, None, STEP_W)]
        for began_s, until_s, side, freq_hz in past:
            power_w = side * (seen.power_w(until_s) - seen.power_w(began_s))
            stimulus = f"step to {freq_hz:.3f} Hz"
            found.append(Finding("Deadband", "response past its edge", stimulus, "W", power_w, STEP_W / 2, house=True))
        return found

    return Procedure.of("deadband", "No response inside the deadband", mains, measure, **QUICK)


def response(profile: Profile, droop: Droop) -> Procedure:
    """A step to either side, timed by what the source names: to 90 %, to the whole, or nothing (to the wire)."""
    mains = Mains(profile.nominal_hz)
    stretches = []
    for side, end_hz in ((OVER, droop.range_hz[1]), (UNDER, droop.range_hz[0])):
        points = droop.side(side)
        if not points:
            continue
        whole_hz = points[-1][0] if droop.activation else points[0][0] + STEP_SHARE * (points[-1][0] - points[0][0])
        freq_hz = profile.nominal_hz + side * min(whole_hz, abs(end_hz - profile.nominal_hz))
        began_s = mains.step(freq_hz, dwell_s(droop))
        stretches.append((began_s, mains.t_s, freq_hz))
        mains.back(dwell_s(droop))

    def measure(seen: Recording) -> list[Finding]:
        if droop.activation:
            return [one for stretch in stretches for one in _activated(profile, droop.activation, seen, *stretch)]
        return [_rise(profile, droop, seen, *stretch) for stretch in stretches]

    return Procedure.of("response", "Response to a step", mains, measure, **QUICK)


def _rise(profile: Profile, droop: Droop, seen: Recording, began_s: float, until_s: float, freq_hz: float) -> Finding:
    stimulus = f"step to {freq_hz:.3f} Hz"
    allowed_s = droop.response_s
    if allowed_s is None:
        measured = seen.wire_s(began_s, until_s)
        return Finding("Response", "step to 90 % on the wire", stimulus, "s", measured, 0.0, ON_THE_WIRE_S, house=True)
    limit_s = allowed_s + time_band_s(allowed_s, profile.nominal_hz)
    measured = seen.rise_s(began_s, until_s)
    is_open = "response" in profile.open
    return Finding("Open-loop response", "step to 90 % of the power", stimulus, "s", measured, 0.0, limit_s, is_open)


def _activated(
    profile: Profile, activation: Activation, seen: Recording, began_s: float, until_s: float, freq_hz: float
) -> list[Finding]:
    """The times of an activation, and (to a limit of our own) how much of the whole is there by its time."""
    clause, stimulus = "Activation", f"step to {freq_hz:.3f} Hz"
    before_w, whole_w = seen.power_w(began_s), profile.power_w(freq_hz)

    def reached(what: str, share: float, allowed_s: float, is_open: bool = False) -> Finding:
        measured = seen.reached_s(began_s, until_s, before_w, whole_w, share)
        limit_s = allowed_s + time_band_s(allowed_s, profile.nominal_hz)
        return Finding(clause, what, stimulus, "s", measured, 0.0, limit_s, is_open)

    found = []
    if activation.initiation_s is not None:
        found.append(reached("step to the first 5 %", 1.0 - WHOLE, activation.initiation_s))
        if activation.initiation_s <= FAST_S:
            wire_s, words = seen.first_wire_s(began_s), "to the first command on the wire"
            found.append(Finding(clause, words, stimulus, "s", wire_s, 0.0, ON_THE_WIRE_S, house=True))
    if activation.half_s is not None:
        found.append(reached("step to half of the power", 0.5, activation.half_s, "half" in profile.open))
    found.append(reached(f"step to {WHOLE:.0%} of the power", WHOLE, activation.full_s))
    share = (seen.mean_w(began_s + activation.full_s, until_s) - before_w) / (whole_w - before_w)
    at_share = (seen.power_w(began_s + activation.full_s) - before_w) / (whole_w - before_w)
    words = f"share after {activation.full_s:g} s"
    found.append(Finding(clause, words, stimulus, "", at_share, 1.0 - HOUSE_SHARE, 1.0 + HOUSE_SHARE, house=True))
    found.append(Finding(clause, "share held after that", stimulus, "", share, WHOLE, 2.0 - WHOLE))
    return found


def rocof(profile: Profile, droop: Droop) -> Procedure:
    """Ramps at the rate to ride through, to the farthest frequencies to stay at and back: on, and on the line after."""
    rate_hz_s = profile.rocof_hz_s or 0.0
    ends_hz = [freq_hz for freq_hz, _for_s in profile.ride_through] or droop.range_hz
    mains = Mains(profile.nominal_hz)
    visits = []
    for end_hz in ends_hz:
        mains.ramp(end_hz, rate_hz_s)
        mains.hold(dwell_s(droop))
        visits.append((mains.t_s, end_hz))
        mains.ramp(profile.nominal_hz, rate_hz_s)
        mains.hold(2.0)

    def measure(seen: Recording) -> list[Finding]:
        is_open = "rocof" in profile.open
        off_s = seen.seconds_off(START_S, mains.t_s)
        stimulus = f"ramps of {rate_hz_s:g} Hz/s"
        found = [Finding("ROCOF ride-through", "time without energising", stimulus, "s", off_s, 0.0, 0.0, is_open)]
        for until_s, freq_hz in visits:
            low, high = power_band(profile, freq_hz)
            words = f"ramp of {rate_hz_s:g} Hz/s to {freq_hz:.3f} Hz"
            power_w = seen.power_w(until_s)
            found.append(Finding("ROCOF ride-through", "power after it", words, "W", power_w, low, high, is_open))
        return found

    return Procedure.of("rocof", "Rate of change of frequency", mains, measure, **QUICK)
