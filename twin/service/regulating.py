"""Regulation over MQTT: a signal comes on the twin's topic, one command a cycle goes to the group."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import aiomqtt
import numpy as np

from host_tools.contract import topics
from host_tools.contract.online import document_of
from twin.engine.worker import Outcome
from twin.intake.parser import telemetry_of
from twin.orders.commands import Order, parameters, regulation
from twin.orders.regulation import Regulator, shares
from twin.service.ordering import Ordering
from twin.service.service import Service

_CYCLE_S = 4.0
_LIFE_CYCLES = 2.0
_LOST_S = 60.0  # a member that was not heard for so long is not counted on
_SHARE_EVERY_S = 20.0
_TELL_A_SECOND = 100  # members whose regulation_w is told
_SIGNAL_LOST_S = 15.0


class Regulating:
    """A part of the service.  group: whose members follow; promised_w: to either side.

    took_s: of the last signals, from their arrival to the broker's PUBACK of the command.
    """

    def __init__(self, group: int, promised_w: float, ordering: Ordering, say: Callable[[str], None]) -> None:
        self.regulator = Regulator(promised_w)
        self.signals = 0
        self.took_s: deque[float] = deque(maxlen=10_000)
        self._group = group
        self._ordering = ordering
        self._say = say
        self._bounds: dict[str, tuple[float, float, float]] = {}  # low, high, heard
        self._telling: dict[str, float] = {}
        self._next_share_s = 0.0
        self._next_tell_s = 0.0
        self._last_signal_s = 0.0

    def outcome(self, service: Service, outcome: Outcome, now_s: float) -> None:
        groups = service.controllers.groups
        for device, values in outcome.seen.items():
            found = telemetry_of(values)
            if groups.get(device) != self._group or found["delivered_w"] is None:
                continue
            base_w = self._ordering.book.wanted(device)
            self.regulator.deliver(device, float(found["delivered_w"]), base_w)
            self._bounds[device] = -abs(found["discharge_limit_w"]), abs(found["charge_limit_w"]), now_s

    def message(self, service: Service, topic: str, payload: bytes, now_s: float) -> None:
        if topic != topics.signal(service.settings.name):
            return
        came_s = time.monotonic()
        signal = (document_of(payload) or {}).get("signal")
        if signal.__class__ not in (int, float) or not -1.0 <= signal <= 1.0:
            return
        if not self.regulator.active:
            self._say(f"regulation begins: {len(self.regulator)} members stand for {self.regulator.standing_w:.0f} W")
        self.signals += 1
        self._last_signal_s = now_s
        share = self.regulator.command(float(signal))
        if share is None or service.link is None:
            return
        order = regulation(share, group=self._group, lifetime_s=_CYCLE_S * _LIFE_CYCLES)
        ack = self._send(service, order)
        if ack is not None:
            ack.add_done_callback(lambda _ack: self.took_s.append(time.monotonic() - came_s))

    def tick(self, service: Service, now_s: float) -> None:
        if self.regulator.active and now_s - self._last_signal_s > _SIGNAL_LOST_S:
            self._say(f"no regulation signal for {_SIGNAL_LOST_S:g} s: members come back to their base points")
            self.regulator.end()
        if now_s >= self._next_share_s:
            self._next_share_s = now_s + _SHARE_EVERY_S
            self._share(service, now_s)
        if self._telling and now_s >= self._next_tell_s:
            self._next_tell_s = now_s + 1.0
            for device in list(self._telling)[:_TELL_A_SECOND]:
                self._send(service, parameters(device, {"regulation_w": round(self._telling.pop(device))}))

    def summary(self) -> dict[str, float | int]:
        """Return what a run of it was like."""
        took = sorted(self.took_s)
        return {
            "signals": self.signals,
            "members": len(self.regulator),
            "standing_w": round(self.regulator.standing_w),
            "to_broker_p99_s": round(took[int(0.99 * (len(took) - 1))], 4) if took else 0.0,
        }

    def _share(self, service: Service, now_s: float) -> None:
        """Say what each member stands for, where that has changed."""
        for device, (_low, _high, heard_s) in list(self._bounds.items()):
            gone = service.controllers.groups.get(device) != self._group or service.controllers.online(device) is False
            if gone or now_s - heard_s > _LOST_S:
                del self._bounds[device]
                self._telling.pop(device, None)
                self.regulator.leave(device)
        devices = list(self._bounds)
        if not devices:
            return
        base_w = np.array([self.regulator.base_of(device) for device in devices])
        low_w, high_w, _heard = np.array([self._bounds[device] for device in devices]).T
        wanted = shares(high_w - base_w, base_w - low_w, self.regulator.promised_w)
        for device, regulation_w in zip(devices, wanted.tolist(), strict=True):
            if self.regulator.stand(device, regulation_w):
                self._telling[device] = regulation_w

    def _send(self, service: Service, order: Order) -> asyncio.Future[Any] | None:
        if service.link is None:
            return None
        try:
            return service.link.publish(order.topic, order.body, expires_s=order.lifetime_s, answer=order.device)
        except aiomqtt.MqttError:
            return None
