"""What the estimator is given of a record: values of one cell, the current made to agree with the counted charge."""

from __future__ import annotations

from collections import Counter

import numpy as np

from twin.estimate.state import unmeasured

# A counter has whole milliampere-hours and a record's current is of one instant: over this time what the counter knows
# better is made up for.
_AGREE_S = 60.0
_JUMP = 0.05  # of the state of charge: what a vehicle may correct itself by
_JUMP_PER_H = 4.0  # and the fastest that any of them is charged


def measure(
    rows: np.ndarray, records: np.ndarray, dt_s: np.ndarray, anew: np.ndarray, counts: Counter[str]
) -> np.ndarray:
    """Return one row of MEASURED each, without its dt_s, and take note in `rows` of what was counted.

    anew: counters begin at what they show.
    """
    battery = ~np.isnan(records["energy_in_wh"])
    current_a = _agreed(
        rows, "counted_ah", records["current_a"], records["charge_in_ah"], records["charge_out_ah"], dt_s, anew
    )
    power_w = _agreed(
        rows, "counted_wh", records["delivered_w"], records["energy_in_wh"], records["energy_out_wh"], dt_s, anew
    )
    _account(rows, records, dt_s, anew, battery)
    measured = unmeasured(len(rows))
    measured["current_a"] = current_a / rows["parallel"]
    measured["voltage_v"] = records["voltage_v"] / rows["series"]
    measured["temperature_c"] = records["temperature_c"]
    measured["power_w"] = power_w / (rows["series"] * rows["parallel"])
    measured["soc"] = _believed(rows, records, dt_s, counts)
    return measured


def _agreed(
    rows: np.ndarray,
    name: str,
    now: np.ndarray,
    counted_in: np.ndarray,
    counted_out: np.ndarray,
    dt_s: np.ndarray,
    anew: np.ndarray,
) -> np.ndarray:
    """Return current or power over the time since the last record, NaN where nothing says it.

    What the reading of an instant misses, or what passed in records that were lost, the counter has.
    """
    counter = counted_in - counted_out
    has_counter = np.isfinite(counter) & ((counted_in + counted_out) > 0)
    counted = np.where(anew & has_counter, counter, rows[name])
    hours = np.maximum(dt_s, 1e-3) / 3600.0
    mean = (counter - counted) / hours
    passed = np.where(np.isfinite(now), now, 0.0) * dt_s / 3600.0
    mended = now + (counter - counted - passed) * 3600.0 / (dt_s + _AGREE_S)
    used = np.where(has_counter & (dt_s > 0), np.where(np.isfinite(now), mended, mean), now)
    moved = np.where(np.isfinite(used), used, 0.0) * dt_s / 3600.0
    rows[name] = np.where(has_counter, counted + moved, np.where(anew, 0.0, counted))
    return used


def _account(rows: np.ndarray, records: np.ndarray, dt_s: np.ndarray, anew: np.ndarray, battery: np.ndarray) -> None:
    """Keep the energy that went through the battery, and its power now."""
    power = records["delivered_w"]
    for name in ("energy_in_wh", "energy_out_wh"):
        reading = np.where(battery, records[name], rows[name])
        rows["throughput_wh"] += np.where(battery & ~anew, np.maximum(reading - rows[name], 0.0), 0.0)
        rows[name] = reading
    alone = ~battery & np.isfinite(power)  # a controller without battery records: its power held since the last one
    rows["throughput_wh"] += np.where(alone, np.abs(np.where(alone, power, 0.0)) * dt_s / 3600.0, 0.0)
    rows["delivered_w"] = np.where(np.isfinite(power), power, rows["delivered_w"])


def _believed(rows: np.ndarray, records: np.ndarray, dt_s: np.ndarray, counts: Counter[str]) -> np.ndarray:
    """Return the vehicle's own state of charge, NaN where no battery can have come there since its last one."""
    word = records["soc"]
    age_s = rows["soc_word_age_s"] + dt_s
    known = np.isfinite(word)
    first = rows["soc_word"] < 0
    near = np.abs(word - rows["soc_word"]) <= _JUMP + _JUMP_PER_H * age_s / 3600.0
    counts["soc_jump"] += int((known & ~first & ~near).sum())
    taken = known & (first | near)
    rows["soc_word"] = np.where(taken, word, rows["soc_word"])
    rows["soc_word_age_s"] = np.where(taken, 0.0, age_s)
    rows["soc_source"] = np.where(taken, records["soc_source"], rows["soc_source"])
    return np.where(taken, word, np.nan)
