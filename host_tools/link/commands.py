"""Commands on their way to a device: repeated until answered, given up at their deadline."""

from __future__ import annotations

from dataclasses import dataclass

from gridkeel.link.frames import COMMANDS_IN_FLIGHT

RETRY_S = 0.3
RETRY_MAX_S = 2.0
ID_COUNT = 0xFFFF  # 1..65535; 0 means "no command" in a record


@dataclass
class Pending:
    """One command; the times are None until the clock has been seen."""

    command_id: int
    message: str
    values: dict[str, int | str]
    timeout_s: float
    expires_at: float | None = None
    retry_at: float | None = None
    retry_s: float = RETRY_S
    sent: bool = False


class CommandQueue:
    """Commands in the order of their ids, at most COMMANDS_IN_FLIGHT ids of them on the line.

    The device remembers twice that many ids, so one that is repeated is always one it remembers.
    """

    def __init__(self, first_id: int) -> None:
        self._next_id = first_id
        self._pending: list[Pending] = []

    def add(self, message: str, values: dict[str, int | str], timeout_s: float) -> int:
        """Queue a command and return its id."""
        command_id = self._next_id
        self._next_id = command_id % ID_COUNT + 1
        self._pending.append(Pending(command_id, message, values, timeout_s))
        return command_id

    def settle(self, command_id: int) -> Pending | None:
        """Take a command out that was sent and is answered."""
        for pending in self._pending:
            if pending.command_id == command_id and pending.sent:
                self._pending.remove(pending)
                return pending
        return None

    def discard(self, pending: Pending) -> None:
        self._pending.remove(pending)

    def due(self, now_s: float) -> list[Pending]:
        """Return what must go out now, and count it as sent."""
        out = []
        for pending in self._pending:
            ahead = (pending.command_id - self._pending[0].command_id) % ID_COUNT
            if ahead >= COMMANDS_IN_FLIGHT:
                break
            if pending.retry_at is None or pending.retry_at <= now_s:
                if pending.sent:
                    pending.retry_s = min(2 * pending.retry_s, RETRY_MAX_S)
                pending.sent = True
                pending.retry_at = now_s + pending.retry_s
                out.append(pending)
        return out

    def expire(self, now_s: float) -> list[Pending]:
        """Take out and return what has passed its deadline."""
        for pending in self._pending:
            if pending.expires_at is None:
                pending.expires_at = now_s + pending.timeout_s
        expired = [pending for pending in self._pending if (pending.expires_at or 0.0) <= now_s]
        self._pending = [pending for pending in self._pending if pending not in expired]
        return expired

    def take_sent(self) -> list[Pending]:
        """Take out and return what a device that is gone may or may not have executed."""
        sent = [pending for pending in self._pending if pending.sent]
        self._pending = [pending for pending in self._pending if not pending.sent]
        return sent

    def times(self, sending: bool) -> list[float]:
        """Return when something must be done: at once for a command without a clock, else its retry or deadline."""
        times = []
        for pending in self._pending:
            times.append(0.0 if pending.expires_at is None else pending.expires_at)
            if sending and pending.retry_at is not None:
                times.append(pending.retry_at)
        return times
