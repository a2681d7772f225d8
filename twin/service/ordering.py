"""Orders on their way: set-points towards a plan, departures, plans, faster records; their results are counted."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import aiomqtt

from host_tools.contract.online import document_of
from twin.engine.worker import Outcome
from twin.intake.parser import telemetry_of
from twin.orders.book import Book, Bounds
from twin.orders.commands import Order, departure, plan, telemetry_rate
from twin.orders.schedule import Departure, Schedule
from twin.service.service import Service

_EVERY_S = 1.0
_MOST = 200  # orders a second
_WAITING_MAX = 50_000
_FAST = (0.5, 1.0)  # telemetry and battery records of a controller where something happens, in seconds
_FAST_S = 60.0
_SEEN_S = 30.0  # telemetry that is older says nothing of what flows now


@dataclass
class _Seen:
    bounds: Bounds
    at_s: float


class Ordering:
    """A part of the service.

    load: returns the schedule in force, None where there is none.  rates: ask for faster records where things happen.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        load: Callable[[], Schedule | None] = lambda: None,
        departures: Iterable[Departure] = (),
        *,
        rates: bool = False,
    ) -> None:
        self.book = Book()
        self.schedule: Schedule | None = None
        self.sent: Counter[str] = Counter()
        self.results: Counter[str] = Counter()
        self._say = say
        self.load = load
        self._departures = {each.device: each for each in departures}
        self._rates = rates
        self._seen: dict[str, _Seen] = {}
        self._fast_until_s: dict[str, float] = {}
        self._waiting: deque[Order] = deque()
        self._refused: set[str] = set()
        self._next_s = 0.0

    def tick(self, service: Service, now_s: float) -> None:
        if now_s < self._next_s or service.link is None:
            return
        self._next_s = now_s + _EVERY_S
        self._plan(now_s)
        budget = _MOST
        while self._waiting and budget:
            self._send(service, self._waiting.popleft())
            budget -= 1
        for order in self.book.due(now_s, self.bounds_now(service, now_s), budget):
            self._send(service, order)

    def outcome(self, service: Service, outcome: Outcome, now_s: float) -> None:
        for device, values in outcome.seen.items():
            found = telemetry_of(values)
            bounds = Bounds(found["delivered_w"], -abs(found["discharge_limit_w"]), abs(found["charge_limit_w"]))
            self._seen[device] = _Seen(bounds, now_s)
        for device in outcome.busy:
            if self._rates and self._fast_until_s.get(device, 0.0) < now_s + _FAST_S / 2:
                self._fast_until_s[device] = now_s + _FAST_S
                self._wait(telemetry_rate(device, *_FAST, _FAST_S))
        for device in outcome.began:
            self.book.restarted(device)
            leaves = self._departures.get(device)
            if leaves is not None and leaves.at_s > now_s:
                self._wait(departure(device, leaves.at_s - now_s, leaves.soc))
            if self.schedule is not None:
                self._wait_plan(device, self.schedule, now_s)

    def message(self, service: Service, topic: str, payload: bytes, now_s: float) -> None:
        if service.link is None or topic != service.link.replies:
            return
        document = document_of(payload) or {}
        result = str(document.get("result"))[:32]
        self.results[result] += 1
        device = str(document.get("device"))[:32]
        if result not in ("ok", "offline") and device not in self._refused and len(self._refused) < 1000:
            self._refused.add(device)
            self._say(f"controller {device!a} does not follow: {result}: {str(document.get('reason'))[:200]!a}")

    def bounds_now(self, service: Service, now_s: float) -> dict[str, Bounds]:
        """Return what the controllers that are there said of themselves just now."""
        return {
            device: seen.bounds
            for device, seen in self._seen.items()
            if now_s - seen.at_s < _SEEN_S and service.controllers.online(device) is not False
        }

    def extra(self, device: str) -> dict[str, object]:
        """Return what belongs beside an estimate: the power that is wanted now, and until when the plan goes."""
        wanted = self.book.wanted(device)
        if wanted is None:
            return {}
        end = {"plan_until_s": round(self.schedule.end_s)} if self.schedule is not None else {}
        return {"planned_w": round(wanted), **end}

    def _plan(self, now_s: float) -> None:
        """Follow the schedule; one that cannot be read leaves the last one in force."""
        found = self.load()
        if found is not None and found is not self.schedule:
            self.schedule = found
            self._say(f"schedule of {len(found.power_w)} controllers, {found.slots} slots of {found.slot_s} s")
            for device in found.power_w:
                self._wait_plan(device, found, now_s)
        if self.schedule is None:
            return
        for device in self.schedule.power_w:
            power_w = self.schedule.power_at(device, now_s)
            if power_w is None:
                self.book.drop(device)
            else:
                self.book.want(device, power_w, self.schedule.end_s)

    def _wait_plan(self, device: str, schedule: Schedule, now_s: float) -> None:
        left = schedule.rest(device, now_s)
        if left is not None:
            start_in_s, power_w = left
            self._wait(plan(device, schedule.number, start_in_s, schedule.slot_s, power_w))

    def _wait(self, order: Order) -> None:
        if len(self._waiting) < _WAITING_MAX:
            self._waiting.append(order)

    def _send(self, service: Service, order: Order) -> None:
        link = service.link
        if link is None:
            return
        try:
            sent = link.publish(order.topic, order.body, expires_s=order.lifetime_s, answer=order.device)
        except aiomqtt.MqttError:
            return  # the connection has ended; what is still wanted is sent by the next one
        if sent is not None:
            self.sent[next(iter(order.body))] += 1
