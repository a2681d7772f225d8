"""What a controller says about itself on its retained topics: birth and status."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from host_tools.schema import IDS

ONLINE = "online"
OFFLINE = "offline"


@dataclass(frozen=True)
class Birth:
    """A controller at the far end of a live link.  table: {message: [{"name", "unit"}, ...]} as it declared it."""

    device: str
    boot: int
    firmware: str
    table: dict[str, list[dict[str, str]]]

    def payload(self) -> bytes:
        return _json(
            {
                "device": self.device,
                "boot": self.boot,
                "firmware": self.firmware,
                "uplink": version("gridkeel"),
                "schemas": IDS,
                "table": self.table,
            }
        )


def status(device: str, state: str, *, boot: int | None = None, reason: str = "") -> bytes:
    """Return a status payload; state is ONLINE or OFFLINE."""
    document: dict[str, Any] = {"device": device, "status": state}
    if boot is not None:
        document["boot"] = boot
    if reason:
        document["reason"] = reason
    return _json(document)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
