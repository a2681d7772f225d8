"""The part of a step that every record takes: values checked, charge counted, voltages gathered for the grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.battery.chemistry import Chemistry
from twin.estimate.state import (
    SEEN_CURRENT,
    SEEN_POWER,
    SEEN_TEMPERATURE,
    SEEN_VEHICLE,
    SEEN_VOLTAGE,
    States,
)

LONGEST_STEP_S = 900.0  # a longer pause is one in which nothing is known of the current
_LARGEST_C_RATE = 30.0
_WORD_SIGMA = 0.03  # of a vehicle that never contradicts itself: its SoC is of its usable part, and rounded
_WORD_MEMORY = 30
_WORD_JUMP = 0.1  # against the counted charge; a larger one is not believed at once
_POWER_ERROR = 0.05  # share of the charge, where it is counted from power
_AMBIENT_MEMORY_S = 3600.0
_UNKNOWN_AMBIENT_C, _UNKNOWN_SIGMA_C, _MEASURED_SIGMA_C = 20.0, 10.0, 1.0
_HEAVIEST_S = 10.0  # what one sample may weigh among others
Singles = NDArray[np.float32]


def count(states: States, measured: NDArray[np.void], chemistry: Chemistry) -> None:
    """Fold one chunk of rows into what was counted and gathered, in place."""
    with np.errstate(invalid="ignore"):
        rejected = np.zeros(len(states), "u4")
        dt = _duration(measured, rejected)
        volts = _between(measured["voltage_v"], 0.5 * chemistry.voltage_min_v, 1.25 * chemistry.voltage_max_v, rejected)
        amps, now, known, by_power = _current(measured, volts, dt, chemistry, rejected)
        _temperature(states, measured, amps, dt, chemistry, rejected)
        capacity_as = states["capacity_scale"] * np.float32(3600.0 * chemistry.capacity_ah)
        as_passed = amps * dt
        states["charge_ah"] += as_passed.astype("f8") / 3600.0
        moved = as_passed / capacity_as
        size = np.abs(moved)
        states["moved_soc"] += size
        error = np.float32(chemistry.uncertainty.counting)
        states["moved_apart_soc"] += size * (error if by_power is None else np.where(by_power, _POWER_ERROR, error))
        one = _follow(states, "level1_a", amps, dt, chemistry.tau1_s)
        two = _follow(states, "level2_a", amps, dt, chemistry.tau2_s)
        if chemistry.hysteresis.amplitude_v.any():
            turned = states["hysteresis"]
            keep = np.exp(size * np.float32(-1.0 / chemistry.hysteresis.turn_soc))
            sign = np.sign(moved)
            states["hysteresis"] = sign + (turned - sign) * keep
        seen = _gather(states, volts, now, one, two, known, dt)
        if by_power is not None:
            seen = np.where(by_power, (seen & ~np.uint32(SEEN_CURRENT)) | np.uint32(SEEN_POWER), seen)
        states["seen"] |= seen
        _word(states, measured, dt, capacity_as, rejected)
        if rejected.any():
            states["rejected"] += rejected


def _between(values: Singles, low: float, high: float, rejected: NDArray[np.uint32]) -> Singles:
    """Return the values, NaN where they are not between low and high; count those that were something else."""
    values = np.ascontiguousarray(values)
    good = (values >= np.float32(low)) & (values <= np.float32(high))
    if good.all():
        return values
    wrong = ~(good | np.isnan(values))
    if wrong.any():
        rejected += wrong
        values[wrong] = np.nan
    return values


def _duration(measured: NDArray[np.void], rejected: NDArray[np.uint32]) -> Singles:
    dt = np.ascontiguousarray(measured["dt_s"])
    good = (dt >= np.float32(0.0)) & (dt < np.float32(1e9))
    if not good.all():
        rejected += ~good
        dt[~good] = 0.0
    return dt


def _current(
    measured: NDArray[np.void], volts: Singles, dt: Singles, chemistry: Chemistry, rejected: NDArray[np.uint32]
) -> tuple[Singles, Singles, NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Return (mean current, current now, whether it is known, where power told it or None for nowhere)."""
    largest = _LARGEST_C_RATE * chemistry.capacity_ah
    amps = _between(measured["current_a"], -largest, largest, rejected)
    most_w = largest * chemistry.voltage_max_v
    power = _between(measured["power_w"], -most_w, most_w, rejected)
    known = ~np.isnan(amps)
    by_power = None
    if not known.all():
        by_power = ~(known | np.isnan(power))
        middle = np.float32(np.mean(chemistry.ocv_v))
        amps = np.where(by_power, power / np.where(np.isnan(volts), middle, volts), amps)
        known |= by_power
    known &= dt <= np.float32(LONGEST_STEP_S)
    if not known.all():
        amps = np.where(known, amps, np.float32(0.0))
    now = _between(measured["current_now_a"], -largest, largest, rejected)
    return amps, np.where(np.isnan(now), amps, now), known, by_power


def _passed(dt: Singles, tau_s: float) -> Singles:
    """Return the share of the way that something with that time constant goes in dt."""
    return np.float32(1.0) - np.exp(dt * np.float32(-1.0 / tau_s))


def _follow(states: States, name: str, amps: Singles, dt: Singles, tau_s: float) -> Singles:
    level = np.ascontiguousarray(states[name])
    level += (amps - level) * _passed(dt, tau_s)
    states[name] = level
    return level


def _temperature(
    states: States,
    measured: NDArray[np.void],
    amps: Singles,
    dt: Singles,
    chemistry: Chemistry,
    rejected: NDArray[np.uint32],
) -> None:
    """Take the measured temperature, or let the lump warm and forget."""
    told = _between(measured["temperature_c"], -50.0, 90.0, rejected)
    has = ~np.isnan(told)
    toward = told
    if has.all():
        states["temperature_c"] = told
        states["temperature_sigma_c"] = _MEASURED_SIGMA_C
    else:
        heat = chemistry.thermal
        passed = _passed(dt, heat.heat_capacity_j_per_k * heat.resistance_k_per_w)
        ohm = np.float32(_typical_ohm(chemistry) * heat.resistance_k_per_w)
        before, sigma = states["temperature_c"], states["temperature_sigma_c"]
        warmer = before + (states["ambient_c"] + np.square(amps) * ohm - before) * passed
        wider = sigma + (np.float32(_UNKNOWN_SIGMA_C) - sigma) * passed
        states["temperature_c"] = np.where(has, told, warmer)
        states["temperature_sigma_c"] = np.where(has, np.float32(_MEASURED_SIGMA_C), wider)
        toward = np.where(has, told, np.float32(_UNKNOWN_AMBIENT_C))
    ambient = states["ambient_c"]
    states["ambient_c"] = ambient + (toward - ambient) * _passed(dt, _AMBIENT_MEMORY_S)
    states["seen"] |= has * np.uint32(SEEN_TEMPERATURE)


def _typical_ohm(chemistry: Chemistry) -> float:
    warm = int(np.argmin(np.abs(chemistry.temperature_c - 25.0)))
    middle = len(chemistry.soc) // 2
    return float(chemistry.r0_ohm[warm, middle] + chemistry.r1_ohm[warm, middle] + chemistry.r2_ohm[warm, middle])


def _gather(
    states: States, volts: Singles, now: Singles, one: Singles, two: Singles, known: NDArray[np.bool_], dt: Singles
) -> NDArray[np.uint32]:
    """Add the samples that have a voltage to the window's sums; return what was seen."""
    weight = np.minimum(np.maximum(dt, np.float32(1.0)), np.float32(_HEAVIEST_S))
    blind = np.isnan(volts)
    if blind.any() or not known.all():
        weight = np.where(blind | ~(known | (dt == 0.0)), np.float32(0.0), weight)
        volts = np.where(blind, np.float32(0.0), volts)
        states["unknown_s"] += np.where(known, np.float32(0.0), dt)
    states["volt_s"] += weight
    states["volt_sum"] += weight * volts
    states["now_sum"] += weight * now
    states["level1_sum"] += weight * one
    states["level2_sum"] += weight * two
    states["elapsed_s"] += dt
    states["age_s"] += dt
    return known * np.uint32(SEEN_CURRENT) | ~blind * np.uint32(SEEN_VOLTAGE)


def _word(
    states: States, measured: NDArray[np.void], dt: Singles, capacity_as: Singles, rejected: NDArray[np.uint32]
) -> None:
    """Follow the vehicle's own word for SoC as an offset from the counted one, and how far it contradicts itself."""
    states["word_age_s"] += dt
    told = _between(measured["soc"], 0.0, 1.0, rejected)
    rows = np.flatnonzero(~np.isnan(told))
    if not len(rows):
        return
    offset = told[rows] - (states["charge_ah"][rows] * 3600.0 / capacity_as[rows]).astype("f4")
    words = states["words"][rows]
    share = np.float32(1.0) / (np.minimum(words, _WORD_MEMORY) + np.float32(1.0))
    apart = np.where(words > 0, offset - states["word_offset"][rows], np.float32(0.0))
    rejected[rows] += np.abs(apart) > _WORD_JUMP
    states["word_offset"][rows] = np.where(words > 0, states["word_offset"][rows] + share * apart, offset)
    known = np.where(words > 0, states["word_variance"][rows], np.float32(_WORD_SIGMA**2))
    states["word_variance"][rows] = np.maximum((1.0 - share) * (known + share * np.square(apart)), _WORD_SIGMA**2)
    states["words"][rows] = words + np.uint32(1)
    states["word_age_s"][rows] = 0.0
    states["seen"][rows] |= np.uint32(SEEN_VEHICLE)
