"""The releases that this uplink has in memory: each fetched once, for all controllers that are to take it."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from functools import partial

from host_tools.mqtt.address import Broker
from host_tools.uplink.events import EventQueue, ReleaseFetched
from host_tools.uplink.release_fetch import FetchError, fetch

KEPT_MAX = 2


class Releases:
    """At most KEPT_MAX releases, of 2 MB each at most; what was asked for comes as a ReleaseFetched."""

    def __init__(self, broker: Broker, events: EventQueue) -> None:
        self._broker = broker
        self._events = events
        self._kept: dict[str, bytes] = {}  # the one that was used last comes last
        self._fetching: dict[str, asyncio.Task[bytes]] = {}

    def want(self, name: str, in_use: AbstractSet[str]) -> bool:
        """Ask for a release; return False where there is no room beside those in use."""
        if name in self._fetching:
            return True
        data = self._kept.pop(name, None)
        if data is not None:
            self._kept[name] = data
            self._events.put_nowait(ReleaseFetched(name, data))
            return True
        if len((in_use | set(self._fetching)) - {name}) >= KEPT_MAX:
            return False
        self._make_room(in_use)
        task = asyncio.get_running_loop().create_task(fetch(self._broker, name))
        self._fetching[name] = task
        task.add_done_callback(partial(self._fetched, name))
        return True

    def close(self) -> None:
        """Give up what is being fetched."""
        for task in self._fetching.values():
            task.cancel()

    def _make_room(self, in_use: AbstractSet[str]) -> None:
        for name in [name for name in self._kept if name not in in_use]:
            if len(self._kept) + len(self._fetching) < KEPT_MAX:
                return
            del self._kept[name]

    def _fetched(self, name: str, task: asyncio.Task[bytes]) -> None:
        del self._fetching[name]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._kept[name] = task.result()
            self._events.put_nowait(ReleaseFetched(name, task.result()))
        else:
            reason = str(error) if isinstance(error, FetchError) else f"release {name} could not be fetched: {error!r}"
            self._events.put_nowait(ReleaseFetched(name, None, reason))
