"""Result of a refusal: the four things each of them must show, as one row of the table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CHARGED = "charged"


@dataclass(frozen=True)
class Contactor:
    """Movements of the plant's main contacts.

    was_closed: before the offence.  open_after_ms: from the answer (or the end of the connection) until they were
    open, negative where they were first, None where they never were, 0 where they had not been closed at all.
    """

    was_closed: bool
    open_after_ms: float | None

    def __str__(self) -> str:
        if self.open_after_ms is None:
            return "closed"
        return f"opened, {self.open_after_ms:+.0f} ms" if self.was_closed else "stays open"


@dataclass(frozen=True)
class Row:
    """Result of one refusal.

    wanted, code: the answer as the standard has it and as it was, "" for a connection that ends without one.
    charging: the contactor is to be closed before.  entry: the line of the log as it came on the link, "" for none.
    next_vehicle: CHARGED, or what else.  took_s: all of it.
    """

    name: str
    wanted: str
    code: str
    charging: bool
    contactor: Contactor
    entry: str
    next_vehicle: str
    took_s: float

    @property
    def endings(self) -> dict[str, bool]:
        """Whether each of the four is as it should be."""
        contactor = self.contactor
        return {
            "answer": self.code == self.wanted,
            "contactor": contactor.open_after_ms is not None and contactor.was_closed == self.charging,
            "log": bool(self.entry),
            "next vehicle": self.next_vehicle == CHARGED,
        }

    @property
    def ok(self) -> bool:
        """Whether all four are."""
        return all(self.endings.values())

    def document(self) -> dict[str, Any]:
        """Return the row for a JSON file."""
        return asdict(self) | {"endings": self.endings, "ok": self.ok}
