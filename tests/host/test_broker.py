"""The embedded broker and the publisher's pace on it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from mqtt_peers import ROOT, eventually, free_port
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from host_tools.errors import MissingError, ToolError
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.counter import CountingSubscriber
from host_tools.uplink.birth import Birth
from host_tools.uplink.publisher_thread import PublisherThread
from host_tools.uplink.queue import Entry, Queue

_RUN = "from command_line.main import main; main()"


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def entries(first: int, last: int) -> list[Entry]:
    return [
        Entry("d", 1, n, "telemetry", json.dumps({"device": "d", "boot": 1, "sequence": n, "pad": "x" * 400}).encode())
        for n in range(first, last + 1)
    ]


def test_the_broker_listens_on_the_loopback_alone_and_frees_its_ports():
    with EmbeddedBroker(v4_port=0) as broker:
        ports = (broker.port, broker.v4_port)
        assert all(answers(port) for port in ports)
        listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
        for port in ports:
            rows = [row.split()[1] for row in listening.splitlines() if f":{port:04X} " in row and " 0A " in row]
            assert rows == [f"0100007F:{port:04X}"]
    assert not any(answers(port) for port in ports)


def test_the_embedded_broker_forgets_an_expiring_message_early_as_the_page_says(tmp_path: Path):
    """Where this fails, rumqttd has been mended: the warnings of `gridkeel broker` and docs/mqtt.md can go."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    expiring = Properties(PacketTypes.PUBLISH)
    expiring.MessageExpiryInterval = 300
    heard: list[str] = []
    client.on_message = lambda _client, _data, message: heard.append(message.topic)
    with EmbeddedBroker() as broker:
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        client.publish("a/expires", b"1", qos=1, retain=True, properties=expiring).wait_for_publish(10)
        client.publish("a/stays", b"1", qos=1, retain=True).wait_for_publish(10)
        time.sleep(1.1)
        # Each filter takes the message's whole age off what is left of its time: 300 times one second.
        for number in range(299):
            client.subscribe(f"other/{number}", qos=1)
        client.subscribe("a/#", qos=1)
        eventually(lambda: "a/stays" in heard)
        client.disconnect()
        client.loop_stop()
    assert "a/expires" not in heard, "after 2 s of its 300"


def test_a_restarted_broker_comes_back_on_the_same_port():
    with EmbeddedBroker() as broker:
        port = broker.port
        broker.stop()
        assert not broker.is_running
        broker.start()
        assert (broker.port, broker.is_running) == (port, True)


def test_a_port_in_use_and_a_host_name_are_rejected():
    with EmbeddedBroker() as broker, pytest.raises(MissingError, match="already in use.*choose another --port"):
        EmbeddedBroker(broker.port).start()
    with pytest.raises(ToolError, match="give an IP address"):
        EmbeddedBroker(host="localhost")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_command_prints_where_it_listens_and_ends_with_its_child(end: signal.Signals):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, "broker", "--port", str(port), "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["url"] == f"mqtt://127.0.0.1:{port}"
    assert answers(port)
    process.send_signal(end)
    assert process.wait(20) == (0 if end is not signal.SIGKILL else -signal.SIGKILL)
    assert eventually(lambda: not answers(port))


def test_a_broker_restarted_under_the_publisher_loses_no_record(tmp_path: Path):
    lines: list[str] = []
    with EmbeddedBroker() as broker, Queue(tmp_path / "q.db") as queue:
        at = broker_at(broker.url)
        with PublisherThread(tmp_path / "q.db", at, say=lines.append) as publisher:
            publisher.attach(Birth("d", 1, "fw", {}))
            with CountingSubscriber(at) as counter:
                queue.put_many(entries(1, 2000))
                assert publisher.drain(30)
                assert counter.wait_for(2000, 30)
            broker.stop()
            assert eventually(lambda: bool(publisher.problems))
            queue.put_many(entries(2001, 4000))
            assert not publisher.drain(0.2)
            broker.start()
            assert publisher.drain(30)
            assert publisher.published == 4000
        assert publisher.error is None
    assert any("cannot be reached" in line or "connection lost" in line for line in lines[:-1])
    assert "takes messages again" in lines[-1]


def test_records_without_a_link_are_delivered_too(tmp_path: Path):
    with EmbeddedBroker() as broker, Queue(tmp_path / "q.db") as queue:
        at = broker_at(broker.url)
        queue.put_many(entries(1, 100))
        with CountingSubscriber(at) as counter, PublisherThread(tmp_path / "q.db", at) as publisher:
            assert counter.wait_for(100, 30)
            queue.put_many(entries(101, 150))
            assert counter.wait_for(150, 30)
            assert publisher.drain(10)
        assert (counter.by_device, counter.doubled) == ({"d": 150}, 0)


def test_a_damaged_queue_ends_the_publisher_with_its_reason(tmp_path: Path):
    (tmp_path / "q.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(ToolError, match="is damaged"):
        PublisherThread(tmp_path / "q.db", broker_at("mqtt://127.0.0.1:1")).start()


def test_stopping_without_a_broker_takes_no_retry_pause(tmp_path: Path):
    Queue(tmp_path / "q.db").close()
    publisher = PublisherThread(tmp_path / "q.db", broker_at("mqtt://127.0.0.1:1"), say=lambda _line: None).start()
    publisher.attach(Birth("d", 1, "fw", {}))
    assert eventually(lambda: bool(publisher.problems))
    publisher.stop()
    assert publisher.error is None
