"""One log line for each change of state, however many connections, devices and retries share it."""

from __future__ import annotations

from collections.abc import Callable

_SAID_MAX = 16  # different lines within one trouble; a reason that changes its words all the time is not said for ever


class ProblemLog:
    """Problems by who has them; `say` gets a line when a trouble is new and when the last one is over."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._of: dict[str, str] = {}
        self._said: set[str] = set()

    def begin(self, who: str, line: str, kind: str = "") -> None:
        """Take note of a trouble.  kind: lines of one kind are said once; without it, the same line is."""
        self._of[who] = line
        mark = kind or line
        if mark not in self._said and len(self._said) < _SAID_MAX:
            self._said.add(mark)
            self._say(line)

    def end(self, who: str, line: str) -> None:
        """Take note that `who` is well; `line` is said where nobody is in trouble any more."""
        if self._of.pop(who, None) is not None and not self._of:
            self._said.clear()
            self._say(line)

    @property
    def lines(self) -> list[str]:
        return sorted(set(self._of.values()))
