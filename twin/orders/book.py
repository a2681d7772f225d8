"""What power is wanted of each controller, and which set-points bring it there without a jump.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from twin.orders.commands import SETPOINT_S, Order, setpoint

RAMP_W_S = 500.0  # the twin's own, beside that of the controller
_WORTH_W = 50.0  # a change of less is not sent before the last set-point needs renewing
_WORTH_SHARE = 0.01


class Bounds(NamedTuple):
    """What a controller says of itself.  delivered_w: now.  low_w, high_w: its limits; None: not known."""

    delivered_w: float | None = None
    low_w: float | None = None
    high_w: float | None = None


@dataclass
class _Wanted:
    power_w: float
    until_s: float
    sent_w: float | None = None  # None: nothing was sent by this twin; the first set-point begins at what flows
    sent_s: float = 0.0


class Book:
    """Wanted power by controller.  lifetime_s: of a set-point, renewed at half of it."""

    def __init__(self, lifetime_s: float = SETPOINT_S, ramp_w_s: float = RAMP_W_S) -> None:
        self._lifetime_s = lifetime_s
        self._ramp_w_s = ramp_w_s
        self._wanted: dict[str, _Wanted] = {}

    def want(self, device: str, power_w: float, until_s: float) -> None:
        """Want this power of a controller until then; nothing is sent after it, and its last set-point expires."""
        known = self._wanted.get(device)
        if known is None:
            self._wanted[device] = _Wanted(power_w, until_s)
        else:
            known.power_w, known.until_s = power_w, until_s

    def wanted(self, device: str) -> float | None:
        found = self._wanted.get(device)
        return None if found is None else found.power_w

    def drop(self, device: str) -> None:
        """Want nothing any more."""
        self._wanted.pop(device, None)

    def restarted(self, device: str) -> None:
        """Take note that a controller or its vehicle is new: the next set-point begins at what flows."""
        if device in self._wanted:
            self._wanted[device].sent_w = None

    def due(self, now_s: float, bounds: dict[str, Bounds], most: int) -> list[Order]:
        """Return at most so many set-points that are worth sending now; one that is not in `bounds` has none."""
        orders: list[Order] = []
        for device, wanted in list(self._wanted.items()):
            if len(orders) >= most:
                break
            if now_s >= wanted.until_s:
                del self._wanted[device]
                continue
            bound = bounds.get(device)
            power_w = None if bound is None else self._next_w(wanted, bound, now_s)
            if power_w is not None:
                wanted.sent_w, wanted.sent_s = power_w, now_s
                orders.append(setpoint(device, power_w, min(self._lifetime_s, max(1.0, wanted.until_s - now_s))))
        return orders

    def _next_w(self, wanted: _Wanted, bound: Bounds, now_s: float) -> float | None:
        """Return the power of the next set-point, None where none is due or nobody knows where it would begin."""
        target_w = _within(wanted.power_w, bound)
        if wanted.sent_w is None:
            if bound.delivered_w is None:
                return None
            begin_w, passed_s = bound.delivered_w, 0.0
        else:
            begin_w, passed_s = wanted.sent_w, now_s - wanted.sent_s
            renew = passed_s >= self._lifetime_s / 2
            if not renew and abs(target_w - begin_w) < max(_WORTH_W, _WORTH_SHARE * abs(target_w)):
                return None
        reach_w = self._ramp_w_s * passed_s
        return _within(begin_w + min(max(target_w - begin_w, -reach_w), reach_w), bound)


def _within(power_w: float, bound: Bounds) -> float:
    if bound.high_w is not None:
        power_w = min(power_w, bound.high_w)
    return power_w if bound.low_w is None else max(power_w, bound.low_w)
