"""A triggered reserve through one whole cycle: trigger, full power, hold, ramp-off, rest, ready again."""

from __future__ import annotations

from hil.typetest.accuracy import BAND, STEADY_HZ, STEADY_TIME_SHARE, time_band_s
from hil.typetest.bands import HOUSE_SHARE, ON_THE_WIRE_S, STEP_W, WHOLE
from hil.typetest.finding import Finding
from hil.typetest.mains import START_S, Mains
from hil.typetest.procedure import Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import Reserve

CLAUSE = "Fast reserve"
NEAR_HZ = 2 * STEADY_HZ
DEEP_HZ, PAST_HZ = 0.5, 0.2  # the step of the time to the wire: this deep, and past the trigger by this much
LOW_S = 2.0  # the frequency is back over the trigger long before the hold is over
REST_S = 10.0
AVERAGED_S = 1.0  # over which a ramp-off is taken


def cycle(profile: Profile, reserve: Reserve) -> Procedure:
    """Not quite to the trigger; just under it; back; under it again while it rests; and once more when it is ready."""
    mains = Mains(profile.nominal_hz)
    mains.step(reserve.trigger_hz + NEAR_HZ, 5.0)
    shy_s = (START_S, mains.back(2.0))
    began_s = mains.step(reserve.trigger_hz - NEAR_HZ, LOW_S)
    mains.back(reserve.full_s + reserve.hold_s + reserve.ramp_off_s + REST_S - LOW_S)
    over_s = mains.step(reserve.trigger_hz - NEAR_HZ, LOW_S)
    rest_s = (over_s, mains.t_s + 1.0)
    mains.back(began_s + reserve.full_s + reserve.rearm_s - mains.t_s)
    again_s = mains.step(reserve.trigger_hz - NEAR_HZ, LOW_S)
    mains.back(1.0)

    def measure(seen: Recording) -> list[Finding]:
        base_w = seen.power_w(began_s)
        high = f"{reserve.trigger_hz + NEAR_HZ:.2f} Hz for 5 s"
        moved_w = seen.largest_move_w(*shy_s, base_w)
        is_open = "trigger" in profile.open
        found = [Finding(CLAUSE, "no activation over the trigger", high, "W", moved_w, None, STEP_W, is_open)]
        found += _activates(profile, reserve, seen, began_s, over_s)
        found += _holds(profile, reserve, seen, began_s, over_s)
        words = f"under the trigger again {over_s - began_s:.0f} s after the activation"
        moved_w = seen.largest_move_w(*rest_s, base_w)
        found.append(Finding(CLAUSE, "no activation while it rests", words, "W", moved_w, None, STEP_W, house=True))
        reached_s = seen.reached_s(again_s, mains.t_s, base_w, base_w - reserve.power_w, WHOLE)
        limit_s = reserve.full_s + time_band_s(reserve.full_s, profile.nominal_hz)
        words = f"under the trigger {again_s - began_s:.0f} s after the activation"
        is_open = "rearm" in profile.open
        found.append(Finding(CLAUSE, "activates again", words, "s", reached_s, 0.0, limit_s, is_open))
        return found

    return Procedure.of(
        "reserve", "Activation, support, recovery", mains, measure, start_delay_ms=500, telemetry_ms=1000
    )


def _activates(profile: Profile, reserve: Reserve, seen: Recording, began_s: float, until_s: float) -> list[Finding]:
    base_w = seen.power_w(began_s)
    full_s = seen.reached_s(began_s, until_s, base_w, base_w - reserve.power_w, WHOLE)
    limit_s = reserve.full_s + time_band_s(reserve.full_s, profile.nominal_hz)
    words, is_open = f"step to {reserve.trigger_hz - NEAR_HZ:.2f} Hz", "trigger" in profile.open
    found = [Finding(CLAUSE, f"step to {WHOLE:.0%} of the power", words, "s", full_s, 0.0, limit_s, is_open)]
    if full_s is None:
        return found
    held_w = base_w - seen.power_w(began_s + reserve.full_s + reserve.hold_s / 2)
    share = held_w / reserve.power_w
    found.append(Finding(CLAUSE, "share of the contracted power", words, "", share, WHOLE, 2.0 - WHOLE, is_open))
    return found


def _holds(profile: Profile, reserve: Reserve, seen: Recording, began_s: float, until_s: float) -> list[Finding]:
    """How long the power was whole, how fast it went, and that nothing of it is left."""
    base_w = seen.power_w(began_s)
    whole_s = seen.seconds_at_least(began_s, until_s, base_w, base_w - reserve.power_w, WHOLE)
    least_s = reserve.hold_s - time_band_s(reserve.hold_s, profile.nominal_hz)
    words = f"back at nominal after {LOW_S:g} s"
    found = [Finding(CLAUSE, "time at full power", words, "s", whole_s, least_s, None, "reserve" in profile.open)]
    if reserve.ramp_off_s:
        share = seen.steepest_w(began_s + reserve.full_s, until_s, AVERAGED_S) / reserve.power_w
        high = AVERAGED_S / reserve.ramp_off_s * (1 + BAND * STEADY_TIME_SHARE) + STEP_W / reserve.power_w
        found.append(
            Finding(CLAUSE, "largest ramp-off in 1 s", words, "", share, None, high, "ramp_off" in profile.open)
        )
    left = abs(seen.power_w(until_s) - base_w) / reserve.power_w
    found.append(Finding(CLAUSE, "share left after it", words, "", left, None, HOUSE_SHARE, house=True))
    return found


def wire(profile: Profile, reserve: Reserve) -> Procedure:
    """A step of 0.5 Hz, or what passes the trigger: how soon the first command is on the wire."""
    mains = Mains(profile.nominal_hz)
    freq_hz = min(profile.nominal_hz - DEEP_HZ, reserve.trigger_hz - PAST_HZ)
    began_s = mains.step(freq_hz, LOW_S)
    mains.back(1.0)

    def measure(seen: Recording) -> list[Finding]:
        first_s = seen.first_wire_s(began_s)
        words = f"step to {freq_hz:.2f} Hz"
        return [Finding(CLAUSE, "to the command on the wire", words, "s", first_s, 0.0, ON_THE_WIRE_S, house=True)]

    return Procedure.of("wire", "Response of the wire to a step", mains, measure, start_delay_ms=500)
