"""Retained messages about presence: a controller's birth and status, the uplink's own status."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from host_tools.commit import host_version
from host_tools.contract.compact import MESSAGES
from host_tools.contract.schemas import IDS

ONLINE = "online"
OFFLINE = "offline"

Table = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Birth:
    """A controller at the far end of a live link.  table: {message: [{"name", "unit"}, ...]} as it declared it.

    table None: left out, for a broker that takes no packet of that size.  group: 0 none, or not read yet.
    compact: its frequent records go without names.
    """

    device: str
    boot: int
    firmware: str
    table: Table | None
    group: int = 0
    compact: bool = False

    def payload(self) -> bytes:
        document: dict[str, Any] = {
            "device": self.device,
            "boot": self.boot,
            "firmware": self.firmware,
            "group": self.group,
            "uplink": host_version(),
            "schemas": IDS,
        }
        if self.compact:
            document["compact"] = list(MESSAGES)
        if self.table is not None:
            document["table"] = self.table
        return _json(document)

    def without_table(self) -> Birth:
        return replace(self, table=None)


def status(device: str, state: str, *, uplink: str, run: str, boot: int | None = None, reason: str = "") -> bytes:
    """Return a controller's status payload; state is ONLINE or OFFLINE, run that of the uplink's presence."""
    document: dict[str, Any] = {"device": device, "status": state, "uplink": uplink, "run": run}
    if boot is not None:
        document["boot"] = boot
    if reason:
        document["reason"] = reason
    return _json(document)


def presence(uplink: str, state: str, *, run: str, reason: str = "") -> bytes:
    """Return an uplink's own status payload; state is ONLINE or OFFLINE, run another text for each of its starts."""
    document = {"uplink": uplink, "status": state, "run": run, "version": host_version()}
    if reason:
        document["reason"] = reason
    return _json(document)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
