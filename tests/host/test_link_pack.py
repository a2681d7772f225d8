"""The packed message table, and the names by which records are filled."""

from gridkeel.link import handshake_fields, message_ids, messages, packed, table, telemetry_fields
from gridkeel.runtime.commands import Commands


def test_the_device_carries_the_table_as_it_is_declared():
    assert table.text() == packed.TEXT
    assert table.table_hash(packed.TEXT) == packed.HASH
    declared = {row[0]: row[2] for row in messages.TABLE}
    for message, codes, counts in packed.RECORDS:
        fields = declared.pop(message)
        assert codes.decode() == "".join(code for _name, code, _unit in fields)
        assert counts.decode() == "".join("1" if unit == "count" else "0" for _name, _code, unit in fields)
    for message, codes in packed.COMMANDS:
        assert codes.decode() == "".join(code for _name, code, _unit in declared.pop(message))
    assert declared == {}


def test_a_record_that_is_filled_by_name_has_every_field_at_its_place():
    for message, module in ((message_ids.TELEMETRY, telemetry_fields), (message_ids.HANDSHAKE, handshake_fields)):
        names = [name.upper() for name, _code, _unit in messages.fields_of(message)]
        places = {name: value for name, value in vars(module).items() if name.isupper()}
        assert places == {**{name: place for place, name in enumerate(names)}, "COUNT": len(names)}


def test_every_command_of_the_table_has_a_handler():
    handlers = Commands(None, None, None, None, None, None)._handlers
    assert set(handlers) == {message for message, _codes in packed.COMMANDS}
