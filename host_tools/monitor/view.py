"""View of the fleet: which controllers are shown, in which order (faults first, then by a key); filtered, scrolled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from host_tools.errors import ToolError
from host_tools.monitor.controller import FAULTED, FINE, OFFLINE, STALE, Controller
from host_tools.monitor.fleet import Fleet, Totals

_ORDER_S = 0.5  # between two orders of the fleet
_SHARE = 20  # ordering may take this part of the time at most, however many there are

KEYS: dict[str, Callable[[Controller], Any]] = {
    "name": lambda one: one.device,
    "power": lambda one: one.delivered_w,
    "frequency": lambda one: one.deviation_mhz,
    "soc": lambda one: one.soc_pct,
    "age": lambda one: one.heard_s,
    "state": lambda one: one.state,
    "limiter": lambda one: one.limiter,
}
ONLY: dict[str, tuple[int, ...] | None] = {
    "all": None,
    "faulted": (FAULTED,),
    "offline": (OFFLINE,),
    "stale": (STALE,),
    "fine": (FINE,),
}


@dataclass
class View:
    """The shown part of a fleet.  only: a name of ONLY.  sort: a name of KEYS.  words: all must be in a row's text."""

    only: str = "all"
    sort: str = "name"
    reverse: bool = False
    words: str = ""
    first: int = 0
    events: bool = True
    _rows: list[Controller] = field(default_factory=list)
    _totals: Totals = Totals(0, 0, 0, 0, 0)
    _ordered: tuple[Any, ...] = ()
    _next_s: float = 0.0

    def __post_init__(self) -> None:
        for option, value, known in (("sort", self.sort, KEYS), ("only", self.only, ONLY)):
            if value not in known:
                raise ToolError(f"--{option} {value}: one of {', '.join(known)}")

    @property
    def count(self) -> int:
        """How many rows fit the filter."""
        return len(self._rows)

    @property
    def totals(self) -> Totals:
        return self._totals

    def rows(self, fleet: Fleet, now_s: float, room: int) -> list[Controller]:
        """Return the rows to draw: at most `room`, from `first` on; the whole is ordered now and then only."""
        wanted = (self.only, self.sort, self.reverse, self.words)
        if wanted != self._ordered or now_s >= self._next_s:
            begun_s = time.perf_counter()
            self._rows = self._order(fleet, now_s)
            self._totals = fleet.totals(now_s)
            self._ordered = wanted
            self._next_s = now_s + max(_ORDER_S, _SHARE * (time.perf_counter() - begun_s))
        self.first = max(0, min(self.first, len(self._rows) - room))
        return self._rows[self.first : self.first + room]

    def _order(self, fleet: Fleet, now_s: float) -> list[Controller]:
        ranks = ONLY[self.only]
        words = self.words.lower().split()
        kept = [
            (one.rank(now_s), one)
            for one in fleet.controllers.values()
            if not words or all(word in _searched(one) for word in words)
        ]
        if ranks is not None:
            kept = [pair for pair in kept if pair[0] in ranks]
        key = KEYS[self.sort]
        known = [pair for pair in kept if key(pair[1]) is not None]
        known.sort(key=lambda pair: key(pair[1]), reverse=self.reverse)
        kept = [*known, *(pair for pair in kept if key(pair[1]) is None)]  # what has no such figure comes last
        kept.sort(key=lambda pair: pair[0])
        return [one for _rank, one in kept]


def _searched(one: Controller) -> str:
    link = {True: "online", False: "offline", None: "unknown"}[one.online]
    return " ".join((one.device, link, one.state or "", one.limiter or "", *one.faults, one.uplink or "")).lower()
