"""Voltage trips (tables 11 to 13) and ride-through (tables 14 to 16) of IEEE 1547-2018, by category.

A ride-through goes TRANSIENT_PU inside a limit, where a limit is a trip's too. The order is that of IEEE 1547.1: the
deepest part first, then out of it step by step; the times are those since the voltage left its range.
"""

from __future__ import annotations

from hil.typetest.accuracy import TRANSIENT_PU
from hil.typetest.requirement import OVER, UNDER, VOLTAGE, Stretch, Trip, VoltageRide

_OV2 = Trip("OV2", VOLTAGE, OVER, 1.20, 0.16)
TRIPS = {
    "cat1": (
        _OV2,
        Trip("OV1", VOLTAGE, OVER, 1.10, 2.0),
        Trip("UV1", VOLTAGE, UNDER, 0.70, 2.0),
        Trip("UV2", VOLTAGE, UNDER, 0.45, 0.16),
    ),
    "cat2": (
        _OV2,
        Trip("OV1", VOLTAGE, OVER, 1.10, 2.0),
        Trip("UV1", VOLTAGE, UNDER, 0.70, 10.0),
        Trip("UV2", VOLTAGE, UNDER, 0.45, 0.16),
    ),
    "cat3": (
        _OV2,
        Trip("OV1", VOLTAGE, OVER, 1.10, 13.0),
        Trip("UV1", VOLTAGE, UNDER, 0.88, 21.0),
        Trip("UV2", VOLTAGE, UNDER, 0.50, 2.0),
    ),
}


def _flat(voltage_pu: float, for_s: float, operate: str) -> Stretch:
    return Stretch(voltage_pu, voltage_pu, for_s, operate)


def _inside(limit_pu: float, side: int = UNDER) -> float:
    return limit_pu - side * TRANSIENT_PU


def _low(*stretches: Stretch) -> VoltageRide:
    return VoltageRide("low-voltage", "Low voltage ride-through", stretches)


def _high(*stretches: Stretch) -> VoltageRide:
    return VoltageRide("high-voltage", "High voltage ride-through", stretches)


_HIGH = _high(
    _flat(_inside(1.20, OVER), 0.2, "free"),
    _flat(_inside(1.175, OVER), 0.3, "free"),
    _flat(_inside(1.15, OVER), 0.5, "free"),
)
RIDES = {
    "cat1": (
        _low(
            _flat(_inside(0.50), 0.16, "free"),
            # 0.7 s at 0.70 and 4 s more a p.u.: at 0.72 until 0.78 s, then along the line.
            _flat(_inside(0.70), 0.62, "mandatory"),
            Stretch(_inside(0.70), 0.88, 0.64, "mandatory"),
        ),
        _HIGH,
    ),
    "cat2": (
        _low(
            _flat(_inside(0.45), 0.32, "free"),
            _flat(_inside(0.65), 2.85, "mandatory"),
            # 3 s at 0.65 and 8.7 s more a p.u.
            Stretch(_inside(0.65), 0.88, 1.83, "mandatory"),
        ),
        _HIGH,
    ),
    "cat3": (
        _low(
            _flat(0.03, 1.0, "cessation"),
            _flat(_inside(0.50), 9.0, "mandatory"),
            _flat(_inside(0.70), 10.0, "mandatory"),
        ),
        _high(_flat(_inside(1.20, OVER), 12.0, "cessation")),
    ),
}
