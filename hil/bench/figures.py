"""Figures of a run: errors against the generator's truth, delays, rhythm. All from what was recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridkeel.params import Parameters
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG, WARM_UP_REPORT

WINDOW_CYCLES = (10.0, 20.0, 38.0)  # of what telemetry reports, by report_filter; an estimate belongs to its middle
CALM_HZ_S = 0.1  # a truth that moves faster anywhere in the window is a transient
CALM_STEP_HZ = 0.05
END_S = 20.0  # what counts as the end of a run

Floats = NDArray[np.float64]


@dataclass
class Errors:
    """Frequency error of telemetry's long estimate, and where it counts."""

    t_s: Floats
    error_mhz: Floats
    calm: NDArray[np.bool_]

    def figures(self) -> dict[str, float]:
        found = {}
        if self.calm.any():
            found["max_error_mhz"] = float(np.abs(self.error_mhz[self.calm]).max())
            found["rms_error_mhz"] = float(np.sqrt(np.mean(self.error_mhz[self.calm] ** 2)))
        if self.t_s.size:
            found["max_error_all_mhz"] = float(np.abs(self.error_mhz).max())
            late = self.t_s > self.t_s[-1] - END_S
            found["end_error_mhz"] = float(np.abs(self.error_mhz[late]).max())
        return found


def frequency_errors(mains, telemetry: dict[str, Floats], parameters: Parameters, lag_s: float) -> Errors:
    """Compare the reported estimate with the truth at the middle of its window, while mains voltage is present.

    lag_s: from a block's last sample to the record's stamp, on average (the charged computing time).
    """
    window_s = WINDOW_CYCLES[parameters.report_filter] / parameters.nominal_hz
    quality = telemetry["quality"].astype(int)
    good = (quality & (UNUSABLE | WARM_UP_LONG | WARM_UP_REPORT)) == 0
    t_end_s = np.floor((telemetry["at_s"] - lag_s) / (parameters.block_ms / 1000) + 1e-6)
    t_end_s = t_end_s * parameters.block_ms / 1000
    middle_s = t_end_s - window_s / 2
    calm = np.ones(t_end_s.shape, dtype=bool)
    usable = good & (middle_s > window_s / 2)
    seen = []
    for share in np.linspace(0.0, 1.0, 21):
        freq_hz, rocof_hz_s, _pu, valid = mains.truth(np.maximum(t_end_s - share * window_s, 0.0))
        calm &= np.abs(rocof_hz_s) <= CALM_HZ_S
        usable &= valid
        seen.append(freq_hz)
    calm &= np.ptp(np.array(seen), axis=0) <= CALM_STEP_HZ
    truth_hz = mains.truth(np.maximum(middle_s, 0.0))[0]
    error_mhz = telemetry["freq_uhz"] / 1000 - truth_hz * 1000
    return Errors(t_end_s[usable], error_mhz[usable], calm[usable])


@dataclass(frozen=True)
class Crossing:
    """The truth leaves the deadband at t_s, moving at rocof_hz_s; side is +1 over, -1 under."""

    t_s: float
    side: int
    rocof_hz_s: float


def crossings(mains, parameters: Parameters, t_s: Floats) -> list[Crossing]:
    """Return where the truth leaves the deadband within t_s (a fine, even grid)."""
    freq_hz, rocof_hz_s, _pu, valid = mains.truth(t_s)
    deviation = freq_hz - parameters.nominal_hz
    limit_hz = parameters.droop_deadband_mhz / 1000
    outside = valid & (np.abs(deviation) > limit_hz)
    entered = np.flatnonzero(outside[1:] & ~outside[:-1]) + 1
    return [Crossing(float(t_s[k]), int(np.sign(deviation[k])), float(rocof_hz_s[k])) for k in entered]


def response_delay_ms(crossing: Crossing, commands: list[tuple[int, int]]) -> float | None:
    """Return ms from a crossing to the last byte of the first write that moves the power the right way."""
    before = [power for at_us, power in commands if at_us / 1e6 <= crossing.t_s]
    if not before:
        return None
    for at_us, power in commands:
        if at_us / 1e6 > crossing.t_s and (power - before[-1]) * crossing.side > 0:
            return at_us / 1e3 - crossing.t_s * 1e3
    return None


def full_response_ms(at_s: float, until_s: float, commands: list[tuple[int, int]], share: float = 0.9) -> float | None:
    """Return ms from a step to the last byte of the first write that carries `share` of the final change."""
    before = [power for at_us, power in commands if at_us / 1e6 <= at_s]
    after = [(at_us, power) for at_us, power in commands if at_s < at_us / 1e6 < until_s]
    if not before or not after or after[-1][1] == before[-1]:
        return None
    change = after[-1][1] - before[-1]
    for at_us, power in after:
        if (power - before[-1]) / change >= share:
            return at_us / 1e3 - at_s * 1e3
    return None


def collapse_s(mains, parameters: Parameters, t_s: Floats) -> float | None:
    """Return when the truth first passes a limit that must end in cease-to-energise, None where it never does."""
    freq_hz, _rocof, voltage_pu, valid = mains.truth(t_s)
    lost = ~valid | (voltage_pu * 100 < parameters.mains_loss_pct)
    lost |= freq_hz * 1000 < parameters.trip_under_mhz
    lost |= freq_hz * 1000 > parameters.trip_over_mhz
    return float(t_s[np.argmax(lost)]) if lost.any() else None


def cease_delay_ms(collapse: float, cease_us: list[int], commands: list[tuple[int, int]]) -> float | None:
    """Return ms from the collapse until both the contactor's level is off and the zero is on the wire."""
    levels = [at_us for at_us in cease_us if at_us / 1e6 >= collapse]
    zeros = [at_us for at_us, power in commands if at_us / 1e6 >= collapse and power == 0]
    if not levels or not zeros:
        return None
    return max(levels[0], zeros[0]) / 1e3 - collapse * 1e3
