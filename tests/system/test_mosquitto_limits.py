"""Limits that mosquitto can be configured to grant: records arrive all the same, on one connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosquitto import Mosquitto
from mqtt_peers import Controller, Listener, UplinkProcess, eventually

from host_tools.mqtt.address import broker_at
from host_tools.mqtt.counter import CountingSubscriber

LESS = {
    "packets of 2,048": ("max_packet_size 2048",),
    "no retain": ("retain_available false",),
    "QoS 0": ("max_qos 0",),
    "QoS 1": ("max_qos 1",),
    "one in flight": ("max_inflight_messages 1",),
    "a keep-alive of 10 s": ("max_keepalive 10",),
    "no aliases": ("max_topic_alias 0",),
    "everything": (
        "max_packet_size 2048",
        "retain_available false",
        "max_qos 0",
        "max_inflight_messages 1",
        "max_keepalive 10",
        "max_topic_alias 0",
    ),
}


@pytest.mark.parametrize("name", LESS)
def test_records_arrive_on_one_connection_whatever_the_broker_grants(name: str, tmp_path: Path):
    with (
        Mosquitto(tmp_path, *LESS[name]) as mosquitto,
        CountingSubscriber(broker_at(mosquitto.url)) as counter,
        Listener(broker_at(mosquitto.url)) as listener,
        Controller("gk-0", per_s=50.0) as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port], "--verbose") as uplink,
    ):
        assert counter.wait_for(150, 60), uplink.lines
        controller.quiet()
        assert eventually(lambda: counter.by_device == {"gk-0": controller.link.produced}, 30)
        birth = listener.wait("gridkeel/v2/gk-0/birth")
        assert ("table" in birth) == ("max_packet_size 2048" not in LESS[name])
        listener.wait("gridkeel/v2/gk-0/status", lambda status: status["status"] == "online")
        assert sum(line.startswith("connected to broker") for line in uplink.lines) == 1
        assert uplink.terminate() == 0
        assert listener.wait("gridkeel/v2/gk-0/status")["reason"] == "uplink stopped"
