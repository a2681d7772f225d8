"""State of the controllers on a broker, from their messages alone; bounded, whatever comes."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from host_tools.contract import topics
from host_tools.contract.compact import Table, expanded
from host_tools.contract.dedupe import Dedupe
from host_tools.contract.online import PAYLOAD_MAX, Said, document_of, is_online, said
from host_tools.monitor.controller import FAULTED, STALE_S, Controller, text

DEVICES_MAX = 200_000  # about 1 kB each; what comes beyond is counted and shown, never dropped in silence
_UPLINKS_MAX = 10_000
_EVENTS = 200
_TABLES_MAX = 16  # different message tables, one a version of the firmware


class Event(NamedTuple):
    """Something that happened: when (monotonic seconds), to whom, and what."""

    at_s: float
    device: str
    words: str


@dataclass(frozen=True)
class Totals:
    """Counts of controllers by kind; stale: online, and not heard for STALE_S."""

    controllers: int
    online: int
    offline: int
    faulted: int
    stale: int

    def words(self) -> str:
        noun = "controller" if self.controllers == 1 else "controllers"
        return (
            f"{self.controllers} {noun}: {self.online} online, {self.offline} offline, {self.faulted} faulted,"
            f" {self.stale} stale"
        )


class Fleet:
    """Controllers by the level in their topic, and the uplinks they name.

    Which of them is online is the rule of host_tools/contract/online.py.
    """

    def __init__(self, devices_max: int = DEVICES_MAX) -> None:
        self.controllers: dict[str, Controller] = {}
        self.events: deque[Event] = deque(maxlen=_EVENTS)
        self.uplinks: dict[str, Said] = {}
        self.malformed = 0
        self.unseen: set[int] = set()  # hashes of the names of devices that found no room
        self.version = 0  # rises with every change
        self._happened = 0
        self._tables: dict[str, str] = {}
        self._devices_max = devices_max
        self._served: dict[str, set[str]] = {}
        self._dedupe = Dedupe(boots=2 * devices_max)

    @property
    def doubled(self) -> int:
        return self._dedupe.doubled

    def take(self, topic: str, payload: bytes, now_s: float) -> Controller | None:
        """Fold one message in; return the controller it changed, None where it changed none."""
        uplink = topics.split_presence(topic)
        if uplink is not None:
            self._take_presence(uplink, payload, now_s)
            return None
        parts = topics.split(topic)
        if parts is None or parts[1] in (topics.COMMAND, topics.ACK):
            return None
        level, leaf = parts
        if not payload and leaf in (topics.STATUS, topics.BIRTH):
            self._forget(level, leaf)
            return None
        document = self._expanded(level, payload) if leaf == topics.COMPACT else document_of(payload)
        if document is None:
            self.malformed += 1
            return None
        if leaf == topics.COMPACT:
            leaf = document["message"]
        if leaf == topics.STATUS:
            return self._take_status(self._controller(level), document, now_s)
        if leaf == topics.BIRTH:
            return self._born(self._controller(level), document)
        return self._take_record(level, leaf, document, now_s)

    def totals(self, now_s: float) -> Totals:
        every = self.controllers.values()
        return Totals(
            len(self.controllers),
            sum(one.online is True for one in every),
            sum(one.online is False for one in every),
            sum(one.rank(now_s) == FAULTED for one in every),
            sum(bool(one.online) and one.heard_s is not None and now_s - one.heard_s > STALE_S for one in every),
        )

    def events_since(self, seen: int) -> tuple[list[Event], int]:
        """Return the events after the first `seen` ones, and how many there were in all; the oldest may be gone."""
        fresh = min(self._happened - seen, len(self.events))
        return list(self.events)[len(self.events) - fresh :], self._happened

    def document(self, now_s: float) -> dict[str, Any]:
        """Return everything for JSON, those that want attention first."""
        order = sorted(self.controllers.values(), key=lambda one: (one.rank(now_s), one.device))
        return {
            "totals": vars(self.totals(now_s)),
            "without_room": len(self.unseen),
            "doubled": self.doubled,
            "malformed": self.malformed,
            "uplinks": {name: presence.online is True for name, presence in sorted(self.uplinks.items())},
            "controllers": [one.document(now_s) for one in order],
            "events": [
                {"age_s": round(now_s - event.at_s, 3), "device": event.device, "event": event.words}
                for event in self.events
            ],
        }

    def _take_record(self, level: str, leaf: str, document: dict[str, Any], now_s: float) -> Controller | None:
        boot, sequence = _count(document.get("boot")), _count(document.get("sequence"))
        if boot is None or sequence is None:
            self.malformed += 1
            return None
        if not self._dedupe.is_new(level, boot, sequence):
            return None
        controller = self._controller(level)
        if controller is None:
            return None
        self.version += 1
        controller.messages += 1
        controller.heard_s = now_s
        if leaf == "telemetry":
            controller.take_telemetry(document)
        elif leaf == "fault_event":
            words = controller.take_event(document)
            if words is not None:
                self._happen(now_s, controller, words)
        return controller

    def _born(self, controller: Controller | None, birth: dict[str, Any]) -> Controller | None:
        """Keep the table of a controller whose records come without names; most have the same one."""
        if controller is not None and "compact" in birth:
            table = json.dumps(birth.get("table"))
            if table in self._tables or len(self._tables) < _TABLES_MAX:
                controller.table = self._tables.setdefault(table, table)
        return controller

    def _expanded(self, level: str, payload: bytes) -> dict[str, Any] | None:
        """Return a record that came without names, None where it is malformed or came before its birth message."""
        controller = self.controllers.get(level)
        if controller is None or controller.table is None or len(payload) > PAYLOAD_MAX:
            return None
        try:
            return expanded(controller.device, json.loads(payload), _table_of(controller.table))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return None

    def _controller(self, level: str) -> Controller | None:
        """Return a device's entry; None where there is no room for one more."""
        found = self.controllers.get(level)
        if found is None:
            if len(self.controllers) >= self._devices_max:
                if len(self.unseen) < self._devices_max:
                    self.unseen.add(hash(level))
                return None
            found = self.controllers[level] = Controller(text(level) or "?", level)
            self.version += 1
        return found

    def _take_status(self, controller: Controller | None, document: dict[str, Any], now_s: float) -> Controller | None:
        if controller is None:
            return None
        status = said(document)
        controller.said, controller.reason = status._replace(reason=None), text(status.reason)
        self._serve(controller, controller.said.uplink)
        self._judge(controller, now_s)
        return controller

    def _take_presence(self, uplink: str, payload: bytes, now_s: float) -> None:
        first = uplink not in self.uplinks
        if first and len(self.uplinks) >= _UPLINKS_MAX:
            return
        document = document_of(payload)
        if document is None:
            self.malformed += bool(payload)
            self.uplinks.pop(uplink, None)
        else:
            self.uplinks[uplink] = said(document)._replace(reason=None)
        for level in self._served.get(uplink, ()):
            # Retained statuses may come before the presence they name: what then becomes known is no event.
            self._judge(self.controllers[level], now_s, is_event=not first)

    def _serve(self, controller: Controller, uplink: str | None) -> None:
        """Note which uplink serves a controller, None for none."""
        served = self._served.get(controller.uplink or "")
        if served is not None and uplink != controller.uplink:
            served.discard(controller.level)
            if not served:
                del self._served[controller.uplink or ""]
        controller.uplink = uplink
        if uplink is not None:
            self._served.setdefault(uplink, set()).add(controller.level)

    def _judge(self, controller: Controller, now_s: float, is_event: bool = True) -> None:
        """Work out whether a controller is online; a change is an event."""
        online = is_online(controller.said, self.uplinks)
        self.version += 1
        before, controller.online = controller.online, online
        if online == before or before is None or not is_event:
            return
        words = "online" if online else "offline" if online is False else "of unknown presence"
        why = controller.reason if controller.said.online is False else self._why_uplink(controller)
        self._happen(now_s, controller, words if online else f"{words}: {why or 'no reason'}")

    def _why_uplink(self, controller: Controller) -> str:
        presence = self.uplinks.get(controller.uplink or "")
        gone = presence is None or not presence.online
        return f"uplink {controller.uplink} {'is gone' if gone else 'was started anew, or another has its name'}"

    def _happen(self, now_s: float, controller: Controller, words: str) -> None:
        self.events.append(Event(now_s, controller.device, words))
        self._happened += 1

    def _forget(self, level: str, leaf: str) -> None:
        """A retired device is removed by an empty retained status; an empty birth alone says nothing."""
        if leaf == topics.STATUS and level in self.controllers:
            self._serve(self.controllers[level], None)
            del self.controllers[level]
            self.version += 1


def _count(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFFFFFF
    return value if fits else None


@lru_cache(_TABLES_MAX)
def _table_of(text: str) -> Table:
    """Return a birth message's table from its JSON.  Errors: AttributeError later, where it is none."""
    return json.loads(text)
