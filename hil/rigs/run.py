"""A scenario on an open rig, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable

from hil.rigs.lockstep_run import LockStepRun, Progress, unwatched
from hil.rigs.openings import LockStepRig, OpenRig
from hil.rigs.realtime_run import RealtimeRun
from hil.rigs.run_host import RunHost
from hil.scenarios.scenario import Scenario


def run_on(
    rig: OpenRig, scenario: Scenario, host: RunHost, watch: Callable[[Progress], None] = unwatched
) -> LockStepRun | RealtimeRun:
    """Return the run of a scenario on a rig; its `play` plays it."""
    if isinstance(rig, LockStepRig):
        return LockStepRun(rig, scenario, host, watch)
    return RealtimeRun(rig, scenario, host, watch)
