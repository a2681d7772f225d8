"""Delay of the interpreter's next start: at once for a reset, later and later for a program that keeps failing."""

from __future__ import annotations

SHORT_LIFE_S = 1.0
FREE_CRASHES = 3
FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 5.0


class RestartPolicy:
    """Counts restarts and returns the pause before each."""

    def __init__(self) -> None:
        self.restarts = 0
        self.crashes_in_a_row = 0

    def after(self, lived_s: float, asked: bool) -> float:
        """Note an end and return the pause in s; asked: a client had typed, so the end is taken for its doing."""
        self.restarts += 1
        if asked or lived_s >= SHORT_LIFE_S:
            self.crashes_in_a_row = 0
            return 0.0
        self.crashes_in_a_row += 1
        over = self.crashes_in_a_row - FREE_CRASHES
        return 0.0 if over <= 0 else min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (over - 1))
