"""Whether a controller is online, by its status and the presence of the uplink named there: docs/mqtt.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from host_tools.contract import topics

PAYLOAD_MAX = 64 * 1024
_RUN_MAX = 64
_WORDS = {"online": True, "offline": False}


class Said(NamedTuple):
    """A controller's status or an uplink's presence.

    online: None for a word that is neither.  uplink: topic level of the uplink a status names.  reason: as it came.
    run: which start of the uplink says so, None where that is not said.
    """

    online: bool | None
    uplink: str | None
    reason: Any
    run: str | None = None


def document_of(payload: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a payload, None where there is none or it is too long."""
    if len(payload) > PAYLOAD_MAX:
        return None
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def said(document: Mapping[str, Any]) -> Said:
    """Read a status or a presence, whatever it holds."""
    word, uplink, run = document.get("status"), document.get("uplink"), document.get("run")
    return Said(
        _WORDS.get(word) if isinstance(word, str) else None,
        topics.level(uplink) if isinstance(uplink, str) else None,
        document.get("reason"),
        run[:_RUN_MAX] if isinstance(run, str) else None,
    )


def is_online(status: Said, uplinks: Mapping[str, Said]) -> bool | None:
    """Return whether a controller is there, None where its status does not say.

    uplinks: presence by topic level; one that is not there, or unreadable, is offline.  A status of an earlier start of
    its uplink, or of another uplink that has the name now, is offline too.
    """
    if not status.online or status.uplink is None:
        return status.online
    presence = uplinks.get(status.uplink)
    return presence is not None and presence.online is True and status.run in (None, presence.run)
