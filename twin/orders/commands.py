"""Commands of the twin: each with a lifetime, each checked by the rules that an uplink has before it is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from host_tools.contract import commands, topics
from host_tools.link.dictionary import Dictionary

SETPOINT_S = 60.0  # a twin that died is followed no longer than this; then the controller's own plan and rules hold
RATE_S = 60.0
SLOTS_MAX = 96
_IDLE_W = 200.0  # less than this is no power worth a slot
# A plan's power per slot as prices: the controller charges at prices up to _CHARGE_TO, discharges from -_CHARGE_TO on.
_CHARGE, _DISCHARGE, _CHARGE_TO = -1000, 1000, -500


class Order(NamedTuple):
    """One command.  device: "" where it is for the group.  lifetime_s: after it nobody carries it out any more."""

    device: str
    body: dict[str, Any]
    lifetime_s: float
    group: int = 0

    @property
    def topic(self) -> str:
        return topics.topic(self.device, topics.COMMAND) if self.device else topics.group(self.group)


def setpoint(device: str, power_w: float, lifetime_s: float = SETPOINT_S) -> Order:
    return Order(device, {"setpoint": {"power_w": round(power_w), "lifetime_s": lifetime_s}}, lifetime_s)


def regulation(share: float, *, group: int, lifetime_s: float) -> Order:
    """share: of each member's regulation_w, -1 to 1.  An older one is worth nothing: it is dropped at the broker."""
    pct_x100 = round(min(max(share, -1.0), 1.0) * 10_000)
    return Order("", {"regulation": {"share_pct_x100": pct_x100}}, lifetime_s, group)


def departure(device: str, in_s: float, soc: float) -> Order:
    """The vehicle leaves in so many seconds, and must have this state of charge then."""
    body = {"departure": {"in_s": max(0, round(in_s)), "soc_pct_x100": round(soc * 10_000)}}
    return Order(device, body, min(max(in_s, 1.0), 3600.0))


def plan(device: str, number: int, start_in_s: float, slot_s: int, power_w: Sequence[float]) -> Order:
    """Return a plan of charging, discharging and idle slots, which the controller follows whether connected or not.

    How much power a slot has is the controller's (plan_charge_w, plan_discharge_w); a set-point says it exactly.
    """
    prices = [_DISCHARGE if power < -_IDLE_W else _CHARGE if power > _IDLE_W else 0 for power in power_w[:SLOTS_MAX]]
    body = {
        "number": number % 256,
        "slot_s": slot_s,
        "start_in_s": round(start_in_s),
        "charge_to": _CHARGE_TO,
        "discharge_from": -_CHARGE_TO,
        "prices": prices,
    }
    return Order(device, {"plan": body}, min(slot_s * len(prices) + start_in_s, 3600.0))


def parameters(device: str, values: dict[str, int]) -> Order:
    """Settings of a controller, which keeps them; what is not carried out within a minute is not."""
    return Order(device, {"parameters": values}, RATE_S)


def telemetry_rate(device: str, telemetry_s: float, battery_s: float, lifetime_s: float = RATE_S) -> Order:
    body = {"telemetry_s": telemetry_s, "battery_s": battery_s, "lifetime_s": lifetime_s}
    return Order(device, {"telemetry_rate": body}, lifetime_s)


def check(order: Order) -> None:
    """Errors: CommandError with the reason where an uplink would refuse it."""
    payload = json.dumps(order.body).encode()
    if not order.device:
        commands.check_for_group(payload)
    commands.parse(payload, _ours())


@cache
def _ours() -> Dictionary:
    return Dictionary.ours()
