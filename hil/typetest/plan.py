"""Plan of a type test: the procedures of a profile, all that it has requirements for."""

from __future__ import annotations

from hil.typetest import (
    day_tests,
    enter_tests,
    reactive_tests,
    reserve_tests,
    response_tests,
    steady_tests,
    trip_tests,
    voltage_tests,
)
from hil.typetest.procedure import Procedure
from hil.typetest.profile import Profile
from host_tools.errors import ToolError

BASE_SHARE = 0.4  # of the rating, the pre-disturbance power of the second run along the curve


def procedures(profile: Profile, day: tuple[str, str] | None = None) -> list[Procedure]:
    """Return the procedures of a profile; `day` adds a stretch of the recorded day."""
    found = _droop(profile, day)
    found += [trip_tests.trip(profile, one) for one in profile.trips]
    merged = {trip_tests.ridden(profile, one) for one in profile.trips}
    found += [trip_tests.ride_through(profile, *point) for point in profile.ride_through if point not in merged]
    found += [voltage_tests.ride(profile, one) for one in profile.voltage_rides]
    if profile.reserve:
        found += [reserve_tests.wire(profile, profile.reserve), reserve_tests.cycle(profile, profile.reserve)]
    if profile.reactive:
        found += reactive_tests.procedures(profile, profile.reactive)
    if profile.enter:
        found.append(enter_tests.enter_service(profile, profile.enter))
    return found


def _droop(profile: Profile, day: tuple[str, str] | None) -> list[Procedure]:
    droop = profile.droop
    if not droop:
        if day is not None:
            raise ToolError(f"profile {profile.name} has no deadband to hold against the recorded day")
        return []
    found = [
        steady_tests.steady(profile, droop),
        steady_tests.steady(profile, droop, int(profile.rating_w * BASE_SHARE)),
        response_tests.deadband(profile, droop),
        response_tests.response(profile, droop),
    ]
    if profile.rocof_hz_s:
        found.append(response_tests.rocof(profile, droop))
    if day is not None:
        found.append(day_tests.day(profile, droop, *day))
    return found


def chosen(known: list[Procedure], only: list[str] | None) -> list[Procedure]:
    """Return the named procedures, all where none is named.  Errors: ToolError naming what there is."""
    names = [procedure.name for procedure in known]
    for name in only or []:
        if name not in names:
            raise ToolError(f"no procedure {name!r}: one of {', '.join(names)}")
    return [procedure for procedure in known if not only or procedure.name in only]
