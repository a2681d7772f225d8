"""Records without names: the birth's table gives them back, to the monitor as to anybody; damaged ones are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mqtt_peers import Controller, Listener, UplinkProcess

from gridkeel.link import message_ids, messages
from host_tools.contract.compact import MESSAGES, expanded, packed
from host_tools.link.dictionary import Dictionary
from host_tools.link.events import Record
from host_tools.link.readable import readable
from host_tools.monitor.fleet import Fleet
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker

TABLE = Dictionary.ours().columns


def record(message: str) -> dict:
    row = Dictionary.ours().by_name[message]
    values = {field.name: place for place, field in enumerate(row.fields)}
    return readable(Record("gk-1", 7, 513, message, values), Dictionary.ours())


@pytest.mark.parametrize("message", MESSAGES)
def test_a_compact_record_gives_back_what_was_packed(message: str):
    whole = record(message)
    compact = packed(whole, TABLE)
    assert len(compact) < 0.4 * len(json.dumps(whole, separators=(",", ":")))
    assert expanded("gk-1", json.loads(compact), TABLE) == whole


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        [],
        ["telemetry"],
        ["telemetry", 1, 2],
        ["result", 1, 2, 3, 4],
        [["telemetry"], 1, 2],
        ["nothing", 1, 2],
        7,
    ],
)
def test_what_does_not_fit_the_table_is_an_error(values):
    with pytest.raises(ValueError, match="compact"):
        expanded("gk-1", values, TABLE)


def test_a_monitor_reads_them_once_it_knows_the_table():
    fleet = Fleet()
    payload = packed(record("telemetry"), TABLE)
    fleet.take("gridkeel/v2/gk-1/compact", payload, 0.0)
    assert fleet.malformed == 1
    birth = {"device": "gk-1", "boot": 7, "table": TABLE, "compact": list(MESSAGES)}
    fleet.take("gridkeel/v2/gk-1/birth", json.dumps(birth).encode(), 0.0)
    controller = fleet.take("gridkeel/v2/gk-1/compact", payload, 0.0)
    assert controller is not None
    assert controller.freq_hz == 1e-6
    assert fleet.take("gridkeel/v2/gk-1/compact", payload, 0.0) is None
    assert (fleet.doubled, controller.messages) == (1, 1)


@pytest.mark.parametrize(
    ("table", "payload"),
    [
        (None, b'["telemetry", 1, 2]'),
        ([], b'["telemetry", 1, 2]'),
        ({"telemetry": 5}, b'["telemetry", 1, 2]'),
        ({"telemetry": [5]}, b'["telemetry", 1, 2, 3]'),
        ({"telemetry": [{"name": []}]}, b'["telemetry", 1, 2, 3]'),
        (TABLE, b"[" * 5000),
        (TABLE, b'["telemetry", 1, 2'),
        (TABLE, b"[" + b"1," * 40000 + b"1]"),
    ],
)
def test_a_hostile_table_or_record_is_counted_and_changes_nothing(table, payload: bytes):
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/birth", json.dumps({"table": table, "compact": []}).encode(), 0.0)
    assert fleet.take("gridkeel/v2/a/compact", payload, 0.0) is None
    assert fleet.malformed == 1


@pytest.mark.realtime
def test_an_uplink_that_is_asked_to_publishes_records_without_names_and_says_so(tmp_path: Path):
    with (
        EmbeddedBroker() as broker,
        Listener(broker_at(broker.url)) as listener,
        Controller(per_s=20) as controller,
        UplinkProcess(tmp_path / "q.db", broker.url, [controller.port], "--compact"),
    ):
        birth = listener.wait("gridkeel/v2/gk-test/birth")
        assert birth["compact"] == ["telemetry", "battery"]
        values = listener.wait("gridkeel/v2/gk-test/compact", lambda values: values[0] == "telemetry")
        named = expanded("gk-test", values, birth["table"])
        assert named["freq_uhz"] == 50_012_000
        assert len(named) == 4 + len(messages.fields_of(message_ids.TELEMETRY))
        assert not listener.of("gridkeel/v2/gk-test/telemetry")
