"""Commands through mosquitto: the retain flag is seen however they come, two uplinks of one name are kept apart."""

from __future__ import annotations

import json
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from mosquitto import Mosquitto
from mqtt_peers import PRESENCE, Controller, Listener, UplinkProcess, eventually
from paho.mqtt import publish

from gridkeel.link import message_ids
from host_tools.mqtt.address import broker_at

BASE = "gridkeel/v2/gk-test"


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("retain", [False, True])
def test_a_retained_command_is_refused_however_it_comes(tmp_path: Path, qos: int, retain: bool):
    with (
        Mosquitto(tmp_path) as mosquitto,
        Listener(broker_at(mosquitto.url)) as listener,
        Controller() as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port]),
    ):
        listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")
        publish.single(
            f"{BASE}/cmd",
            json.dumps({"mode": "safe"}),
            qos=qos,
            retain=retain,
            hostname="127.0.0.1",
            port=mosquitto.port,
            protocol=mqtt.MQTTv5,
        )
        answer = listener.wait(f"{BASE}/ack")
        assert answer["result"] == ("refused" if retain else "ok")
        assert ("do not retain" in answer.get("reason", "")) == retain
        assert controller.executed[message_ids.MODE] == (not retain)


def test_a_controller_moved_to_another_uplink_is_left_to_it(tmp_path: Path):
    with Mosquitto(tmp_path) as mosquitto, Listener(broker_at(mosquitto.url)) as listener, Controller() as controller:
        with UplinkProcess(tmp_path / "a.db", mosquitto.url, [controller.port], name="a") as old:
            listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")
            old.kill()  # a power cut: it will come back without the controller
        with UplinkProcess(tmp_path / "b.db", mosquitto.url, [controller.port], name="b"):
            online_at_b = listener.wait(f"{BASE}/status", lambda status: status["uplink"] == "b")
            assert online_at_b["status"] == "online"
            options = ("--wait", "--verbose")
            with UplinkProcess(tmp_path / "a.db", mosquitto.url, ["/dev/gridkeel-none"], *options, name="a") as late:
                assert eventually(lambda: any("is left alone" in line for line in late.lines))
                assert eventually(lambda: listener.of(f"{BASE}/status")[-1] == online_at_b)
                publish.single(f"{BASE}/cmd", '{"mode": "auto"}', qos=1, hostname="127.0.0.1", port=mosquitto.port)
                assert eventually(lambda: bool(listener.of(f"{BASE}/ack")))
                assert late.terminate() == 0
            assert [answer["result"] for answer in listener.of(f"{BASE}/ack")] == ["ok"]
            assert listener.of(f"{BASE}/status")[-1] == online_at_b


def test_a_restart_after_a_crash_takes_back_who_does_not_answer_before_it_says_it_is_there(tmp_path: Path):
    with Mosquitto(tmp_path) as mosquitto, Listener(broker_at(mosquitto.url)) as listener:
        with Controller() as controller, UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port]) as uplink:
            listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")
            uplink.kill()
        listener.wait(PRESENCE, lambda status: status["status"] == "offline")
        already = len(listener.messages)
        with UplinkProcess(tmp_path / "q.db", mosquitto.url, ["/dev/gridkeel-none"], "--wait") as uplink:
            assert eventually(lambda: any(topic == PRESENCE for topic, _payload in listener.messages[already:]))
            assert uplink.terminate() == 0
        said = [
            (topic.split("/")[2], json.loads(payload).get("reason", "online"))
            for topic, payload in listener.messages[already:]
            if topic.endswith("/status")
        ]
        assert said == [("gk-test", "no link"), ("$uplink", "online"), ("$uplink", "uplink stopped")]


def test_a_retired_controller_stays_retired(tmp_path: Path):
    with Mosquitto(tmp_path) as mosquitto, Listener(broker_at(mosquitto.url)) as listener:
        with UplinkProcess(tmp_path / "q.db", mosquitto.url, ["/dev/gridkeel-none"], "--wait"):
            pass
        with Controller() as controller, UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port]) as uplink:
            listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")
            assert uplink.terminate() == 0
        for leaf in ("birth", "status"):
            publish.single(f"{BASE}/{leaf}", b"", qos=1, retain=True, hostname="127.0.0.1", port=mosquitto.port)
        assert eventually(lambda: (f"{BASE}/status", b"") in listener.messages)
        with UplinkProcess(tmp_path / "q.db", mosquitto.url, ["/dev/gridkeel-none"], "--wait"):
            listener.wait(PRESENCE, lambda status: status["status"] == "online")
        with Listener(broker_at(mosquitto.url)) as late:
            assert eventually(lambda: bool(late.messages))
            assert {topic for topic, _payload in late.messages} == {PRESENCE}
