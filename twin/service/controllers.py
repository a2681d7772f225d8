"""Controllers as the broker tells of them: which are online, what their births declare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from host_tools.contract import topics
from host_tools.contract.online import Said, document_of, is_online, said
from twin.intake.parser import Parser

_MOST = 200_000


@dataclass
class Controllers:
    """Births and presence by topic level; bounded, as whoever may publish could make up any number of them."""

    statuses: dict[str, Said] = field(default_factory=dict)
    uplinks: dict[str, Said] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    births: int = 0

    def take(self, topic: str, payload: bytes, parser: Parser) -> bool:
        """Read a birth, a status or a presence; return False for anything else."""
        uplink = topics.split_presence(topic)
        if uplink is not None:
            _put(self.uplinks, uplink, payload)
            return True
        parts = topics.split(topic)
        if parts is None or parts[1] not in (topics.BIRTH, topics.STATUS):
            return False
        device, leaf = parts
        if leaf == topics.STATUS:
            _put(self.statuses, device, payload)
        else:
            self._birth(device, document_of(payload) or {}, parser)
        return True

    def online(self, device: str) -> bool | None:
        """Return whether a controller is there, None where nobody says so."""
        status = self.statuses.get(device)
        return None if status is None else is_online(status, self.uplinks)

    def _birth(self, device: str, document: dict[str, Any], parser: Parser) -> None:
        self.births += 1
        group = document.get("group")
        if group.__class__ is int and group and len(self.groups) < _MOST:
            self.groups[device] = group
        else:
            self.groups.pop(device, None)
        compact, table = document.get("compact"), document.get("table")
        if not isinstance(compact, list) or not isinstance(table, dict):
            return
        for message in compact:
            columns = table.get(message) if isinstance(message, str) else None
            if isinstance(columns, list) and all(isinstance(column, dict) for column in columns):
                parser.compact(device, message, tuple(str(column.get("name")) for column in columns))


def _put(known: dict[str, Said], name: str, payload: bytes) -> None:
    document = document_of(payload)
    if document is None:
        known.pop(name, None)
    elif name in known or len(known) < _MOST:
        known[name] = said(document)
