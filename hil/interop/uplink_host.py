"""The host's end as a user has it: `gridkeel uplink` and a broker, each a process, and a subscriber."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

from hil.interop.record_book import RecordBook
from host_tools.contract import topics
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.subscriber import Subscriber

_GRIDKEEL = (sys.executable, "-c", "from command_line.main import main; main()")
_STOP_S = 20.0
_ORDER_S = 10.0
_NO_RECORDS = {topics.BIRTH, topics.STATUS, topics.COMMAND, topics.ACK}


class UplinkHost(RecordBook):
    """Serves the port it is given with the real uplink.  pki: folder that it provides vehicles with contracts from."""

    def __init__(self, pki: Path) -> None:
        super().__init__()
        self._pki = pki
        self._device = ""

    @contextlib.contextmanager
    def serving(self, port: str) -> Iterator[None]:
        """Serve a port meanwhile.  Errors: MissingError where the broker does not start."""
        with tempfile.TemporaryDirectory(prefix="gridkeel-uplink-") as name, EmbeddedBroker() as self._broker:
            subscriber = Subscriber(broker_at(self._broker.url), self._take)
            subscriber.start()
            log = Path(name) / "uplink.log"
            with log.open("w") as lines:
                uplink = subprocess.Popen(
                    [
                        *(*_GRIDKEEL, "uplink", "--port", port, "--broker", self._broker.url),
                        *("--queue", f"{name}/queue.db", "--pki", str(self._pki)),
                    ],
                    stdout=lines,
                    stderr=lines,
                )
            try:
                yield
            finally:
                uplink.terminate()
                uplink.wait(_STOP_S)
                subscriber.stop()
                self.notes += log.read_text().splitlines()

    def order(self, command: dict[str, Any]) -> None:
        """Send a command as an operator does."""
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect(self._broker.host, self._broker.port)
        client.loop_start()
        client.publish(topics.topic(self._device, topics.COMMAND), json.dumps(command), 1).wait_for_publish(_ORDER_S)
        client.disconnect()
        client.loop_stop()

    def _take(self, name: str, payload: bytes) -> None:
        parts = topics.split(name)
        if parts is not None and parts[1] not in _NO_RECORDS:
            document = json.loads(payload)
            self._device = document["device"]
            self.note(document)
