"""The recorded day: no response as long as the record stays inside the deadband."""

from __future__ import annotations

import numpy as np

from hil.plants.trace import load_iberia
from hil.scenarios.scenario import RECORD
from hil.typetest.bands import STEP_W
from hil.typetest.finding import Finding
from hil.typetest.mains import START_S
from hil.typetest.procedure import QUICK, Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from hil.typetest.requirement import Droop

BASE_W = 3000


def day(profile: Profile, droop: Droop, start: str, end: str) -> Procedure:
    """Play a stretch of the recorded day; its largest deviation is a finding of its own."""
    mains = {"record": "iberia-2025-04-28", "from": start, "to": end}
    trace = load_iberia(RECORD, start, end)
    at_s = np.arange(0.0, trace.duration_s, 0.5)
    seen_hz = float(np.abs(trace.freq_hz(at_s) - profile.nominal_hz).max())
    limit_mhz = droop.deadband_hz * 1000

    def measure(seen: Recording) -> list[Finding]:
        moved_w = seen.largest_move_w(START_S, trace.duration_s, BASE_W)
        stimulus = f"recorded day {start} to {end}, largest deviation {seen_hz * 1000:.1f} mHz"
        record = Finding("Recorded day", "deviation in the record", stimulus, "mHz", seen_hz * 1000, 0.0, limit_mhz)
        quiet = Finding("Recorded day", "largest change of power or command", stimulus, "W", moved_w, None, STEP_W)
        return [record, quiet]

    title = f"The recorded day, {start} to {end}: no response inside the deadband"
    parameters = {**QUICK, "baseline_w": BASE_W, "telemetry_ms": 1000}
    return Procedure("day", title, mains, trace.duration_s, measure, parameters)
