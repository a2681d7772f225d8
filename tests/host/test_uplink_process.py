"""The uplink as users run it: a process between a controller on a pty and a broker."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import provisioned_ev
import pytest
from mqtt_peers import PRESENCE, Controller, Listener, SerialServer, UplinkProcess, eventually, free_port

from certs import v2g
from host_tools.backend.provisioning import INSTALLATION
from host_tools.contract.schemas import documents
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.counter import CountingSubscriber
from host_tools.uplink.queue import Queue

BASE = "gridkeel/v2/gk-test"


def sequences(listener: Listener) -> list[int]:
    """The numbers of the records that arrived, telemetry and results together."""
    return sorted(record["sequence"] for leaf in ("telemetry", "result") for record in listener.of(f"{BASE}/{leaf}"))


def test_everything_arrives_and_keeps_to_its_schema(tmp_path: Path):
    with EmbeddedBroker() as broker, Controller() as controller, Listener(broker_at(broker.url)) as listener:
        with UplinkProcess(tmp_path / "q.db", broker.url, [controller.port]) as uplink:
            listener.wait(f"{BASE}/telemetry", lambda record: record["sequence"] >= 50)
            produced = controller.quiet()
            # The answers to the uplink's own TIME are records too: no number is missing, and none comes twice.
            assert eventually(lambda: sequences(listener) == list(range(1, produced + 1)))
            assert uplink.terminate() == 0
        assert listener.wait(f"{BASE}/status")["reason"] == "uplink stopped"
        assert listener.wait(PRESENCE)["reason"] == "uplink stopped"
        schemas = documents()
        for leaf in ("telemetry", "birth", "status"):
            assert listener.of(f"{BASE}/{leaf}")
            for document in listener.of(f"{BASE}/{leaf}"):
                jsonschema.validate(document, schemas[leaf])
    states = [status["status"] for status in listener.of(f"{BASE}/status")]
    assert states[-2:] == ["online", "offline"]
    assert any("offline: uplink stopped" in line or f"{produced} published" in line for line in uplink.lines)


def test_a_killed_uplink_loses_and_doubles_nothing_and_its_will_is_published(tmp_path: Path):
    queue = tmp_path / "q.db"
    with EmbeddedBroker() as broker, Controller() as controller, CountingSubscriber(broker_at(broker.url)) as counter:
        with Listener(broker_at(broker.url)) as listener:
            for target in (100, 250, 400):
                with UplinkProcess(queue, broker.url, [controller.port]) as uplink:
                    assert counter.wait_for(target, 30)
                    uplink.kill()
                    listener.wait(PRESENCE, lambda status: status.get("reason") == "uplink lost")
            with UplinkProcess(queue, broker.url, [controller.port]):
                assert counter.wait_for(500, 30)
                produced = controller.quiet()
                assert counter.wait_for(produced, 30)
                with Queue(queue) as left:
                    assert eventually(lambda: len(left) == 0)
        assert controller.link.dropped == 0
        assert counter.by_device == {"gk-test": produced}


def test_a_broker_away_at_the_start_is_reported_and_the_queue_holds(tmp_path: Path):
    queue = tmp_path / "q.db"
    port = free_port()
    with Controller() as controller:
        with UplinkProcess(queue, f"mqtt://127.0.0.1:{port}", [controller.port]) as uplink:
            assert eventually(lambda: controller.link.acked >= 100)
            assert eventually(lambda: any("cannot be reached" in line for line in uplink.lines))
            with ExitStack() as stack:
                # The embedded broker keeps nothing for a subscriber that is not there yet: it has to come first.
                with uplink.paused():
                    broker = stack.enter_context(EmbeddedBroker(port))
                    counter = stack.enter_context(CountingSubscriber(broker_at(broker.url)))
                produced = controller.quiet()
                assert counter.wait_for(produced, 30)
                assert counter.by_device == {"gk-test": produced}
        assert sum("cannot be reached" in line for line in uplink.lines) == 1
        assert sum("takes messages again" in line for line in uplink.lines) == 1


@pytest.mark.parametrize("options", [(), ("--wait",)])
def test_a_missing_port_is_an_error_unless_waited_for(tmp_path: Path, options: tuple[str, ...]):
    with UplinkProcess(tmp_path / "q.db", "mqtt://127.0.0.1:1", ["/dev/gridkeel-none"], *options) as uplink:
        if options:
            assert eventually(lambda: any("trying again" in line for line in uplink.lines))
            assert uplink.terminate() == 0
        else:
            assert uplink.wait() == 3
            assert uplink.lines[-1] == "error: port /dev/gridkeel-none cannot be opened: No such file or directory"
            assert list(tmp_path.iterdir()) == []
    assert sum("/dev/gridkeel-none" in line for line in uplink.lines) == 1


def test_two_uplinks_do_not_share_a_queue(tmp_path: Path):
    queue = tmp_path / "q.db"
    with (
        Controller() as controller,
        Controller("gk-other") as other,
        UplinkProcess(queue, "mqtt://127.0.0.1:1", [controller.port]),
    ):
        assert eventually(lambda: controller.link.acked > 0)
        with UplinkProcess(queue, "mqtt://127.0.0.1:1", [other.port]) as second:
            assert second.wait() == 2
            assert "another uplink uses queue" in second.lines[-1]


def test_a_controller_behind_a_tcp_port(tmp_path: Path):
    """A serial server of the kind that socket:// is for: it hangs up once, and the uplink comes again."""
    with (
        EmbeddedBroker() as broker,
        CountingSubscriber(broker_at(broker.url)) as counter,
        Controller() as controller,
        SerialServer(controller.port) as server,
        UplinkProcess(tmp_path / "q.db", broker.url, [server.url]) as uplink,
    ):
        assert counter.wait_for(100, 30)
        server.hang_up()
        assert eventually(lambda: any(f"port {server.url} is lost" in line for line in uplink.lines))
        assert counter.wait_for(counter.delivered + 100, 30)
        produced = controller.quiet()
        assert counter.wait_for(produced, 30)
        assert counter.by_device == {"gk-test": produced}


def test_a_controller_gets_a_contract_for_its_vehicle_and_none_without_a_pki(tmp_path: Path):
    pki = v2g.make(tmp_path / "pki")
    request = provisioned_ev.installation(pki)
    with Controller() as controller:
        for options in ((), ("--pki", str(pki.folder))):
            with UplinkProcess(tmp_path / "q.db", "mqtt://127.0.0.1:1", [controller.port], *options) as uplink:
                assert eventually(lambda: any("is online" in line for line in uplink.lines))
                controller.ask(INSTALLATION, request)
                assert eventually(lambda: controller.backend.failed or controller.backend.answer is not None)
                assert controller.backend.failed == (not options)
        assert any("contract DEGKL000000001M handed out" in line for line in uplink.lines)
        provisioned_ev.Response(INSTALLATION, controller.backend.answer).check(pki.key("oem"))
    with UplinkProcess(tmp_path / "q.db", "mqtt://127.0.0.1:1", ["/dev/null"], "--pki", str(tmp_path)) as uplink:
        assert uplink.wait() == 3
        assert "no PKI here" in uplink.lines[-1]


def test_an_uplink_that_stood_still_loses_no_link_and_no_record(tmp_path: Path):
    """Seven seconds: more than the silence after which either end counts the other as lost."""
    with ExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker())
        counter = stack.enter_context(CountingSubscriber(broker_at(broker.url)))
        controllers = [stack.enter_context(Controller(f"gk-{n}", per_s=10.0)) for n in range(4)]
        ports = [controller.port for controller in controllers]
        uplink = stack.enter_context(UplinkProcess(tmp_path / "q.db", broker.url, ports, "--verbose"))
        assert counter.wait_for(100, 60)
        with uplink.paused():
            time.sleep(7.0)
        assert eventually(lambda: any("this process stood still for" in line for line in uplink.lines))
        assert counter.wait_for(400, 60)
        for controller in controllers:
            controller.quiet()
        assert eventually(
            lambda: counter.by_device == {f"gk-{n}": one.link.produced for n, one in enumerate(controllers)}, 30
        )
        assert not any("is offline" in line for line in uplink.lines)


def test_a_full_queue_is_reported_once_and_the_controllers_keep_the_rest(tmp_path: Path):
    port = free_port()
    with Controller("gk-0", per_s=50.0) as one, Controller("gk-1", per_s=50.0) as two:
        options = ("--queue-max", "60")
        with (
            UplinkProcess(tmp_path / "q.db", f"mqtt://127.0.0.1:{port}", [one.port, two.port], *options) as uplink,
            ExitStack() as stack,
        ):
            assert eventually(lambda: any("is full (60 records)" in line for line in uplink.lines))
            assert eventually(lambda: one.link.produced + two.link.produced >= 300)
            assert one.link.acked + two.link.acked <= 60
            with uplink.paused():
                broker = stack.enter_context(EmbeddedBroker(port))
                counter = stack.enter_context(CountingSubscriber(broker_at(broker.url)))
            for controller in (one, two):
                controller.quiet()
            assert eventually(lambda: counter.by_device == {"gk-0": one.link.produced, "gk-1": two.link.produced}, 60)
            assert one.link.dropped == two.link.dropped == 0
        assert sum("is full" in line for line in uplink.lines) >= 1
        assert sum("is full" in line for line in uplink.lines) <= 1 + sum("has room again" in x for x in uplink.lines)
