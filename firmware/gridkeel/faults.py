"""Active faults and the queue of unreported fault events."""

from array import array

from gridkeel import errors

# Longest burst of changes between two rounds of the service task; past it the oldest event is lost and counted.
PENDING = 16


class Faults:
    """Active codes of errors.FAULTS; each change is queued as an event for the link."""

    def __init__(self) -> None:
        self._active = bytearray(max(errors.FAULTS) + 1)
        self._codes = array("B", errors.FAULTS)
        self._events = array("i", [0] * (3 * PENDING))
        self._first = 0
        self._count = 0
        self.lost = 0

    def set(self, code: int, active: object, value: int = 0) -> None:
        """Note that a fault is active or has ended, and queue an event where that is a change.  Allocates: nothing."""
        if code == errors.NO_FAULT or bool(self._active[code]) == bool(active):
            return
        self._active[code] = 1 if active else 0
        if self._count == PENDING:
            self._first = (self._first + 1) % PENDING
            self._count -= 1
            self.lost += 1
        at = 3 * ((self._first + self._count) % PENDING)
        self._events[at] = code
        self._events[at + 1] = self._active[code]
        self._events[at + 2] = value
        self._count += 1

    def is_active(self, code: int) -> bool:
        return bool(self._active[code])

    def foremost(self) -> int:
        """Return the active code that comes first in errors.FAULTS, 0 where none is active."""
        for i in range(len(self._codes)):
            if self._active[self._codes[i]]:
                return self._codes[i]
        return errors.NO_FAULT

    def take(self) -> "tuple[int, int, int] | None":
        """Return the oldest unreported event as (code, active, value), or None."""
        if not self._count:
            return None
        at = 3 * self._first
        self._first = (self._first + 1) % PENDING
        self._count -= 1
        return self._events[at], self._events[at + 1], self._events[at + 2]
