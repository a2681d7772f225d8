"""Commands to a group through mosquitto: one publish reaches all members, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from mosquitto import Mosquitto
from mqtt_peers import Controller, Listener, UplinkProcess, eventually
from paho.mqtt import publish

from gridkeel.link import message_ids
from host_tools.mqtt.address import broker_at

pytestmark = pytest.mark.realtime

REGULATION = {"regulation": {"share_pct_x100": -2500}}


def send(mosquitto: Mosquitto, topic: str, document: object, *, retain: bool = False) -> None:
    publish.single(
        topic,
        json.dumps(document),
        qos=1,
        retain=retain,
        hostname="127.0.0.1",
        port=mosquitto.port,
        protocol=mqtt.MQTTv5,
    )


def send_until(mosquitto: Mosquitto, topic: str, document: object, arrived: Callable[[], bool]) -> None:
    """Send a command until it arrives: groups are subscribed to after the controller is online."""

    def again() -> bool:
        send(mosquitto, topic, document)
        return eventually(arrived, 0.5)

    assert eventually(again)


def test_one_publish_reaches_the_members_of_a_group_and_is_not_answered(tmp_path: Path):
    with (
        Mosquitto(tmp_path) as mosquitto,
        Listener(broker_at(mosquitto.url)) as listener,
        Controller("gk-1", group=7) as one,
        Controller("gk-2", group=7) as two,
        Controller("gk-3", group=8) as other,
        Controller("gk-4", group=0) as alone,
        UplinkProcess(
            tmp_path / "q.db",
            mosquitto.url,
            [one.port, two.port, other.port, alone.port],
            "--json",
            str(tmp_path / "j"),
        ) as uplink,
    ):
        both = [one, two]
        send_until(
            mosquitto,
            "gridkeel/v2/$group/7/cmd",
            REGULATION,
            lambda: all(member.executed[message_ids.REGULATION] for member in both),
        )
        assert all(values[1:] == (-2500,) for member in both for _message, values in member.commands)
        send_until(
            mosquitto, "gridkeel/v2/$group/8/cmd", REGULATION, lambda: bool(other.executed[message_ids.REGULATION])
        )
        assert not alone.commands
        assert eventually(lambda: uplink.terminate() == 0)
        assert not any(topic.endswith("/ack") for topic, _payload in listener.messages)
    counted = json.loads((tmp_path / "j").read_text())
    assert counted["group_ok"] >= 3
    assert counted["group_failed"] == 0


def test_a_controller_that_is_moved_takes_the_commands_of_its_new_group_alone(tmp_path: Path):
    with (
        Mosquitto(tmp_path) as mosquitto,
        Listener(broker_at(mosquitto.url)) as listener,
        Controller(group=7) as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port]),
    ):
        listener.wait("gridkeel/v2/gk-test/status", lambda status: status["status"] == "online")
        send(mosquitto, "gridkeel/v2/gk-test/cmd", {"parameters": {"group": 9}})
        assert listener.wait("gridkeel/v2/gk-test/ack")["result"] == "ok"
        assert listener.wait("gridkeel/v2/gk-test/birth", lambda birth: birth["group"] == 9)["boot"] == 7
        send_until(
            mosquitto, "gridkeel/v2/$group/9/cmd", REGULATION, lambda: bool(controller.executed[message_ids.REGULATION])
        )
        send(mosquitto, "gridkeel/v2/$group/7/cmd", {"mode": "safe"})
        send(mosquitto, "gridkeel/v2/gk-test/cmd", {"demand_response": {"kind": "shed"}})
        assert eventually(lambda: len(listener.of("gridkeel/v2/gk-test/ack")) == 2)  # the broker keeps their order
        assert not controller.executed[message_ids.MODE]


@pytest.mark.parametrize(
    ("document", "retain", "said"),
    [
        (REGULATION, True, "do not retain"),
        ({"parameters": {"baseline_w": 1}}, False, "parameters is about one controller"),
        ({"access": "granted"}, False, "access is about one controller"),
        ([], False, "want an object with one command"),
        ({"regulation": {"share_pct_x100": 99999}}, False, "outside -10000..10000"),
    ],
)
def test_what_is_not_for_a_group_reaches_nobody_and_is_counted(tmp_path: Path, document, retain: bool, said: str):
    with (
        Mosquitto(tmp_path) as mosquitto,
        Controller(group=7) as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port], "--json", str(tmp_path / "j")) as uplink,
    ):

        def refused() -> bool:
            send(mosquitto, "gridkeel/v2/$group/7/cmd", document, retain=retain)
            return eventually(lambda: any(said in line for line in uplink.lines), 0.5)

        assert eventually(refused)
        assert not controller.commands
        assert uplink.terminate() == 0
    assert json.loads((tmp_path / "j").read_text())["group_failed"] >= 1
