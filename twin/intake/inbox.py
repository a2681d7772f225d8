"""Messages that wait to be read: bounded, the oldest go first."""

from __future__ import annotations

from collections import deque


class Inbox:
    """What came and was not worked yet.  Where it is full, the oldest is dropped, counted and acknowledged unread.

    At QoS 1 a broker keeps to the Receive Maximum and this never fills: then the broker holds what comes.  It fills at
    QoS 0, and with a broker that does not keep to it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped = 0
        self._waiting: deque[tuple[str, bytes, bool, int]] = deque()
        self._unread: list[int] = []  # numbers of what was dropped, for acknowledging

    def put(self, topic: str, payload: bytes, retained: bool, number: int) -> None:
        if len(self._waiting) >= self.limit:
            self._unread.append(self._waiting.popleft()[3])
            self.dropped += 1
        self._waiting.append((topic, payload, retained, number))

    def take(self, most: int) -> list[tuple[str, bytes, bool, int]]:
        """Return and remove the oldest."""
        waiting = self._waiting
        return [waiting.popleft() for _ in range(min(most, len(waiting)))]

    def take_dropped(self) -> list[int]:
        """Return the numbers of what was dropped since the last time."""
        unread, self._unread = self._unread, []
        return unread

    def clear(self) -> None:
        """Forget what an ended connection brought: the broker sends it again."""
        self._waiting.clear()
        self._unread.clear()

    def __len__(self) -> int:
        return len(self._waiting)
