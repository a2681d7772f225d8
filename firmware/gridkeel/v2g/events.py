"""Queue of the V2G log's entries: a short ring of (kind, subject, detail, number), the oldest dropped first.

journal.py numbers kind, subject and detail; journal_text.py says what they mean.
"""

EVENTS_MAX = 32


class Events:
    """A bounded queue; `dropped` counts what was never taken."""

    def __init__(self) -> None:
        self.dropped = 0
        self._queue: "list[tuple[int, int, int, int]]" = []

    def put(self, kind: int, subject: int, detail: int, number: int) -> None:
        """Append one event."""
        if len(self._queue) == EVENTS_MAX:
            self._queue.pop(0)
            self.dropped += 1
        self._queue.append((kind, subject, detail, number))

    def take(self) -> "tuple[int, int, int, int] | None":
        """Return the oldest event, None where there is none."""
        return self._queue.pop(0) if self._queue else None
