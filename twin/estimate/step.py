"""One step of every vehicle: charge counted, voltage compared with the model, the belief about SoC corrected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry
from twin.estimate.state import SEEN_CURRENT, SEEN_TEMPERATURE, SEEN_VEHICLE, SEEN_VOLTAGE, States

LONGEST_STEP_S = 3600.0
_VEHICLE_SIGMA = 0.03


def step(states: States, measured: NDArray[np.void], chemistry: Chemistry) -> None:
    """Fold one row of MEASURED a vehicle into the rows of STATE, in place."""
    if len(states) != len(measured):
        raise ValueError(f"{len(states)} vehicles, {len(measured)} measurements")
    dt = measured["dt_s"].astype(float)
    bad = ~((dt >= 0.0) & (dt <= LONGEST_STEP_S))
    dt[bad] = 0.0
    states["rejected"] += bad
    volts = measured["voltage_v"].astype(float)
    amps = measured["current_a"].astype(float)
    power = measured["power_w"] / np.where(np.isnan(volts), np.mean(chemistry.ocv_v), volts)
    amps = np.where(np.isfinite(amps), amps, power)
    known = np.isfinite(amps)
    amps[~known] = 0.0
    temps = measured["temperature_c"]
    states["temperature_c"] = np.where(np.isfinite(temps), temps, states["temperature_c"])
    states["charge_ah"] += amps * dt / 3600.0
    moved = amps * dt / 3600.0 / (chemistry.capacity_ah * states["capacity_scale"])
    soc = states["soc"] + moved
    variance = states["soc_variance"] + (0.02 * moved) ** 2 + 1e-10 * dt + np.where(known, 0.0, 1e-6 * dt)
    for field, tau in (("f1_a", chemistry.tau1_s), ("f2_a", chemistry.tau2_s)):
        states[field] += (1.0 - np.exp(-dt / tau)) * (amps - states[field])
    predicted, slope = _voltage(states, soc, amps, chemistry)
    use = np.isfinite(volts) & known & (volts > 0.5 * chemistry.voltage_min_v) & (volts < 1.2 * chemistry.voltage_max_v)
    noise = chemistry.uncertainty.bias_v**2 * np.maximum(1.0, 600.0 / np.maximum(dt, 1.0))
    gain = np.where(use, variance * slope / (slope**2 * variance + noise), 0.0)
    soc = soc + gain * np.where(use, volts - predicted, 0.0)
    variance = variance * (1.0 - gain * slope)
    told = measured["soc"]
    use = (told >= 0.0) & (told <= 1.0)
    gain = np.where(use, variance / (variance + _VEHICLE_SIGMA**2), 0.0)
    soc += gain * np.where(use, told - soc, 0.0)
    states["soc"] = np.clip(soc, 0.0, 1.0)
    states["soc_variance"] = np.maximum(variance * (1.0 - gain), 1e-5)
    states["age_s"] += dt
    seen = (
        SEEN_VOLTAGE * np.isfinite(volts)
        + SEEN_CURRENT * np.isfinite(measured["current_a"])
        + SEEN_TEMPERATURE * np.isfinite(temps)
        + SEEN_VEHICLE * use
    )
    states["seen"] |= seen.astype("u4")


def _voltage(states: States, soc: NDArray, amps: NDArray, chemistry: Chemistry) -> tuple[NDArray, NDArray]:
    row = np.abs(chemistry.temperature_c - states["temperature_c"][:, None]).argmin(1)
    column = np.clip(np.rint(soc * (len(chemistry.soc) - 1)), 0, len(chemistry.soc) - 1).astype(int)
    scale = states["resistance_scale"]
    over = scale * (
        chemistry.r0_ohm[row, column] * amps
        + chemistry.r1_ohm[row, column] * states["f1_a"]
        + chemistry.r2_ohm[row, column] * states["f2_a"]
    )
    slopes = np.gradient(chemistry.ocv_v, chemistry.soc)
    return np.interp(soc, chemistry.soc, chemistry.ocv_v) + over, np.interp(soc, chemistry.soc, slopes)
