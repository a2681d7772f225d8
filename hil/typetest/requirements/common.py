"""Common settings of the controller under test, and what the bench takes of a clearing time."""

from __future__ import annotations

RATING_W = 7400.0
DETECTION_S = 0.080  # what sensing and a block take of a clearing time; the clock runs for the rest
# Power to either side, the reserve out of the way, telemetry that suits long runs, no return later than the delay.
COMMON = {
    "baseline_w": 0,
    "charge_max_w": int(RATING_W),
    "discharge_max_w": int(RATING_W),
    "telemetry_ms": 200,
    "return_spread_ms": 0,
}
SAMPLING_MS = round(DETECTION_S * 1000)
