"""Records to batches: what cannot be a measurement is counted by its kind and reaches no battery."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from twin_records import battery, message, telemetry

from host_tools.contract import compact
from twin.engine.apply import apply, install
from twin.engine.estimates import figures_of
from twin.engine.packs import Packs
from twin.engine.shard import Shard
from twin.intake.inbox import Inbox
from twin.intake.parser import KINDS, Parser

NOW_S = 1_800_000_000.0
TOPIC = "gridkeel/v2/gk-1/battery"


def parsed(*messages: tuple[str, bytes]) -> Any:
    parser = Parser()
    for topic, payload in messages:
        parser.take(topic, payload, NOW_S)
    return parser.batch()


def counted(batch: Any) -> dict[str, int]:
    return {kind: number for kind, number in batch.counts.items() if number}


def applied(*records: dict[str, Any]) -> tuple[Shard, dict[str, int]]:
    shard = Shard(Packs())
    counts: dict[str, int] = {}
    for record in records:
        done = apply(shard, parsed(message(record)))
        install(shard, done, NOW_S)
        for kind, number in done.counts.items():
            if number:
                counts[kind] = counts.get(kind, 0) + number
    return shard, counts


def test_a_record_becomes_numbers_in_their_units() -> None:
    batch = parsed(message(battery(sequence=3, dc_current_ma=-1500, soc_pct_x100=5025)))
    (record,) = batch.records
    assert counted(batch) == {} and batch.devices == ["gk-1"] and record["usable"]
    assert (record["boot"], record["sequence"], record["session"], record["vehicle_id"]) == (7, 3, 1, 77)
    assert (record["current_a"], record["voltage_v"], record["soc"], record["temperature_c"]) == (
        -1.5,
        355.0,
        0.5025,
        25.1,
    )


@pytest.mark.parametrize(
    ("field", "sentinel", "column"),
    [
        ("soc_pct_x100", -1, "soc"),
        ("dc_voltage_mv", -1, "voltage_v"),
        ("dc_current_ma", -1_000_000_000, "current_a"),
        ("battery_temperature_c_x10", -10_000, "temperature_c"),
    ],
)
def test_what_is_not_known_is_no_number(field: str, sentinel: int, column: str) -> None:
    for word in (None, sentinel):
        batch = parsed(message(battery(**{field: word})))
        assert np.isnan(batch.records[column]).all() and batch.records["usable"].all() and counted(batch) == {}


def broken(**changes: Any) -> bytes:
    return json.dumps(battery(**changes)).encode()


def without(name: str) -> bytes:
    record = battery()
    del record[name]
    return json.dumps(record).encode()


BAD = {
    "NaN is not JSON": (TOPIC, broken(delivered_w=float("nan")), "json"),
    "nor is half a record": (TOPIC, broken()[:-9], "json"),
    "a number alone is no record": (TOPIC, b"17", "json"),
    "an array": (TOPIC, b"[1,2,3]", "json"),
    "an array that no birth declared": ("gridkeel/v2/gk-1/compact", b'["battery",7,1]', "compact"),
    "deep nesting": (TOPIC, b"[" * 5000, "json"),
    "a payload that is too long": (TOPIC, broken(note="x" * 70_000), "too_large"),
    "null where it must be known": (TOPIC, broken(uptime_ms=None), "value"),
    "a word for a number": (TOPIC, broken(dc_voltage_mv="NaN"), "value"),
    "a fraction": (TOPIC, broken(dc_voltage_mv=0.5), "value"),
    "true is no number": (TOPIC, broken(session=True), "value"),
    "mA for A": (TOPIC, broken(dc_current_ma=20_000_000), "range"),
    "more than full": (TOPIC, broken(soc_pct_x100=10_001), "range"),
    "colder than space": (TOPIC, broken(battery_temperature_c_x10=-5000), "range"),
    "an uptime before the start": (TOPIC, broken(uptime_ms=-1), "range"),
    "a field that is missing": (TOPIC, without("delivered_w"), "missing"),
    "a record that is all empty": (TOPIC, b"{}", "device"),
    "sequence 0": (TOPIC, broken(sequence=0), "identity"),
    "a sequence of 64 bits": (TOPIC, broken(sequence=2**40), "identity"),
    "a clock of 1970": (TOPIC, broken(utc_ms=0), "clock"),
    "a clock of tomorrow": (TOPIC, broken(utc_s=int(NOW_S) + 100_000), "clock"),
    "another device's name": (TOPIC, broken(device="gk-2"), "device"),
    "HTML for a name": ("gridkeel/v2/<img src=x onerror=alert(1)>/battery", broken(device="<img src=x>"), "device"),
    "HTML for a name, as a level": ("gridkeel/v2/%3Cb%3E/battery", broken(device="<b>"), "device"),
    "a name that is too long": (f"gridkeel/v2/{'x' * 25}/battery", broken(device="x" * 25), "device"),
    "another topic": ("gridkeel/v2/gk-1/birth", broken(), "topic"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_is_counted_once_and_used_nowhere(name: str) -> None:
    topic, payload, kind = BAD[name]
    batch = parsed((topic, payload))
    assert counted(batch) == {kind: 1}
    assert kind in KINDS
    assert not batch.records["usable"].any()


def test_a_good_record_beside_bad_ones_is_used() -> None:
    batch = parsed(*[(topic, payload) for topic, payload, _kind in BAD.values()], message(battery(sequence=9)))
    assert batch.records["usable"].sum() == 1
    assert sum(counted(batch).values()) == len(BAD)


def test_a_compact_record_is_read_by_the_fields_of_the_birth() -> None:
    record = battery(sequence=5)
    names = tuple(name for name in record if name not in ("device", "boot", "sequence", "message"))
    parser = Parser()
    parser.compact("gk-1", "battery", names)
    table = {"battery": [{"name": name, "unit": ""} for name in names]}
    topic = "gridkeel/v2/gk-1/compact"
    parser.take(topic, compact.packed(record, table), NOW_S)
    for wrong in (["battery", 7, 6], ["telemetry", 7, 7], [], {}, [["battery"], 7, 8], "battery", record):
        parser.take(topic, json.dumps(wrong).encode(), NOW_S)
    batch = parser.batch()
    plain = parsed(message(record))
    assert counted(batch) == {"compact": 7}
    assert batch.records.tobytes() == plain.records.tobytes()


def test_an_inbox_that_is_full_drops_the_oldest_and_counts_it() -> None:
    inbox = Inbox(3)
    for number in range(1, 6):
        inbox.put("t", b"", False, number)
    assert [entry[3] for entry in inbox.take(10)] == [3, 4, 5]
    assert inbox.dropped == 2 and inbox.take_dropped() == [1, 2] and inbox.take_dropped() == []


def test_a_sequence_that_goes_back_or_comes_again_is_counted_and_changes_nothing() -> None:
    shard, counts = applied(battery(sequence=5), battery(sequence=6))
    before = shard.rows.tobytes()
    for sequence in (6, 5, 1):
        done = apply(shard, parsed(message(battery(sequence=sequence, dc_current_ma=99_000))))
        install(shard, done, NOW_S)
        assert counted(done) == {"repeated": 1}
    assert counts == {} and shard.rows.tobytes() == before


def test_records_of_an_earlier_start_are_late_and_never_count_twice() -> None:
    first, second = battery(boot=1, sequence=50), battery(boot=2, sequence=1)
    late = battery(boot=1, sequence=51, dc_current_ma=99_000)
    shard, counts = applied(first, second, late, late, first)
    assert counts == {"late": 1, "repeated": 2}
    assert (shard.rows["boot"], shard.rows["sequence"], shard.rows["records"]) == (2, 1, 2)


def test_an_uptime_that_goes_back_is_counted_and_not_used() -> None:
    shard, counts = applied(battery(sequence=1, uptime_ms=50_000), battery(sequence=2, uptime_ms=40_000))
    assert counts == {"clock": 1}
    assert (shard.rows["sequence"], shard.rows["uptime_ms"], shard.rows["unusable"]) == (2, 50_000, 1)


def test_an_uptime_past_its_32_bits_goes_on() -> None:
    shard, counts = applied(battery(sequence=1, uptime_ms=2**32 - 4000), battery(sequence=2, uptime_ms=6000))
    assert counts == {}
    assert shard.rows["estimate"]["age_s"] == pytest.approx(10.0)


def test_a_vehicle_that_says_0_and_100_in_turn_is_believed_once() -> None:
    words = [0, 10_000] * 20
    records = [
        battery(sequence=i, soc_pct_x100=word, dc_voltage_mv=None, dc_current_ma=0, charge_in_mah=0)
        for i, word in enumerate(words, 1)
    ]
    shard, counts = applied(*records)
    assert counts == {"soc_jump": 20}
    assert shard.rows["soc_word"] == 0.0 and figures_of(shard.rows)["soc"] < 0.15


def test_a_vehicle_that_corrects_its_word_is_believed_after_a_while() -> None:
    records = [battery(sequence=i, soc_pct_x100=2000 if i < 3 else 8000) for i in range(1, 70)]
    shard, counts = applied(*records)
    assert shard.rows["soc_word"] == 0.8
    assert counts["soc_jump"] < 60


def test_telemetry_is_stepped_on_only_where_there_are_no_battery_records() -> None:
    alone, _ = applied(*[telemetry(sequence=i) for i in range(1, 11)])
    assert alone.rows["estimate"]["age_s"] == pytest.approx(9.0)
    both, _ = applied(battery(sequence=1, uptime_ms=1000), *[telemetry(sequence=i) for i in range(2, 11)])
    assert both.rows["estimate"]["age_s"] == 0.0
    assert both.rows["sequence"] == 10


@pytest.mark.parametrize(
    ("changes", "vehicles"),
    [
        ({}, 1),
        ({"session": 2}, 2),
        ({"session": 2, "vehicle_id": 78}, 2),
        ({"vehicle_id": 78}, 2),
        ({"boot": 8, "sequence": 1, "session": 0}, 1),  # it gives its identity: the same one
        ({"boot": 8, "sequence": 1, "session": 0, "vehicle_id": 0}, 2),  # nobody says that it is the same
    ],
)
def test_a_vehicle_that_was_swapped_begins_a_new_state(changes: dict[str, int], vehicles: int) -> None:
    shard, _counts = applied(battery(sequence=1), battery(sequence=2), battery(**{"sequence": 3, **changes}))
    assert shard.rows["vehicles"] == vehicles
    assert (shard.rows["estimate"]["age_s"] == 0.0) == (vehicles == 2)


def test_charge_that_passed_in_lost_records_is_made_up_for() -> None:
    """The counter goes up by 20 Ah between two records in which the current is 0: a quarter of an hour was lost."""
    first = battery(sequence=1, soc_pct_x100=None, dc_current_ma=0, dc_voltage_mv=None, charge_in_mah=1000)
    lost = battery(
        sequence=90, soc_pct_x100=None, dc_current_ma=0, dc_voltage_mv=None, charge_in_mah=21_000, uptime_ms=910_000
    )
    after = [
        battery(
            sequence=90 + i,
            soc_pct_x100=None,
            dc_current_ma=0,
            dc_voltage_mv=None,
            charge_in_mah=21_000,
            uptime_ms=910_000 + i * 10_000,
        )
        for i in range(1, 60)
    ]
    shard, _counts = applied(first, lost, *after)
    assert float(shard.rows["estimate"]["charge_ah"][0] * shard.rows["parallel"][0]) == pytest.approx(20.0, rel=0.01)
