"""Commands as processes, and an operator that hears and asks over MQTT."""

from __future__ import annotations

import json
import queue
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
from cli_run import command
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

WAIT_S = 30.0
DEVICE = "chain-1"


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(20) == 0, process.stdout.read() if process.stdout else ""


def first_line(process: subprocess.Popen[str]) -> dict:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


class Operator:
    """An MQTT 5 client that keeps the newest message of each topic."""

    def __init__(self, port: int) -> None:
        self.newest: dict[str, dict] = {}
        self.answers: queue.Queue[tuple[bytes, dict]] = queue.Queue()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(
            [("gridkeel/v2/#", mqtt.SubscribeOptions(qos=1)), ("answers", mqtt.SubscribeOptions(qos=1))]
        )
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        payload = json.loads(message.payload)
        if message.topic == "answers":
            self.answers.put((message.properties.CorrelationData, payload))
        else:
            self.newest[message.topic.rsplit("/", 1)[-1]] = payload

    def ask(self, request: dict, correlation: bytes) -> dict:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = "answers"
        properties.CorrelationData = correlation
        self._client.publish(f"gridkeel/v2/{DEVICE}/cmd", json.dumps(request), qos=1, properties=properties)
        answered, answer = self.answers.get(timeout=WAIT_S)
        assert answered == correlation
        return answer

    def wait_for(self, leaf: str, wanted: object) -> dict:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if leaf in self.newest and wanted(self.newest[leaf]):  # type: ignore[operator]
                return self.newest[leaf]
            time.sleep(0.05)
        raise AssertionError(f"{leaf}: {self.newest.get(leaf)}")
