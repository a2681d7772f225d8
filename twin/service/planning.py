"""Plans the fleet on prices, again at each quarter of an hour; a solver that does not finish leaves the last plan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np

from host_tools.errors import ToolError
from twin.engine.worker import Outcome
from twin.fleet.dispatch import Schedule as Dispatched
from twin.fleet.dispatch import plan
from twin.fleet.prices import Prices, PriceSource
from twin.orders.planning import schedule_of, vehicles_of
from twin.orders.schedule import Departure, Schedule
from twin.orders.schedule import schedule_of as read
from twin.service.ordering import Ordering
from twin.service.service import Service
from twin.store.content import Store

SLOT_S = 900
SLOTS_MAX = 96
KEPT = "schedule"
_FIRST_S = 20.0  # after the start: for controllers to be heard
_SOON_S = 60.0  # after a vehicle came
_SOLVE_S = 120.0
_SAID_MAX = 10  # vehicles that are named


class Planning:
    """A part of the service.  site_kw: what may flow into the site of all controllers and out of it.

    The plan is kept in the store: a twin that returns goes on with it before it has made another.
    """

    def __init__(
        self,
        source: PriceSource,
        departures: Iterable[Departure],
        ordering: Ordering,
        store: Store,
        say: Callable[[str], None],
        site_kw: float = np.inf,
    ) -> None:
        self.latest: Schedule | None = None
        self.plans = 0
        self._source = source
        self._departures = {each.device: each for each in departures}
        self._ordering = ordering
        self._store = store
        self._say = say
        self._site_kw = site_kw
        self._next_s = 0.0
        self._trouble = ""
        self._task: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(1, "gridkeel-plan")
        kept = store.kept(KEPT)
        if kept is not None:
            self.latest = read(json.loads(kept))

    def load(self) -> Schedule | None:
        """Return the schedule in force."""
        return self.latest

    def tick(self, service: Service, now_s: float) -> None:
        if self._task is not None and self._task.done():
            self._task.result()  # what went wrong that nobody expects is not hidden
            self._task = None
        if not self._next_s:
            self._next_s = now_s + _FIRST_S
        if now_s >= self._next_s and self._task is None:
            self._next_s = (now_s // SLOT_S + 1) * SLOT_S
            self._task = asyncio.ensure_future(self._plan(service, now_s))

    def outcome(self, service: Service, outcome: Outcome, now_s: float) -> None:
        if outcome.began and self._next_s:
            self._next_s = min(self._next_s, now_s + _SOON_S)

    def message(self, service: Service, topic: str, payload: bytes, now_s: float) -> None:
        """Nothing is asked of it."""

    async def _plan(self, service: Service, now_s: float) -> None:
        start_s = now_s // SLOT_S * SLOT_S
        try:
            prices = self._prices(start_s)
        except ToolError as error:
            self._complain(f"no new plan: {error}")
            return
        slots = len(prices.per_kwh)
        told = await service.told(service.engine.names())
        bounds = self._ordering.bounds_now(service, now_s)
        names, rows, unknown = vehicles_of(told, bounds, self._departures, start_s, SLOT_S, slots)
        if unknown:
            self._say(f"not planned, their state of charge is not known: {_some(unknown)}")
        if not names:
            return
        site = np.full((1, slots), self._site_kw)
        found = await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: plan(rows, prices.per_kwh, SLOT_S / 3600.0, site, site, time_limit_s=_SOLVE_S)
        )
        self._take(names, found, start_s, prices.currency)

    def _prices(self, start_s: float) -> Prices:
        prices = self._source.fetch(None, None).at_step(SLOT_S)
        first = round((start_s - prices.start.timestamp()) / SLOT_S)
        if not 0 <= first < len(prices.per_kwh):
            last = prices.time_of(len(prices.per_kwh) - 1)
            raise ToolError(
                f"no price of now: there are those of {prices.start:%Y-%m-%d %H:%M %z} to {last:%Y-%m-%d %H:%M}"
            )
        return Prices(prices.time_of(first), SLOT_S, prices.per_kwh[first : first + SLOTS_MAX], prices.currency)

    def _take(self, names: list[str], found: Dispatched, start_s: float, currency: str) -> None:
        if not found.finished and self.latest is not None:
            self._complain(f"the plan was not finished within {_SOLVE_S:g} s: the last one stays in force")
            return
        self._trouble = ""
        self.plans += 1
        number = 1 if self.latest is None else self.latest.number % 255 + 1
        self.latest = schedule_of(names, found, start_s, SLOT_S, number)
        self._store.keep(KEPT, json.dumps(asdict(self.latest)).encode())
        self._say(f"plan {number}: {len(names)} vehicles, {found.cost:.2f} {currency}, in {found.seconds:.1f} s")
        for line in found.short(names)[:_SAID_MAX]:
            self._say(line)

    def _complain(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(trouble)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SAID_MAX} more" if len(names) > _SAID_MAX else ""
    return ", ".join(names[:_SAID_MAX]) + more
