"""A contactor: closes and opens after its mechanical delay, may weld or stick; its auxiliary contact is honest."""

from __future__ import annotations


class Contactor:
    """closed: the main contacts; welded and stuck are faults a scenario sets."""

    def __init__(self, close_s: float = 0.040, open_s: float = 0.020) -> None:
        self._close_s = close_s
        self._open_s = open_s
        self.closed = False
        self.welded = False
        self.stuck = False
        self._order = False
        self._moves_s = 0.0

    def advance(self, now_s: float, order: bool) -> bool:
        """Take the coil's level at now_s and return whether the main contacts are closed."""
        if order != self._order:
            self._order = order
            self._moves_s = now_s + (self._close_s if order else self._open_s)
        if now_s >= self._moves_s:
            self.closed = (order and not self.stuck) or (self.closed and self.welded)
        return self.closed
