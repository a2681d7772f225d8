"""A fleet larger than what mosquitto queues for one subscriber, as the monitor and an operator see it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import paho.mqtt.client as paho
from mosquitto import Mosquitto

from host_tools.contract import topics
from host_tools.monitor.app import snapshot
from host_tools.mqtt.address import broker_at

CONTROLLERS = 3000
QUEUED = "max_queued_messages 1000"  # the default


def publish(port: int) -> None:
    """Retain an uplink's presence and the status of each of its controllers, every tenth offline."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for number in range(CONTROLLERS):
        status = {"status": "online" if number % 10 else "offline", "uplink": "up", "reason": ""}
        last = client.publish(topics.topic(f"gk-{number}", topics.STATUS), json.dumps(status), 1, retain=True)
    last.wait_for_publish(60)
    client.publish(topics.presence("up"), json.dumps({"status": "online"}), 1, retain=True).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_the_monitor_sees_every_controller_with_mosquittos_default_queue(tmp_path: Path):
    with Mosquitto(tmp_path, QUEUED) as mosquitto:
        publish(mosquitto.port)
        totals = snapshot(broker_at(mosquitto.url), threading.Event(), 2.0)["totals"]
    assert totals == {"controllers": CONTROLLERS, "online": 2700, "offline": 300, "faulted": 0, "stale": 0}
