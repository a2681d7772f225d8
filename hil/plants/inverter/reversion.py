"""Reversion timers: a control that is not refreshed falls back, by the inverter's own clock."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf

_ROUNDING_S = 1e-6


class Reversions:
    """The timers of one inverter by the name of their function; `deadline_s` is when the next one runs out."""

    def __init__(self):
        self._running: dict[str, tuple[float, Callable[[], None]]] = {}
        self.deadline_s = inf
        self.count = 0

    def start(self, name: str, ends_s: float, revert: Callable[[], None]) -> None:
        """Start or restart one timer; `revert` is called when it runs out."""
        self._running[name] = (ends_s, revert)
        self._plan()

    def stop(self, name: str) -> None:
        """Stop one timer, if it runs."""
        self._running.pop(name, None)
        self._plan()

    def left_s(self, name: str, now_s: float) -> int:
        """Return the whole seconds left, rounded up so that only a timer at rest reads 0."""
        running = self._running.get(name)
        return ceil(running[0] - now_s - _ROUNDING_S) if running else 0

    def shortest_s(self, now_s: float) -> float | None:
        """Return the time to the next reversion, None where no timer runs."""
        return self.deadline_s - now_s if self._running else None

    def expire(self, now_s: float) -> None:
        """Revert whatever has run out by now_s."""
        for name in [name for name, (ends_s, _revert) in self._running.items() if ends_s <= now_s]:
            _ends_s, revert = self._running.pop(name)
            revert()
            self.count += 1
        self._plan()

    def _plan(self) -> None:
        self.deadline_s = min((ends_s for ends_s, _revert in self._running.values()), default=inf)
