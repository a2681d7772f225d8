"""The published schemas: sound, current, and kept to by what is really sent."""

from __future__ import annotations

import json

import jsonschema
import pytest

from gridkeel import params
from gridkeel.link import messages
from host_tools.contract.commands import CommandError, parse
from host_tools.contract.schemas import IDS, documents
from host_tools.link.dictionary import LIMITS, Dictionary
from host_tools.link.events import Record
from host_tools.uplink.birth import Birth, presence, status
from host_tools.uplink.intake import entry_of

_RECORDS = [name for _id, name, fields in messages.TABLE if fields[0][0] != "command"]


@pytest.mark.parametrize("name", sorted(documents()))
def test_every_schema_is_a_valid_json_schema(name: str):
    schema = documents()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == IDS[name]


@pytest.mark.parametrize("name", _RECORDS)
@pytest.mark.parametrize("end", [0, 1])
def test_the_extremes_of_every_record_fit_its_schema(name: str, end: int):
    dictionary = Dictionary.ours()
    values = {field.name: LIMITS[field.code][end] for field in dictionary.by_name[name].fields}
    entry = entry_of(Record("d", 4, 1, name, values), dictionary)
    assert entry.leaf == name
    document = json.loads(entry.payload)
    jsonschema.validate(document, documents()[name])
    document.pop("uptime_ms")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, documents()[name])


def test_a_refused_configuration_is_reported_in_words():
    dictionary = Dictionary.ours()
    known = {name: number for number, name in dictionary.enums["CATALOGUE"].items()}

    def described(fault: str, active: int, value: int) -> dict:
        values = {"uptime_ms": 5, "fault": known[fault], "active": active, "value": value}
        document = json.loads(entry_of(Record("d", 4, 1, "fault_event", values), dictionary).payload)
        jsonschema.validate(document, documents()["fault_event"])
        return document

    code = params.OUT_OF_LIMITS << 8 | params.index("baseline_w")
    assert described("config_invalid", 1, code)["reason"] == "baseline_w is outside its limits"
    assert described("config_invalid", 1, 0x7FFFFFFF)["reason"].startswith("reason "), "one of a newer firmware"
    assert "reason" not in described("config_invalid", 0, code)
    assert "reason" not in described("samples_lost", 1, code)


def test_birth_and_status_fit_their_schemas():
    jsonschema.validate(json.loads(Birth("d", 1, "f", {"x": []}).payload()), documents()["birth"])
    jsonschema.validate(json.loads(Birth("d", 1, "f", None).payload()), documents()["birth"])
    jsonschema.validate(json.loads(status("d", "offline", uplink="u", run="1", reason="r")), documents()["status"])
    jsonschema.validate(json.loads(presence("u", "offline", run="1", reason="r")), documents()["presence"])


@pytest.mark.parametrize(
    ("command", "fits"),
    [
        ({"mode": "safe"}, True),
        ({"mode": "off"}, False),
        ({"setpoint": {"power_w": 50_000, "lifetime_s": 0.5}}, True),
        ({"setpoint": {"power_w": 50_001, "lifetime_s": 0.5}}, False),
        ({"setpoint": {"power_w": 5}}, False),
        ({"parameters": {"nominal_hz": 60}}, True),
        ({"parameters": {"nominal_hz": 61}}, False),
        ({"parameters": {"x": 1}}, False),
        ({}, False),
        ({"mode": "safe", "parameters": {"nominal_hz": 60}}, False),
    ],
)
def test_the_command_schema_and_the_uplink_agree(command: dict, fits: bool):
    assert jsonschema.Draft202012Validator(documents()["cmd"]).is_valid(command) == fits
    try:
        parse(json.dumps(command).encode(), Dictionary.ours())
    except CommandError:
        assert not fits
    else:
        assert fits
