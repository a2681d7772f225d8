from gridkeel.link import messages, packed, table


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
