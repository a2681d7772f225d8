"""Produced equals delivered, to the message, on mosquitto: with the broker restarted and the uplink killed."""

from __future__ import annotations

from pathlib import Path

from mosquitto import Mosquitto
from mqtt_peers import PRESENCE, Controller, Listener, UplinkProcess, eventually

from host_tools.mqtt.address import broker_at
from host_tools.mqtt.counter import CountingSubscriber
from host_tools.uplink.queue import Queue


def _settled(controllers: list[Controller], counter: CountingSubscriber) -> None:
    """Everything produced is delivered, once each; the answers to the uplink's own TIME are records too."""
    for controller in controllers:
        controller.quiet()

    def produced() -> dict[str, int]:
        return {f"gk-{n}": controller.link.produced for n, controller in enumerate(controllers)}

    assert eventually(lambda: counter.by_device == produced(), 60), (produced(), counter.by_device)
    assert [controller.link.dropped for controller in controllers] == [0] * len(controllers)
    assert counter.malformed == 0


def test_everything_arrives_though_the_broker_restarts_in_a_run(tmp_path: Path):
    queue = tmp_path / "q.db"
    with (
        Mosquitto(tmp_path) as mosquitto,
        CountingSubscriber(broker_at(mosquitto.url)) as counter,
        Controller("gk-0") as first,
        Controller("gk-1", boot=9) as second,
        UplinkProcess(queue, mosquitto.url, [first.port, second.port]) as uplink,
    ):
        for target in (200, 900):
            assert counter.wait_for(target, 30)
            mosquitto.stop()
            held = first.link.acked
            assert eventually(lambda held=held: first.link.acked >= held + 100)
            mosquitto.start()
        assert counter.wait_for(1500, 60)
        _settled([first, second], counter)
        assert uplink.terminate() == 0
    with Queue(queue) as left:
        assert len(left) == 0


def test_everything_arrives_though_the_uplink_is_killed_in_a_run(tmp_path: Path):
    queue = tmp_path / "q.db"
    with (
        Mosquitto(tmp_path) as mosquitto,
        CountingSubscriber(broker_at(mosquitto.url)) as counter,
        Controller("gk-0") as first,
        Controller("gk-1") as second,
    ):
        ports = [first.port, second.port]
        for target in (150, 400, 700):
            with UplinkProcess(queue, mosquitto.url, ports) as uplink:
                assert counter.wait_for(target, 30)
                uplink.kill()
        with UplinkProcess(queue, mosquitto.url, ports):
            assert counter.wait_for(1000, 30)
            _settled([first, second], counter)


def test_everything_arrives_though_the_broker_is_away_and_the_uplink_killed(tmp_path: Path):
    queue = tmp_path / "q.db"
    with (
        Mosquitto(tmp_path) as mosquitto,
        CountingSubscriber(broker_at(mosquitto.url)) as counter,
        Controller("gk-0") as controller,
    ):
        with UplinkProcess(queue, mosquitto.url, [controller.port]) as uplink:
            assert counter.wait_for(100, 30)
            mosquitto.stop()
            held = controller.link.acked
            assert eventually(lambda: controller.link.acked >= held + 50)
            uplink.kill()
        mosquitto.start()
        with UplinkProcess(queue, mosquitto.url, [controller.port]):
            _settled([controller], counter)


def test_a_killed_uplink_leaves_its_controllers_marked_offline(tmp_path: Path):
    with Mosquitto(tmp_path) as mosquitto, Controller("gk-0") as controller:
        with Listener(broker_at(mosquitto.url)) as listener:
            with UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port]) as uplink:
                listener.wait("gridkeel/v2/gk-0/status", lambda status: status["status"] == "online")
                uplink.kill()
            listener.wait(PRESENCE, lambda status: status.get("reason") == "uplink lost")
        with Listener(broker_at(mosquitto.url)) as late:
            assert late.wait(PRESENCE)["status"] == "offline"
            assert late.wait("gridkeel/v2/gk-0/status")["uplink"] == "test"
            assert late.wait("gridkeel/v2/gk-0/birth")["table"]["telemetry"][1] == {"name": "freq_uhz", "unit": "uHz"}
