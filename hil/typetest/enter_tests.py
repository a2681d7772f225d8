"""Enter service: it stays off outside the window, waits the whole delay inside it, and comes back along a ramp."""

from __future__ import annotations

from hil.typetest.accuracy import STEADY_HZ, TRANSIENT_PU, time_band_s
from hil.typetest.bands import around, slack_w
from hil.typetest.finding import Finding
from hil.typetest.mains import Mains
from hil.typetest.procedure import Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import Enter

CLAUSE = "Enter service"
NEAR_HZ = 2 * STEADY_HZ
OUTAGE_S = 4.0  # past the slowest clock without mains (2.5 s, Category III); before it that one only blocks
OUTSIDE_S = 5.0
EARLY_SHARE = 0.25  # of the delay, inside the window, before it is left once more
EXCURSION_S = 0.1
BASE_SHARE = 0.95
WINDOW_S = 0.2  # the long window that must fill first


def enter_service(profile: Profile, enter: Enter) -> Procedure:
    """The mains go; they come back outside each edge of the window, inside, outside for a moment, inside for good."""
    mains = Mains(profile.nominal_hz)
    mains.hold(OUTAGE_S, voltage_pu=0.0)
    back_s = mains.step(enter.window_hz[0] - NEAR_HZ, OUTSIDE_S)
    mains.step(enter.window_hz[1] + NEAR_HZ, OUTSIDE_S)
    mains.back(0.0)
    mains.hold(OUTSIDE_S, enter.window_pu[0] - TRANSIENT_PU)
    mains.hold(OUTSIDE_S, enter.window_pu[1] + TRANSIENT_PU)
    mains.hold(EARLY_SHARE * enter.delay_s)
    mains.hold(EXCURSION_S, enter.window_pu[0] - TRANSIENT_PU)
    inside_s = mains.hold(1.02 * enter.delay_s + 5.0)
    mains.hold(1.1 * enter.ramp_s + 5.0)
    base_w = int(BASE_SHARE * profile.rating_w)

    def measure(seen: Recording) -> list[Finding]:
        off_s = seen.seconds_off(back_s, inside_s)
        words = (
            f"{enter.window_hz[0] - NEAR_HZ:.2f} Hz, {enter.window_hz[1] + NEAR_HZ:.2f} Hz,"
            f" {enter.window_pu[0] - TRANSIENT_PU:.3f} p.u., {enter.window_pu[1] + TRANSIENT_PU:.3f} p.u.,"
            f" {EARLY_SHARE:.0%} of the delay inside, {EXCURSION_S:g} s outside"
        )
        least_s, is_open = inside_s - back_s - 0.02, "enter" in profile.open
        found = [Finding(CLAUSE, "stays off outside the window", words, "s", off_s, least_s, None, is_open)]
        return found + _entered(profile, enter, seen, inside_s, mains.t_s, base_w)

    parameters = {"baseline_w": base_w, "start_delay_ms": 500, "telemetry_ms": 1000}
    return Procedure.of("enter-service", "Enter service after the mains were gone", mains, measure, **parameters)


def _entered(
    profile: Profile, enter: Enter, seen: Recording, inside_s: float, end_s: float, base_w: int
) -> list[Finding]:
    is_open = "enter" in profile.open
    waited_s = seen.on_s(inside_s, end_s)
    band_s = time_band_s(enter.delay_s, profile.nominal_hz) + WINDOW_S
    low, high = enter.delay_s - band_s, enter.delay_s + band_s
    found = [Finding(CLAUSE, "delay", "back inside the window for good", "s", waited_s, low, high, is_open)]
    if waited_s is None:
        return found
    if enter.ramp_s:
        over_pu = seen.most_over_ramp_pu(inside_s + waited_s, end_s, enter.ramp_s, profile.rating_w)
        words = f"ramp to the rating in {enter.ramp_s:g} s"
        slack_pu = slack_w(profile) / profile.rating_w
        found.append(Finding(CLAUSE, "most over the ramp", words, "p.u.", over_pu, None, slack_pu, is_open))
    low, high = around(profile, base_w)
    found.append(Finding(CLAUSE, "power at the end", "normal operation", "W", seen.power_w(end_s), low, high, is_open))
    return found
