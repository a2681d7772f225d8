"""A subscriber that counts: how many distinct messages of each device a broker delivered."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable

from host_tools.contract import topics
from host_tools.contract.dedupe import Dedupe
from host_tools.mqtt.address import Broker
from host_tools.mqtt.subscriber import Subscriber

_NO_RECORDS = {topics.BIRTH, topics.STATUS, topics.COMMAND, topics.ACK, topics.TWIN}
_SESSION_S = 3600  # a broker with a disk keeps what comes while this subscriber is away


class CountingSubscriber:
    """Counts in a thread of its own from `start` on.

    with CountingSubscriber(broker) as counter: ... counter.wait_for(1000, timeout_s=10); counter.delivered
    on_message: called in the thread with (topic, payload) of every message, doubled ones and statuses too.
    Errors: MissingError at `start` where the broker cannot be reached.
    """

    def __init__(self, broker: Broker, *, on_message: Callable[[str, bytes], None] | None = None) -> None:
        self.by_device: Counter[str] = Counter()
        self.malformed = 0
        self._on_message = on_message
        self._dedupe = Dedupe()
        self._changed = threading.Condition()
        self._subscriber = Subscriber(broker, self._take, session_expiry_s=_SESSION_S)

    @property
    def delivered(self) -> int:
        """Distinct records, all devices together."""
        return sum(self.by_device.values())

    @property
    def doubled(self) -> int:
        return self._dedupe.doubled

    def start(self) -> CountingSubscriber:
        self._subscriber.start()
        return self

    def stop(self) -> None:
        self._subscriber.stop()

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Wait until at least `count` distinct records were delivered; return False where they were not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.delivered >= count, timeout_s)

    def __enter__(self) -> CountingSubscriber:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def _take(self, name: str, payload: bytes) -> None:
        parts = topics.split(name)
        with self._changed:
            if parts is not None and parts[1] not in _NO_RECORDS:
                self._count(*parts, payload)
            if self._on_message is not None:
                self._on_message(name, payload)
            self._changed.notify_all()

    def _count(self, level: str, leaf: str, payload: bytes) -> None:
        try:
            document = json.loads(payload)
            if leaf == topics.COMPACT:
                device, boot, sequence = level, int(document[1]), int(document[2])
            else:
                device, boot, sequence = str(document["device"]), int(document["boot"]), int(document["sequence"])
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
            self.malformed += 1
            return
        if self._dedupe.is_new(device, boot, sequence):
            self.by_device[device] += 1
