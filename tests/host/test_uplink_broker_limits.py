"""What a broker grants in its CONNACK is kept to, and everything that fits it arrives."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from mqtt_peers import eventually
from strict_broker import StrictBroker

from gridkeel.link import messages
from host_tools.contract import topics
from host_tools.link.dictionary import Dictionary
from host_tools.link.events import Record
from host_tools.mqtt.address import broker_at
from host_tools.uplink.birth import Birth
from host_tools.uplink.intake import entry_of
from host_tools.uplink.publisher_thread import PublisherThread
from host_tools.uplink.queue import Entry, Queue

RECORDS = 150
DEVICES = 5
OURS = Dictionary.ours()


def records() -> list[Entry]:
    """Telemetry as large as it comes: every field at its lowest value."""
    fields = OURS.by_name["telemetry"].fields
    values = {field.name: -(1 << 31) if field.code == "i" else 0 for field in fields}
    return [
        entry_of(Record(f"gk-{n % DEVICES}", 7, n // DEVICES + 1, "telemetry", values), OURS) for n in range(RECORDS)
    ]


class Run:
    """A publisher with five controllers and 150 records, against one broker."""

    def __init__(self, broker: StrictBroker, folder: Path) -> None:
        self.broker = broker
        self.lines: list[str] = []
        self.queue = Queue(folder / "q.db")
        self.queue.put_many(records())
        at = broker_at(broker.url)
        self.publisher = PublisherThread(folder / "q.db", at, name="test", retry_max_s=0.5, say=self.lines.append)

    def __enter__(self) -> Run:
        self.publisher.start()
        for n in range(DEVICES):
            self.publisher.attach(Birth(f"gk-{n}", 7, "fw", OURS.columns))
        return self

    def __exit__(self, *_details: object) -> None:
        self.publisher.stop()
        self.queue.close()

    def sequences(self, device: str) -> list[int]:
        found = [json.loads(message.payload) for message in list(self.broker.of("telemetry"))]
        return [document["sequence"] for document in found if document["device"] == device]

    def everything_arrived(self) -> bool:
        wanted = list(range(1, RECORDS // DEVICES + 1))
        return len(self.queue) == 0 and all(self.sequences(f"gk-{n}") == wanted for n in range(DEVICES))


GRANTS = {
    "nothing said": {},
    "no retain": {"retain_available": 0},
    "retain": {"retain_available": 1},
    "QoS 0": {"maximum_qos": 0},
    "QoS 1": {"maximum_qos": 1},
    "QoS 0, no retain": {"maximum_qos": 0, "retain_available": 0},
    "packets of 1,200": {"maximum_packet_size": 1200},
    "packets of 2,048": {"maximum_packet_size": 2048},
    "packets of 65,536": {"maximum_packet_size": 65536},
    "one in flight": {"receive_maximum": 1},
    "three in flight": {"receive_maximum": 3},
    "no aliases": {"topic_alias_maximum": 0},
    "ten aliases": {"topic_alias_maximum": 10},
    "keep-alive of 1 s": {"server_keep_alive": 1},
    "no keep-alive": {"server_keep_alive": 0},
    "another client id": {"assigned_id": "somebody-else"},
    "no wildcards": {"wildcard_available": 0, "shared_available": 0, "subscription_ids_available": 0},
    "a session of its own length": {"session_expiry": 3600},
    "a reason with its yes": {"reason": "welcome"},
    "everything at its least": {
        "retain_available": 0,
        "maximum_qos": 0,
        "maximum_packet_size": 1200,
        "receive_maximum": 1,
        "topic_alias_maximum": 0,
        "server_keep_alive": 1,
        "wildcard_available": 0,
        "shared_available": 0,
        "subscription_ids_available": 0,
    },
}


@pytest.mark.parametrize("name", GRANTS)
def test_every_grant_is_kept_to_and_everything_arrives(name: str, tmp_path: Path):
    granted = GRANTS[name]
    with StrictBroker(**granted) as broker, Run(broker, tmp_path) as run:
        assert eventually(run.everything_arrived, 30), (broker.violations, run.lines, len(broker.published))
        statuses = lambda: [message for message in broker.of("status") if b'"online"' in message.payload]  # noqa: E731
        assert eventually(lambda: len(statuses()) == DEVICES + 1)
        retain = bool(granted.get("retain_available", 1))
        assert all(message.retain == retain for message in statuses())
        assert all(message.properties[0x02] == (300).to_bytes(4, "big") for message in statuses())
        births = broker.of("birth")
        assert len(births) == DEVICES
        fits = granted.get("maximum_packet_size", 65536) >= 65536
        assert all(("table" in json.loads(message.payload)) == fits for message in births)
        assert broker.connections[-1].will is not None
        # A will that is not granted costs one attempt for each thing that is not.
        assert len(broker.connections) == 1 + ("retain_available" in granted and not retain) + (
            granted.get("maximum_qos") == 0
        )
    assert broker.violations == []
    assert [message.topic for message in broker.of("status")][-1] == "gridkeel/v2/$uplink/test/status"
    assert b"uplink stopped" in broker.of("status")[-1].payload
    assert len(run.lines) <= 3


@pytest.mark.parametrize("keep_alive_s", [1, 2, 3])
def test_a_short_keep_alive_is_kept_while_nothing_is_sent(keep_alive_s: int, tmp_path: Path):
    with StrictBroker(server_keep_alive=keep_alive_s) as broker, Run(broker, tmp_path) as run:
        assert eventually(run.everything_arrived, 30)
        assert not eventually(lambda: bool(broker.violations) or len(broker.connections) > 1, 3.0 * keep_alive_s)


def test_receive_maximum_is_used_up_and_not_exceeded(tmp_path: Path):
    with StrictBroker(receive_maximum=7, ack_after_s=0.02) as broker, Run(broker, tmp_path) as run:
        assert eventually(run.everything_arrived, 30)
    assert 4 <= broker.most_unacknowledged <= 7
    assert broker.violations == []


def test_a_record_over_the_packet_size_waits_for_a_larger_one_and_is_reported_once(tmp_path: Path):
    with StrictBroker(maximum_packet_size=500) as broker, Run(broker, tmp_path) as run:
        assert eventually(lambda: any("500 bytes at most, too few for" in line for line in run.lines))
        assert eventually(lambda: len(broker.of("status")) == DEVICES + 1)
        assert not eventually(lambda: len(broker.connections) > 1, 2.0)
        assert sum("too few for" in line for line in run.lines) == 1
        assert len(run.queue) == RECORDS
        broker.granted["maximum_packet_size"] = 100_000
        run.publisher.stop()
        with PublisherThread(tmp_path / "q.db", broker_at(broker.url), name="test"):
            assert eventually(run.everything_arrived, 30)
    assert broker.violations == []


REFUSALS = {
    "a reason": (0x88, {"reason": "closed for the night"}, "Server unavailable: closed for the night"),
    "no reason": (0x88, {}, "Server unavailable"),
    "a banned client": (0x8A, {"reason": "banned"}, "Banned: banned"),
    "a login": (0x86, {"reason": "ask ops"}, "refused the login (Bad user name or password: ask ops)"),
    "another server": (0x9C, {"server_reference": "b.example:1883"}, "use b.example:1883"),
    "moved": (0x9D, {"reason": "gone", "server_reference": "c.example"}, "gone, use c.example"),
    "a rate": (0x9F, {"reason": "slow down"}, "slow down"),
    "a will that is refused for ever": (0x9A, {"reason": "no retain"}, "no retain"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_reported_once_in_the_brokers_own_words(name: str, tmp_path: Path):
    code, properties, words = REFUSALS[name]
    with StrictBroker(refuse=code, refuse_with=properties) as broker, Run(broker, tmp_path) as run:
        assert eventually(lambda: len(broker.connections) >= 4)
        assert len(run.lines) == 1
        assert words in run.lines[0]
        broker.refuse = 0
        assert eventually(run.everything_arrived, 30)
    assert run.lines[-1].endswith("takes messages again")


ENDS = {0x8B: "Server shutting down", 0x98: "Administrative action", 0x9D: "Server moved", 0x89: "Server busy"}


@pytest.mark.parametrize("code", ENDS)
def test_a_disconnect_says_why(code: int, tmp_path: Path):
    with StrictBroker(end_with=code, refuse_with={"reason": "as planned"}) as broker, Run(broker, tmp_path) as run:
        assert eventually(lambda: bool(run.lines))
        assert f"ended the connection ({ENDS[code]}: as planned)" in run.lines[0]
        broker.end_with = None
        assert eventually(lambda: len(run.queue) == 0, 30)


def test_a_controller_is_online_once_its_commands_are_subscribed_to(tmp_path: Path):
    early: list[str] = []

    def look(topic: str) -> int:
        device = topic.split("/")[2]
        subscribed = [name for name, _options in broker.connections[-1].subscribed]
        if topic.endswith("/status") and device != "$uplink" and topics.topic(device, topics.COMMAND) not in subscribed:
            early.append(device)
        return 0

    with StrictBroker(ack_code=look) as broker, Run(broker, tmp_path) as run:
        for n in range(300):
            run.publisher.attach(Birth(f"late-{n}", 7, "fw", {}))
            time.sleep(0.0005)  # each at another point of what goes on for the others
        assert eventually(lambda: len({message.topic for message in broker.of("status")}) == 300 + DEVICES + 1)
    assert early == []


def test_a_session_taken_over_is_named_and_not_fought_for(tmp_path: Path):
    with StrictBroker(end_with=0x8E) as broker, Run(broker, tmp_path) as run:
        assert eventually(lambda: run.publisher.error is not None)
        assert "another uplink has the name 'test'; give each its own --name" in str(run.publisher.error)
        assert len(broker.connections) == 1


@pytest.mark.parametrize("code", [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99])
def test_a_refused_device_stops_no_other_and_catches_up_in_order(code: int, tmp_path: Path):
    refused = {"gk-1"}
    with StrictBroker(ack_code=lambda topic: code if topic.split("/")[2] in refused else 0) as broker:
        with Run(broker, tmp_path) as run:
            others = [f"gk-{n}" for n in range(DEVICES) if n != 1]
            wanted = list(range(1, RECORDS // DEVICES + 1))
            assert eventually(lambda: all(run.sequences(device) == wanted for device in others))
            assert len(broker.connections) == 1
            refused.clear()
            assert eventually(run.everything_arrived, 30), run.sequences("gk-1")
        assert sum("does not take" in line for line in run.lines) == 1


def test_no_message_of_the_table_is_left_out():
    assert set(OURS.by_name) == {name for _id, name, _fields in messages.TABLE}
