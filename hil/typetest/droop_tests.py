"""Primary response: steady points, deadband, open-loop response, ramps."""

from __future__ import annotations

import numpy as np

from hil.bench.scenario import RECORD
from hil.plants.trace import load_iberia
from hil.typetest.accuracy import BAND, STEADY_HZ, STEADY_POWER_PU, time_band_s
from hil.typetest.finding import Finding
from hil.typetest.procedure import START_S, Mains, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording

POINTS_A_SIDE = 4
DWELL_S = 3.0
# Aids of the tests: nothing here waits for a start or a slow ramp of the base power.
QUICK = {"start_delay_ms": 500, "setpoint_ramp_w_s": 20000}
HOUSE_SLOPE = 0.02
HOUSE_DEADBAND_HZ = 0.003
INSIDE_HZ = 0.002  # how near to the deadband's edge the test goes inside it
ON_THE_WIRE_S = 0.1
STEP_W = 10.0  # the smallest change of command worth a write


def power_band(profile: Profile, freq_hz: float, before_w: float = 0.0) -> tuple[float, float]:
    """Return the band of power at a frequency: accuracies of frequency and power, times 1.5."""
    slack_hz, slack_w = BAND * STEADY_HZ, BAND * STEADY_POWER_PU * profile.rating_w
    demanded = [profile.power_w(freq_hz + shift_hz, before_w) for shift_hz in (-slack_hz, slack_hz)]
    return min(demanded) - slack_w, max(demanded) + slack_w


def _dwell_s(profile: Profile) -> float:
    return max(DWELL_S, 2.5 * (profile.droop.response_s or 0.0))


def steady(profile: Profile, before_w: int = 0) -> Procedure:
    """Points along the droop line, away from nominal and back."""
    low_hz, high_hz = profile.droop.range_hz
    nominal_hz, edge_hz = profile.nominal_hz, profile.droop.deadband_hz
    mains = Mains(nominal_hz)
    visits: list[tuple[float, float]] = []
    for end_hz, side in ((high_hz, 1), (low_hz, -1)):
        line_hz = np.linspace(nominal_hz + side * edge_hz, end_hz, POINTS_A_SIDE + 1)[1:]
        for freq_hz in (*line_hz, *line_hz[-3:-1], nominal_hz):
            mains.step(float(freq_hz), _dwell_s(profile))
            visits.append((mains.t_s, float(freq_hz)))

    def measure(seen: Recording) -> list[Finding]:
        powers = [(freq_hz, seen.power_w(until_s)) for until_s, freq_hz in visits]
        found = [_point(profile, freq_hz, power_w, before_w) for freq_hz, power_w in powers]
        return found if before_w else found + _line(profile, powers)

    return Procedure.of(
        f"droop-{before_w}w" if before_w else "droop",
        f"Steady droop points, {before_w} W before the disturbance",
        mains,
        measure,
        baseline_w=before_w,
        **QUICK,
    )


def _point(profile: Profile, freq_hz: float, power_w: float, before_w: int) -> Finding:
    low, high = power_band(profile, freq_hz, before_w)
    stimulus = f"{freq_hz:.3f} Hz from {before_w} W"
    return Finding("Frequency droop", "steady power", stimulus, "W", power_w, low, high, "droop" in profile.open)


def _line(profile: Profile, powers: list[tuple[float, float]]) -> list[Finding]:
    """The line through the points of either side: its slope and where it leaves zero, to limits of our own."""
    found = []
    for side, word in ((1, "over"), (-1, "under")):
        sloped = [
            (abs(freq_hz - profile.nominal_hz), power_w * side)
            for freq_hz, power_w in powers
            if (freq_hz - profile.nominal_hz) * side > 0 and abs(profile.power_w(freq_hz)) < 0.999 * profile.rating_w
        ]
        if len({round(at, 6) for at, _power in sloped}) < 2:
            continue
        deviations_hz, powers_w = np.array(sloped, dtype=np.float64).T
        slope, at_zero = (float(value) for value in np.polyfit(deviations_hz, powers_w, 1))
        span_hz, wanted_hz = profile.rating_w / slope, profile.droop.span_hz
        low, high = sorted((wanted_hz * (1 - HOUSE_SLOPE), wanted_hz * (1 + HOUSE_SLOPE)))
        stimulus = f"line through the {word}-frequency points"
        found.append(Finding("Frequency droop", "span to the rating", stimulus, "Hz", span_hz, low, high, house=True))
        edge_hz, wanted_hz = -at_zero / slope, profile.droop.deadband_hz
        low, high = wanted_hz - HOUSE_DEADBAND_HZ, wanted_hz + HOUSE_DEADBAND_HZ
        found.append(Finding("Frequency droop", "edge of the deadband", stimulus, "Hz", edge_hz, low, high, house=True))
    return found


def deadband(profile: Profile) -> Procedure:
    """Steps and a swing inside the deadband: no response."""
    inside_hz = profile.droop.deadband_hz - INSIDE_HZ
    mains = Mains(profile.nominal_hz)
    for share in (0.5, 1.0, -0.5, -1.0):
        mains.step(profile.nominal_hz + share * inside_hz, 2.0)
    mains.step(profile.nominal_hz, 1.0)
    mains.sine(inside_hz, 0.2, 10.0)

    def measure(seen: Recording) -> list[Finding]:
        moved_w = seen.largest_move_w(START_S, mains.t_s, 0.0)
        stimulus = f"steps and a swing of {inside_hz * 1000:.0f} mHz around nominal"
        return [Finding("Deadband", "largest power or command", stimulus, "W", moved_w, None, STEP_W)]

    return Procedure.of("deadband", "No response inside the deadband", mains, measure, **QUICK)


def response(profile: Profile) -> Procedure:
    """A step to either side: the open-loop response time, or the time to the wire where the profile names none."""
    reach_hz = profile.droop.deadband_hz + 0.25 * profile.droop.span_hz
    low_hz, high_hz = profile.droop.range_hz
    mains = Mains(profile.nominal_hz)
    stretches = []
    for freq_hz in (min(profile.nominal_hz + reach_hz, high_hz), max(profile.nominal_hz - reach_hz, low_hz)):
        began_s = mains.step(freq_hz, _dwell_s(profile))
        stretches.append((began_s, mains.t_s, freq_hz))
        mains.step(profile.nominal_hz, _dwell_s(profile))

    def measure(seen: Recording) -> list[Finding]:
        return [_rise(profile, seen, *stretch) for stretch in stretches]

    return Procedure.of("response", "Open-loop response to a step", mains, measure, **QUICK)


def _rise(profile: Profile, seen: Recording, began_s: float, until_s: float, freq_hz: float) -> Finding:
    stimulus = f"step to {freq_hz:.3f} Hz"
    allowed_s = profile.droop.response_s
    if allowed_s is None:
        measured = seen.wire_s(began_s, until_s)
        return Finding("Response", "step to 90 % on the wire", stimulus, "s", measured, 0.0, ON_THE_WIRE_S, house=True)
    limit_s = allowed_s + time_band_s(allowed_s, profile.nominal_hz)
    measured = seen.rise_s(began_s, until_s)
    is_open = "response" in profile.open
    return Finding("Open-loop response", "step to 90 % of the power", stimulus, "s", measured, 0.0, limit_s, is_open)


def rocof(profile: Profile) -> Procedure:
    """Ramps at the rate of change to ride through, to both ends of the range and back: on, and on the line after."""
    rate_hz_s = profile.rocof_hz_s or 0.0
    mains = Mains(profile.nominal_hz)
    visits = []
    for end_hz in profile.droop.range_hz:
        mains.ramp(end_hz, rate_hz_s)
        mains.hold(_dwell_s(profile))
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


def day(profile: Profile, start: str, end: str) -> Procedure:
    """A stretch of the recorded day: no response as long as the record stays inside the deadband."""
    mains = {"record": "iberia-2025-04-28", "from": start, "to": end}
    trace = load_iberia(RECORD, start, end)
    at_s = np.arange(0.0, trace.duration_s, 0.5)
    seen_hz = float(np.abs(trace.freq_hz(at_s) - profile.nominal_hz).max())
    edge_hz = profile.droop.deadband_hz
    base_w = 3000

    def measure(seen: Recording) -> list[Finding]:
        moved_w = seen.largest_move_w(START_S, trace.duration_s, base_w)
        stimulus = f"recorded day {start} to {end}, largest deviation {seen_hz * 1000:.1f} mHz"
        quiet = Finding("Recorded day", "largest change of power or command", stimulus, "W", moved_w, None, STEP_W)
        limit_mhz = edge_hz * 1000
        record = Finding("Recorded day", "deviation in the record", stimulus, "mHz", seen_hz * 1000, 0.0, limit_mhz)
        return [record, quiet]

    return Procedure(
        "day",
        f"The recorded day, {start} to {end}: no response inside the deadband",
        mains,
        trace.duration_s,
        measure,
        {**QUICK, "baseline_w": base_w, "telemetry_ms": 1000},
    )
