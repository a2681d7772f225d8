"""The static characteristic: power at points along the curve, away from nominal and back."""

from __future__ import annotations

import numpy as np

from hil.typetest.bands import HOUSE_HZ, HOUSE_SLOPE, STEP_W, power_band
from hil.typetest.finding import Finding
from hil.typetest.mains import Mains
from hil.typetest.procedure import QUICK, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import OVER, UNDER, Droop, Points

CLAUSE = "Frequency droop"
POINTS_A_LINE = 4  # of a curve that is one line
POINTS_A_SEGMENT = 3  # of one with knees
DWELL_S = 3.0
WORDS = {OVER: "over", UNDER: "under"}
Visit = tuple[float, float]  # (end of the stay in s, Hz)


def dwell_s(droop: Droop) -> float:
    """Return how long a frequency is held before its power is read."""
    return max(DWELL_S, droop.settle_s)


def deviations_hz(points: Points, reach_hz: float) -> list[float]:
    """Return where a side is visited: every segment of its curve evenly, its knees, and past its last point."""
    knots = [at_hz for at_hz, _share in points if at_hz < reach_hz] + [reach_hz]
    count = POINTS_A_LINE if len(knots) == 2 else POINTS_A_SEGMENT
    found = []
    for first_hz, last_hz in zip(knots[:-1], knots[1:], strict=True):
        inner = 1 if first_hz == points[-1][0] else count
        found += [float(at_hz) for at_hz in np.linspace(first_hz, last_hz, inner + 1)[1:]]
    return found


def steady(profile: Profile, droop: Droop, before_w: int = 0) -> Procedure:
    """Points along the curve, away from nominal and back; a silent side is visited too."""
    mains = Mains(profile.nominal_hz)
    visits: list[Visit] = []
    silent: list[tuple[float, float, int]] = []
    for side, end_hz in ((OVER, droop.range_hz[1]), (UNDER, droop.range_hz[0])):
        began_s = mains.t_s
        points = droop.side(side)
        at_hz = deviations_hz(points, abs(end_hz - profile.nominal_hz)) if points else [end_hz - profile.nominal_hz]
        for deviation_hz in (*at_hz, *reversed(at_hz[-3:-1])):
            freq_hz = profile.nominal_hz + side * abs(deviation_hz)
            mains.step(freq_hz, dwell_s(droop))
            visits.append((mains.t_s, freq_hz))
        if not points:
            silent.append((began_s, mains.t_s, side))
        mains.back(dwell_s(droop))
        visits.append((mains.t_s, profile.nominal_hz))

    def measure(seen: Recording) -> list[Finding]:
        powers = [(freq_hz, seen.power_w(until_s)) for until_s, freq_hz in visits]
        found = [_point(profile, freq_hz, power_w, before_w) for freq_hz, power_w in powers]
        found += [_silent(seen, *stretch, before_w) for stretch in silent]
        return found if before_w else found + _lines(profile, droop, powers)

    title = f"Steady droop points, {before_w} W before the disturbance"
    return Procedure.of(
        f"droop-{before_w}w" if before_w else "droop", title, mains, measure, baseline_w=before_w, **QUICK
    )


def _point(profile: Profile, freq_hz: float, power_w: float, before_w: int) -> Finding:
    low, high = power_band(profile, freq_hz, before_w)
    stimulus = f"{freq_hz:.3f} Hz from {before_w} W"
    return Finding(CLAUSE, "steady power", stimulus, "W", power_w, low, high, "droop" in profile.open)


def _silent(seen: Recording, began_s: float, until_s: float, side: int, before_w: int) -> Finding:
    moved_w = seen.largest_move_w(began_s, until_s, before_w)
    stimulus = f"{WORDS[side]}-frequency, where the mode is silent"
    return Finding(CLAUSE, "largest change of power or command", stimulus, "W", moved_w, None, STEP_W, house=True)


def _lines(profile: Profile, droop: Droop, powers: list[Visit]) -> list[Finding]:
    """A line through the points of every segment: where it begins and how long it is, to limits of our own."""
    found = []
    for side in (OVER, UNDER):
        points = droop.side(side)
        seen = [
            ((freq_hz - profile.nominal_hz) * side, power_w * side / profile.rating_w)
            for freq_hz, power_w in powers
            if (freq_hz - profile.nominal_hz) * side > 0
        ]
        for first, last in zip(points[:-1], points[1:], strict=True):
            inside = [one for one in seen if first[0] - 1e-9 <= one[0] <= last[0] + 1e-9 and one[1] < 0.999]
            if len({round(at_hz, 6) for at_hz, _share in inside}) > 1:
                found += _line(first, last, inside, side)
    return found


def _line(first: Visit, last: Visit, inside: list[Visit], side: int) -> list[Finding]:
    at_hz, shares = np.array(inside).T
    slope, at_zero = (float(value) for value in np.polyfit(at_hz, shares, 1))
    stimulus = f"line through the {WORDS[side]}-frequency points"
    begin_hz, wanted_hz = (first[1] - at_zero) / slope, first[0]
    name = "span to the rating" if not first[1] and last[1] == 1.0 else f"span from {first[1]:.0%} to {last[1]:.0%}"
    span_hz, wanted_span_hz = (last[1] - first[1]) / slope, last[0] - first[0]
    edge = "edge of the deadband" if not first[1] else f"knee at {first[1]:.0%}"
    slack_hz = max(HOUSE_SLOPE * wanted_span_hz, HOUSE_HZ)
    low, high = wanted_span_hz - slack_hz, wanted_span_hz + slack_hz
    return [
        Finding(CLAUSE, name, stimulus, "Hz", span_hz, low, high, house=True),
        Finding(CLAUSE, edge, stimulus, "Hz", begin_hz, wanted_hz - HOUSE_HZ, wanted_hz + HOUSE_HZ, house=True),
    ]
