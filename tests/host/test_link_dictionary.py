"""The table as text, read back; rows packed and unpacked; records made readable."""

from __future__ import annotations

import json

import pytest

from gridkeel import errors, errors_text, params
from gridkeel.link import messages, table
from host_tools.errors import ToolError
from host_tools.link.dictionary import Dictionary
from host_tools.link.events import Record
from host_tools.link.readable import readable

OURS = Dictionary.ours()


def test_the_text_holds_every_row_field_and_unit() -> None:
    assert OURS.hash == table.table_hash(table.text())
    assert [
        (row.message_id, row.name, tuple((field.name, field.code, field.unit) for field in row.fields))
        for row in OURS.rows.values()
    ] == [tuple(row) for row in messages.TABLE]


def test_the_text_holds_every_name() -> None:
    assert tuple(OURS.enums["STATES"].values()) == messages.names_of("STATES")
    assert tuple(OURS.enums["TABLE"].values()) == params.NAMES
    assert OURS.enums["CATALOGUE"] == {0: "none", **{row[0]: row[1] for row in errors_text.CATALOGUE}}
    units = {field.unit for row in OURS.rows.values() for field in row.fields if field.unit.isupper()}
    assert units - {"V", "W", "B"} == set(OURS.enums)


@pytest.mark.parametrize("row", messages.TABLE, ids=lambda row: row[1])
def test_every_row_comes_back_at_both_ends_of_its_range(row: tuple) -> None:
    message_id, name, fields = row
    for number in (0, 1):
        values: dict[str, int | str] = {field: -number if code in "bhi" else number for field, code, _unit in fields}
        assert OURS.decode(*OURS.encode(name, values)) == (name, values)
    with pytest.raises(ValueError, match=f"message {message_id} of 0 bytes"):
        OURS.decode(message_id, b"")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"gridkeel-table 3\n",
        b"gridkeel-table 2\nfield a I ms\n",
        b"gridkeel-table 2\nmessage 1 a\nfield a Q ms\n",
        b"gridkeel-table 2\nenum\n",
        b"gridkeel-table 2\nenum A 1-b\n",
        b"gridkeel-table 2\nmessage one a\n",
        b"gridkeel-table 2\nsurprise 1 a\n",
        b"gridkeel-table 1\nmessage 1 a\nfield a I ms\n",
        b"gridkeel-table 2\nmessage 1 a\nlimits 1 2\n",
        b"gridkeel-table 2\nmessage 1 a\nfield a I ms\nlimits one 2\n",
        b"\xff\xfe",
    ],
)
def test_a_text_that_is_no_table_is_refused(text: bytes) -> None:
    with pytest.raises(ToolError, match="update gridkeel on the host"):
        Dictionary(text)


def test_a_record_becomes_readable_json_with_units_in_its_keys() -> None:
    values = dict.fromkeys((field.name for field in OURS.by_name["telemetry"].fields), 0)
    values |= {
        "state": 2,
        "limiter": 1,
        "fault": errors.MAINS_LOST,
        "quality": 5,
        "inverter_state": 77,
        "delivered_w": -9,
    }
    out = readable(Record("gk-1", 7, 3, "telemetry", values), OURS)
    assert list(out)[:4] == ["device", "boot", "sequence", "message"]
    assert (out["device"], out["boot"], out["sequence"], out["message"]) == ("gk-1", 7, 3, "telemetry")
    assert (out["state"], out["limiter"], out["fault"]) == (messages.names_of("STATES")[2], "droop", "mains_lost")
    assert (out["quality"], out["inverter_state"], out["delivered_w"]) == (5, "unknown_77", -9)
    assert json.loads(json.dumps(out)) == out
    event = readable(Record("gk-1", 7, 4, "fault_event", {"uptime_ms": 1, "fault": 0, "active": 1, "value": 2}), OURS)
    assert (event["fault"], event["active"]) == ("none", True)
    assert readable(Record("gk-1", 7, 5, "message_99", {}), OURS)["message"] == "message_99"
