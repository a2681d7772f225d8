"""Order of stored records on their way to the broker: as they came; one device's refusal never stops another's."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from host_tools.uplink.queue import Stored
from host_tools.uplink.store import Store

_BATCH = 256  # records read ahead from the queue
_RETRY_FIRST_S = 1.0
_CATCH_UP = 64  # records at once of a device whose refusal is over


@dataclass
class _Held:
    """A device whose records the broker refused: tried with one record, then with twice as many as were taken."""

    after: int  # the id up to which its records were handed out
    pause_s: float
    retry_at_s: float
    refused_from: int | None = None
    flying: set[int] = field(default_factory=set)
    width: int = 1
    batch: deque[Stored] = field(default_factory=deque)

    def restart(self) -> None:
        self.after, self.width, self.refused_from = 0, 1, None
        self.flying.clear()
        self.batch.clear()

    def refused(self, number: int) -> None:
        """Go back to this record, once what is under way has come back."""
        self.batch.clear()
        self.refused_from = min(number, self.refused_from or number)

    def landed(self, number: int, now_s: float, longest_s: float) -> None:
        """Take note that a record came back, whichever way."""
        tried = number in self.flying
        self.flying.discard(number)
        if self.flying or self.refused_from is None:
            return
        self.after, self.refused_from, self.width = min(self.after, self.refused_from - 1), None, 1
        if tried:  # and not one that was on its way when the first refusal came
            self.pause_s = min(2 * self.pause_s, longest_s)
            self.retry_at_s = now_s + self.pause_s


class Outflow:
    """A read head over the queue.  Times are seconds of any steady clock."""

    def __init__(self, store: Store, retry_max_s: float) -> None:
        self._store = store
        self._retry_max_s = retry_max_s
        self._after = 0
        self._batch: deque[Stored] = deque()
        self._held: dict[str, _Held] = {}

    def restart(self) -> None:
        """Begin anew with the oldest record: what was in flight on a lost connection goes out again."""
        self._after = 0
        self._batch.clear()
        for held in self._held.values():
            held.restart()

    @property
    def retry_at_s(self) -> float | None:
        """When the next held device is to be tried again; None where none waits for a time."""
        return min((held.retry_at_s for held in self._held.values() if not held.flying), default=None)

    async def next(self, now_s: float) -> Stored | None:
        """Return the next record, None where there is none now.  Errors: ToolError, as of Queue."""
        while True:
            while self._batch:
                stored = self._batch.popleft()
                if stored.entry.device not in self._held:
                    return stored
            held = await self._next_held(now_s)
            if held is not None:
                return held
            batch = await self._store.take(_BATCH, after=self._after)
            if not batch:
                return None
            self._after = batch[-1].id
            self._batch.extend(batch)

    def refused(self, stored: Stored, now_s: float) -> None:
        """Hold a record's device: the broker did not take it."""
        held = self._held.get(stored.entry.device)
        if held is None:
            self._held[stored.entry.device] = _Held(stored.id - 1, _RETRY_FIRST_S, now_s + _RETRY_FIRST_S)
        else:
            held.refused(stored.id)
            held.landed(stored.id, now_s, self._retry_max_s)

    def accepted(self, stored: Stored, now_s: float) -> None:
        """Take note that the broker took a record."""
        held = self._held.get(stored.entry.device)
        if held is not None:
            held.width = min(2 * held.width, _CATCH_UP)
            held.landed(stored.id, now_s, self._retry_max_s)

    async def _next_held(self, now_s: float) -> Stored | None:
        for device, held in list(self._held.items()):
            if now_s < held.retry_at_s or held.refused_from is not None or len(held.flying) >= held.width:
                continue
            if not held.batch:
                after = held.after
                found = await self._store.take(held.width, device=device, after=after)
                if held.after != after or held.refused_from is not None:
                    continue  # a refusal came meanwhile: it is read again, from there
                held.batch.extend(found)
            if held.batch:
                stored = held.batch.popleft()
                held.after = stored.id
                held.flying.add(stored.id)
                return stored
            if not held.flying:
                del self._held[device]  # it has caught up with the read head of all
        return None
