"""Whether a controller is there, from its status and the presence of the uplink that the status names: docs/mqtt.md."""

from __future__ import annotations

import json
from typing import Any

from host_tools.uplink import topics


class Presence:
    """One controller's presence as its topics tell it.  online: None until its status has been seen."""

    def __init__(self, device: str) -> None:
        self._topic = topics.topic(device, topics.STATUS)
        self._status: dict[str, Any] | None = None
        self._uplinks: dict[str, bool] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return self._topic, topics.UPLINKS

    def take(self, topic: str, payload: bytes) -> None:
        """Fold a message in; any topic may be given."""
        uplink = topics.split_presence(topic)
        if uplink is None and topic != self._topic:
            return
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            document = None
        known = document if isinstance(document, dict) else None
        if uplink is not None:
            self._uplinks[uplink] = known is not None and known.get("status") == "online"
        else:
            self._status = known

    @property
    def online(self) -> bool | None:
        if self._status is None:
            return None
        uplink = self._status.get("uplink")
        there = not isinstance(uplink, str) or self._uplinks.get(topics.level(uplink), False)
        return self._status.get("status") == "online" and there

    @property
    def words(self) -> str:
        """Say what is known, and why it is offline."""
        if self._status is None:
            return "no controller of this name is known to the broker: check the name"
        if self.online:
            return "it is online"
        if self._status.get("status") == "online":
            return f"it is offline: its uplink {ascii(self._status.get('uplink'))[:60]} is gone"
        return f"it is offline: {ascii(self._status.get('reason'))[1:60]}".rstrip("'")
