"""Voltage ride-through: no trip, and what the power does in every part of it."""

from __future__ import annotations

from hil.typetest.bands import around
from hil.typetest.finding import Finding
from hil.typetest.mains import START_S, Mains
from hil.typetest.procedure import QUICK, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import Stretch, VoltageRide

BASE_SHARE = 0.4
RECOVERY_S = 5.0
CEASE_S = 0.083  # five cycles of 60 Hz: until then the power of a momentary cessation has gone
RESTORE_S = 0.4
RESTORED = 0.8
Part = tuple[float, float, Stretch]


def ride(profile: Profile, one: VoltageRide) -> Procedure:
    """Play the stretches one after the other, then nominal voltage again."""
    base_w = round(BASE_SHARE * profile.rating_w)
    mains = Mains(profile.nominal_hz)
    parts: list[Part] = []
    for stretch in one.stretches:
        began_s = mains.sag(stretch.for_s, stretch.from_pu, stretch.to_pu)
        parts.append((began_s, mains.t_s, stretch))
    back_s = mains.back(RECOVERY_S)

    def measure(seen: Recording) -> list[Finding]:
        is_open = "trips" in profile.open
        off_s = seen.seconds_off(START_S, mains.t_s)
        words = ", ".join(_words(stretch) for _began, _until, stretch in parts)
        found = [Finding(one.title, "time without energising", words, "s", off_s, 0.0, 0.0, is_open)]
        for began_s, until_s, stretch in parts:
            found += _part(profile, one, seen, (began_s, until_s, stretch), base_w)
        low, high = around(profile, base_w)
        power_w = seen.power_w(mains.t_s)
        stimulus = f"back at nominal voltage for {mains.t_s - back_s:g} s"
        found.append(Finding(one.title, "power at the end", stimulus, "W", power_w, low, high, is_open))
        return found

    return Procedure.of(f"ride-{one.name}", one.title, mains, measure, baseline_w=base_w, **QUICK)


def _words(stretch: Stretch) -> str:
    if stretch.from_pu == stretch.to_pu:
        return f"{stretch.from_pu:g} p.u. for {stretch.for_s:g} s"
    return f"to {stretch.to_pu:g} p.u. in {stretch.for_s:g} s"


def _part(profile: Profile, one: VoltageRide, seen: Recording, part: Part, base_w: int) -> list[Finding]:
    began_s, until_s, stretch = part
    stimulus = _words(stretch)
    if stretch.operate == "mandatory":
        low, high = around(profile, base_w)
        power_w = seen.power_w(until_s)
        return [Finding(one.title, "power in mandatory operation", stimulus, "W", power_w, low, high)]
    if stretch.operate == "cessation":
        is_open = "cessation" in profile.open
        power_w = seen.largest_power_w(began_s + CEASE_S, until_s)
        back_s = seen.reached_s(until_s, until_s + RECOVERY_S, 0.0, base_w, RESTORED)
        return [
            Finding(one.title, "power in momentary cessation", stimulus, "W", power_w, None, 1.0, is_open),
            Finding(one.title, f"{RESTORED:.0%} of the power back", stimulus, "s", back_s, 0.0, RESTORE_S, is_open),
        ]
    return []
