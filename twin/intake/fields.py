"""What is read of a record: its fields with the range of each, and the columns that a batch has of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BATTERY = "battery"
TELEMETRY = "telemetry"
LEAVES = (BATTERY, TELEMETRY)  # their places are the numbers in the column `leaf`

SOURCES = {"none": 0, "inverter": 1, "vehicle": 2, None: 0}

_INT32 = 2**31
_UINT32 = 2**32 - 1


class Field(NamedTuple):
    """One field of a record.  low, high: outside is no measurement, and the record is not used.

    unknown: the number that says "not known" where a sender has no null; None where the field is always known.
    """

    name: str
    low: float
    high: float
    unknown: float | None = None
    nullable: bool = False


FIELDS = {
    BATTERY: (
        Field("uptime_ms", 0, _UINT32),
        Field("session", 0, _UINT32),
        Field("vehicle_id", 0, _UINT32),
        Field("soc_pct_x100", 0, 10_000, -1, True),
        Field("dc_voltage_mv", 0, 2_000_000, -1, True),
        Field("dc_current_ma", -2_000_000, 2_000_000, -1_000_000_000, True),
        Field("energy_in_wh", 0, _UINT32),
        Field("energy_out_wh", 0, _UINT32),
        Field("charge_in_mah", 0, _UINT32),
        Field("charge_out_mah", 0, _UINT32),
        Field("battery_temperature_c_x10", -600, 1200, -10_000, True),
        Field("delivered_w", -2_000_000, 2_000_000, None, True),
    ),
    TELEMETRY: (
        Field("uptime_ms", 0, _UINT32),
        Field("soc_pct_x100", 0, 10_000, -1, True),
        Field("delivered_w", -2_000_000, 2_000_000, -_INT32, True),
        Field("freq_uhz", 0, 100_000_000, 0),
        Field("requested_w", -_INT32, _INT32),
        Field("charge_limit_w", -_INT32, _INT32),
        Field("discharge_limit_w", -_INT32, _INT32),
    ),
}
# Words that are carried beside the numbers.
WORDS = {BATTERY: ("soc_source", "temperature_source"), TELEMETRY: ("state", "limiter")}

# One record as the engine takes it.  NaN: not known.  at: place in the batch's list of devices.
RECORD = np.dtype(
    [
        ("at", "i4"),
        ("leaf", "u1"),
        ("soc_source", "u1"),
        ("boot", "u4"),
        ("sequence", "u4"),
        ("uptime_ms", "u4"),
        ("session", "u4"),
        ("vehicle_id", "u4"),
        ("soc", "f8"),
        ("voltage_v", "f8"),
        ("current_a", "f8"),
        ("energy_in_wh", "f8"),
        ("energy_out_wh", "f8"),
        ("charge_in_ah", "f8"),
        ("charge_out_ah", "f8"),
        ("temperature_c", "f8"),
        ("delivered_w", "f8"),
        ("usable", "?"),  # False: its number counts as had, its measurements are not used
    ]
)
