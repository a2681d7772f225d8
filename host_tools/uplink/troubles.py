"""One log line for each change of state, however many connections and retries share it."""

from __future__ import annotations

from collections.abc import Callable


class Troubles:
    """Who is in which trouble; `say` gets a line when a trouble is new and when the last one is over."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._of: dict[str, str] = {}

    def begin(self, who: str, line: str) -> None:
        known = line in self._of.values()
        self._of[who] = line
        if not known:
            self._say(line)

    def end(self, who: str, line: str) -> None:
        if self._of.pop(who, None) is not None and not self._of:
            self._say(line)

    @property
    def lines(self) -> list[str]:
        return sorted(set(self._of.values()))
