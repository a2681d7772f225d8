"""The records of one controller, kept for whoever waits for the next of a kind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from host_tools.errors import ToolError


class RecordBook:
    """Readable documents of all a device posted; written by one thread, read by any.  notes: lines of the host."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._records: list[dict[str, Any]] = []
        self._arrived = threading.Condition()

    def note(self, document: dict[str, Any]) -> None:
        """Take one record in."""
        with self._arrived:
            self._records.append(document)
            self._arrived.notify_all()

    def of(self, message: str, start: int = 0) -> list[dict[str, Any]]:
        """Return the records of one kind, from a `mark` on."""
        with self._arrived:
            return [record for record in self._records[start:] if record["message"] == message]

    def mark(self) -> int:
        """Return a place in the records: what comes later is after it."""
        with self._arrived:
            return len(self._records)

    def wait_for(
        self, message: str, start: int, within_s: float, good: Callable[[dict], bool] = bool
    ) -> dict[str, Any]:
        """Return the first record after `start` of this kind that is good.  Errors: ToolError where none comes."""
        with self._arrived:
            found: dict[str, Any] | None = None

            def there() -> bool:
                nonlocal found
                found = next((r for r in self._records[start:] if r["message"] == message and good(r)), None)
                return found is not None

            self._arrived.wait_for(there, within_s)
        if found is None:
            raise ToolError(f"the controller reported no such {message} within {within_s:g} s")
        return found
