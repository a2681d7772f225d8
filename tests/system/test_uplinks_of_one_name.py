"""Two uplinks of one name: the one that was there first ends and says why, its controllers are online no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosquitto import Mosquitto
from mqtt_peers import PRESENCE, Controller, Listener, UplinkProcess, eventually

from host_tools.monitor.fleet import Fleet
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker

BROKERS = {"mosquitto": Mosquitto, "rumqttd": lambda _folder: EmbeddedBroker()}


def online(listener: Listener) -> set[str]:
    """Return the controllers that the monitor takes to be online after what was heard so far."""
    fleet = Fleet()
    for topic, payload in listener.messages:
        fleet.take(topic, payload, 0.0)
    return {level for level, controller in fleet.controllers.items() if controller.online}


@pytest.mark.parametrize("name", BROKERS)
def test_the_second_uplink_takes_over_and_the_first_one_reports_it_and_ends(name: str, tmp_path: Path):
    with (
        BROKERS[name](tmp_path) as broker,
        Listener(broker_at(broker.url)) as listener,
        Controller("gk-a") as one,
        Controller("gk-b") as two,
        UplinkProcess(tmp_path / "a.db", broker.url, [one.port]) as first,
    ):
        assert eventually(lambda: online(listener) == {"gk-a"})
        with UplinkProcess(tmp_path / "b.db", broker.url, [two.port], "--verbose") as second:
            assert eventually(lambda: online(listener) == {"gk-b"}), "those of the first are shown online no more"
            assert first.wait() == 2
            assert "another uplink has the name 'test'; give each its own --name" in first.lines[-1]
            assert listener.wait(PRESENCE)["status"] == "online"
            assert sum("connected to broker" in line for line in second.lines) == 1, "it was left in peace"
            assert second.terminate() == 0
        assert not any("another uplink" in line for line in second.lines)


@pytest.mark.parametrize("name", BROKERS)
def test_an_uplink_goes_on_where_the_other_one_of_its_name_has_left_meanwhile(name: str, tmp_path: Path):
    with (
        BROKERS[name](tmp_path) as broker,
        Listener(broker_at(broker.url)) as listener,
        Controller("gk-a") as one,
        UplinkProcess(tmp_path / "a.db", broker.url, [one.port]) as first,
    ):
        assert eventually(lambda: online(listener) == {"gk-a"})
        run = listener.wait(PRESENCE)["run"]
        with (
            first.paused(),
            UplinkProcess(tmp_path / "b.db", broker.url, ["/dev/gridkeel-none"], "--wait") as second,
        ):
            listener.wait(PRESENCE, lambda presence: presence["status"] == "online" and presence["run"] != run)
            assert online(listener) == set(), "its uplink is another one now"
            assert second.terminate() == 0
        assert eventually(lambda: online(listener) == {"gk-a"})
        assert first.terminate() == 0
