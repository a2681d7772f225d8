"""Reactive power at the inverter's terminals: fixed, by power factor, by the voltage."""

from __future__ import annotations

import math

import numpy as np

from gridkeel.services import reactive as modes
from hil.typetest.accuracy import BAND, STEADY_POWER_PU, STEADY_PU, time_band_s
from hil.typetest.finding import Finding
from hil.typetest.mains import START_S, Mains
from hil.typetest.procedure import QUICK, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import Reactive, interpolate

CLAUSE = "Reactive power"
DWELL_S = 2.0
VOLT_VAR_S = 12.0  # 90 % after 5 s are 99.6 % after 12 s
HOUSE_PU = 0.002  # of the voltage
HOUSE_SHARE = 0.01  # of the rating
FIXED_SHARE = 0.5
POWERS = (0.25, 0.5, 0.9)  # of the rating


def procedures(profile: Profile, reactive: Reactive) -> list[Procedure]:
    """Return one procedure a mode."""
    return [_fixed(profile, reactive, side) for side in (1, -1)] + [
        _power_factor(profile, reactive),
        _volt_var(profile, reactive),
    ]


def _fixed(profile: Profile, reactive: Reactive, side: int) -> Procedure:
    wanted_var = round(side * FIXED_SHARE * reactive.largest_var)
    mains = Mains(profile.nominal_hz)
    mains.hold(DWELL_S)

    def measure(seen: Recording) -> list[Finding]:
        words = f"constant {wanted_var} var"
        return _pair(profile, words, seen.var(mains.t_s), wanted_var, wanted_var)

    name = "var-absorbed" if side > 0 else "var-injected"
    settings = {"reactive_mode": modes.FIXED, "reactive_var": wanted_var}
    return Procedure.of(name, f"Constant reactive power, {wanted_var} var", mains, measure, **settings, **QUICK)


def _power_factor(profile: Profile, reactive: Reactive) -> Procedure:
    """Active power is moved by the frequency, along the droop line."""
    mains = Mains(profile.nominal_hz)
    visits = []
    for share in POWERS:
        freq_hz = profile.nominal_hz + _deviation_hz(profile, share)
        mains.step(freq_hz, DWELL_S + (profile.droop.settle_s if profile.droop else 0.0))
        visits.append((mains.t_s, freq_hz))

    def measure(seen: Recording) -> list[Finding]:
        found = []
        for until_s, freq_hz in visits:
            power_w = seen.power_w(until_s)
            wanted_var = abs(power_w) * math.tan(math.acos(reactive.power_factor))
            wanted_var = min(wanted_var, reactive.largest_var)
            words = f"power factor {reactive.power_factor:g}, absorbing, {freq_hz:.2f} Hz"
            found += _pair(profile, words, seen.var(until_s), wanted_var, wanted_var)
        return found

    settings = {"reactive_mode": modes.POWER_FACTOR, "power_factor_x1000": round(1000 * reactive.power_factor)}
    title = f"Constant power factor, {reactive.power_factor:g}"
    return Procedure.of("var-power-factor", title, mains, measure, **settings, **QUICK)


def _deviation_hz(profile: Profile, share: float) -> float:
    points = profile.droop.over if profile.droop else ()
    reach_hz = profile.droop.range_hz[1] - profile.nominal_hz if profile.droop else 0.0
    if not points:
        return 0.0
    found = interpolate(tuple((y, x) for x, y in points), share)
    return min(found, reach_hz)


def _volt_var(profile: Profile, reactive: Reactive) -> Procedure:
    mains = Mains(profile.nominal_hz)
    visits = []
    for first, last in zip(reactive.volt_var[:-1], reactive.volt_var[1:], strict=True):
        for voltage_pu in np.linspace(first[0], last[0], 4)[1:]:
            mains.hold(VOLT_VAR_S, float(voltage_pu))
            visits.append((mains.t_s, float(voltage_pu)))

    def measure(seen: Recording) -> list[Finding]:
        limit_s = reactive.response_s + time_band_s(reactive.response_s, profile.nominal_hz)
        words = f"step to {visits[0][1]:.3f} p.u."
        rise_s = seen.var_rise_s(START_S, visits[0][0])
        is_open = "reactive" in profile.open
        found = [Finding(CLAUSE, "step to 90 % of the var", words, "s", rise_s, 0.0, limit_s, is_open)]
        for until_s, voltage_pu in visits:
            low, high = (interpolate(reactive.volt_var, voltage_pu + side * BAND * STEADY_PU) for side in (-1, 1))
            near_low, near_high = (interpolate(reactive.volt_var, voltage_pu + side * HOUSE_PU) for side in (-1, 1))
            words = f"volt-var at {voltage_pu:.3f} p.u."
            found += _pair(profile, words, seen.var(until_s), low, high, (near_low, near_high))
        return found

    settings = {"reactive_mode": modes.VOLT_VAR}
    return Procedure.of("volt-var", "Volt-var", mains, measure, **settings, **QUICK)


def _pair(
    profile: Profile, words: str, measured: float, low: float, high: float, near: tuple[float, float] | None = None
) -> list[Finding]:
    """The band of the accuracy, and our own."""
    slack_var, near_var = BAND * STEADY_POWER_PU * profile.rating_w, HOUSE_SHARE * profile.rating_w
    is_open = "reactive" in profile.open
    near = near or (low, high)
    what, low_near, high_near = "steady var", near[0] - near_var, near[1] + near_var
    return [
        Finding(CLAUSE, what, words, "var", measured, low - slack_var, high + slack_var, is_open),
        Finding(CLAUSE, what, words, "var", measured, low_near, high_near, is_open, house=True),
    ]
