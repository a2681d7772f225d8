"""Commands follow the table that a controller declares, not the one this host was built with."""

from __future__ import annotations

import json

import pytest

from gridkeel.link import messages
from host_tools.contract.commands import CommandError, Row, parse
from host_tools.contract.schemas import documents
from host_tools.link.dictionary import Dictionary

OURS = Dictionary.ours()
LATER = """\
enum COLOURS 0=red 1=green
message 90 blink
field command H id
field colour B COLOURS
field times B count
limits 1 5
field pause_ms H ms
limits 100 2000
message 91 lamp
field command H id
field lamp B COLOURS
"""


def table(extra: str = "", **changes: str) -> Dictionary:
    text = OURS.text.decode()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return Dictionary((text + extra).encode())


def rows(document: object, dictionary: Dictionary) -> list[Row]:
    return parse(json.dumps(document).encode(), dictionary)


def test_a_command_that_this_host_does_not_know_is_checked_and_sent_by_its_declaration() -> None:
    later = table(LATER)
    values = {"colour": "green", "times": 5, "pause_ms": 1500}
    (row,) = rows({"blink": {"colour": "green", "times": 5, "pause_s": 1.5}}, later)
    assert row == Row("blink", values, "blink")
    assert later.encode("blink", {"command": 7, **row.values}) == (90, b"\x07\x00\x01\x05\xdc\x05")
    assert rows({"lamp": "red"}, later) == [Row("lamp", {"lamp": "red"}, "lamp")]
    for body, reason in (
        ({"colour": "blue", "times": 1, "pause_s": 1}, "colour = 'blue' is none of red, green"),
        ({"colour": "red", "times": 6, "pause_s": 1}, "times = 6 is outside 1..5"),
        ({"colour": "red", "times": 1, "pause_s": 0.05}, "pause_s = 0.05 is outside 0.1..2 s"),
        ({"colour": "red", "times": 1}, "blink wants exactly colour, times, pause_s"),
        ({"colour": "red", "times": 1, "pause_s": True}, "is not a number"),
    ):
        with pytest.raises(CommandError) as refusal:
            rows({"blink": body}, later)
        assert reason in str(refusal.value)
    with pytest.raises(CommandError, match="unknown command 'blink'"):
        rows({"blink": {}}, OURS)


def test_the_limits_are_those_of_the_declaration() -> None:
    document = {"regulation": {"share_pct_x100": 12000}}
    with pytest.raises(CommandError, match=r"outside -10000\.\.10000 0\.01 %"):
        rows(document, OURS)
    (row,) = rows(document, table(**{"limits -10000 10000": "limits -20000 20000"}))
    assert row.values == {"share_pct_x100": 12000}
    plan = {"number": 1, "slot_s": 900, "start_in_s": 0, "charge_to": 1, "discharge_from": 2, "prices": [1]}
    with pytest.raises(CommandError, match="takes no prices"):
        rows({"plan": plan}, table(**{"plan_prices": "plan_costs"}))


@pytest.mark.parametrize("name", ["param_set", "param_get", "plan_prices", "time"])
def test_what_the_host_sends_by_itself_is_no_command_of_mqtt(name: str) -> None:
    assert name in OURS.by_name
    with pytest.raises(CommandError, match="unknown command"):
        rows({name: {}}, OURS)


def test_every_command_and_field_has_a_meaning_and_the_schema_says_it() -> None:
    schema = documents()["cmd"]["properties"]
    for _number, name, what, fields in messages.COMMANDS:
        assert what.endswith(".") and all(field[5] for field in fields), name
        for field in fields if name in ("departure", "regulation", "demand_response") else ():
            assert field[5] in schema[name]["properties"][field[0]]["description"]
