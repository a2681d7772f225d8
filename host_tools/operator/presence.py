"""One controller's presence, as an operator's command needs it, by the rule of host_tools/contract/online.py."""

from __future__ import annotations

from host_tools.contract import topics
from host_tools.contract.online import Said, document_of, is_online, said


class Presence:
    """Whether a controller is online, by its status and its uplink; `online` is None until a status came."""

    def __init__(self, device: str) -> None:
        self._topic = topics.topic(device, topics.STATUS)
        self._status: Said | None = None
        self._uplinks: dict[str, Said] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return self._topic, topics.UPLINKS

    def take(self, topic: str, payload: bytes) -> None:
        """Fold a message in; any topic may be given."""
        uplink = topics.split_presence(topic)
        if uplink is None and topic != self._topic:
            return
        document = document_of(payload)
        found = None if document is None else said(document)
        if uplink is None:
            self._status = found
        elif found is None:
            self._uplinks.pop(uplink, None)
        else:
            self._uplinks[uplink] = found

    @property
    def online(self) -> bool | None:
        if self._status is None:
            return None
        return is_online(self._status, self._uplinks)

    @property
    def words(self) -> str:
        """Say what is known, and why it is offline."""
        if self._status is None:
            return "no controller of this name is known to the broker: check the name"
        if self.online:
            return "it is online"
        if self.online is None:
            return "its status says neither online nor offline"
        if self._status.online:
            return f"it is offline: its uplink {ascii(self._status.uplink)[:60]} is gone or was started anew"
        return f"it is offline: {ascii(self._status.reason)[1:60]}".rstrip("'")
