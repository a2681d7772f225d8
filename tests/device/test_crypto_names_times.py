"""Names and times inside certificates."""

from der_maker import attribute, refusal, sequence, tlv

from gridkeel.crypto import names, refusals, times

WASM_GROUP = 5
CN = b"\x55\x04\x03"
DC = b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"
ORGANISATION = b"\x55\x04\x0a"


def read(*parts):
    data = sequence(*parts)
    return names.read(data, 0, len(data))


def refused(*parts):
    data = sequence(*parts)
    return refusal(names.read, data, 0, len(data)) == refusals.ENCODING


def seconds(text, tag=0x17):
    data = tlv(tag, text)
    at, stop = times.read(data, 0, len(data))
    assert stop == len(data)
    return at


def no_time(text, tag=0x17):
    data = tlv(tag, text)
    return refusal(times.read, data, 0, len(data)) == refusals.ENCODING


def test_the_common_name_and_the_component_of_a_name_are_read():
    parts = (attribute(ORGANISATION, b"any", 0x1E), attribute(CN, b"UKSWI123456791A", 0x13), attribute(DC, b"MO", 0x16))
    raw, common_name, component, stop = read(*parts)
    assert raw == sequence(*parts) and stop == len(raw)
    assert (common_name, component) == ("UKSWI123456791A", "MO")
    assert read(attribute(CN, "Zähler".encode()))[1] == "Zähler"


def test_a_text_that_is_missing_or_there_twice_is_empty():
    assert read(attribute(ORGANISATION, b"any"))[1:3] == ("", "")
    assert read(attribute(CN, b"a"), attribute(CN, b"b"))[1] == ""
    assert read(attribute(CN, b"a"), attribute(CN, b"b"), attribute(CN, b"c"))[1] == ""
    both = tlv(0x31, sequence(tlv(6, CN), tlv(0x0C, b"a")), sequence(tlv(6, DC), tlv(0x16, b"b")))
    assert read(both)[1:3] == ("a", "b")


def test_a_malformed_name_is_refused():
    assert refused()
    assert refused(tlv(0x31))
    assert refused(sequence())
    assert refused(tlv(0x31, sequence(tlv(6, CN))))
    assert refused(tlv(0x31, sequence(tlv(6, CN), tlv(0x0C, b"a"), tlv(0x0C, b"b"))))
    assert refused(tlv(0x31, sequence(tlv(0x0C, b"a"), tlv(6, CN))))
    assert refused(attribute(CN, b"a"), b"\x00")


def test_a_malformed_text_is_refused():
    assert refused(attribute(CN, b"a\xff\xff"))
    assert refused(attribute(CN, b"\x00a\x00b", 0x1E))
    assert refused(attribute(CN, b"\xc3\xa4", 0x13))
    assert refused(attribute(CN, b"a\x7f", 0x13))
    assert read(attribute(CN, b" ~", 0x13))[1] == " ~"
    assert refused(attribute(DC, b"\xc3\xa4", 0x16))


def test_names_that_compare_equal():
    one = sequence(attribute(ORGANISATION, b"Some Operator"), attribute(CN, b"MO"), attribute(DC, b"V2G", 0x16))
    for organisation, tag, same in (
        (b"Some Operator", 0x0C, True),
        (b"Some Operator", 0x13, True),
        (b"SOME operator", 0x13, True),
        (b" Some  Operator\t", 0x16, True),
        (b"Some Operator", 0x14, True),
        (b"".join(bytes((0, octet)) for octet in b"Some Operator"), 0x1E, True),
        (b"".join(bytes((0, 0, 0, octet)) for octet in b"Some Operator"), 0x1C, True),
        (b"".join(bytes((1, octet)) for octet in b"Some Operator"), 0x1E, False),
        (b"Some Operator\x00", 0x1E, False),
        (b"Some Operator", 0x04, False),
        (b"SomeOperator", 0x13, False),
        (b"Some Operators", 0x13, False),
        (b"", 0x13, False),
    ):
        parts = attribute(ORGANISATION, organisation, tag), attribute(CN, b"mo", 0x13), attribute(DC, b"v2g", 0x0C)
        other = sequence(*parts)
        assert (names.same(one, other), names.same(other, one)) == (same, same), (organisation, tag)
        assert not names.same(one, sequence(parts[1], parts[0], parts[2]))
        assert not names.same(one, sequence(*parts[:2]))


def test_letters_beyond_ascii_compare_as_they_are_and_those_between_them_in_any_case():
    def named(text, tag=0x0C):
        return sequence(attribute(ORGANISATION, text, tag))

    one = named("Müller  AG".encode())
    assert names.same(one, named(" MüLLER ag".encode()))
    assert not names.same(one, named("MÜller AG".encode()))
    for tag in (0x13, 0x16, 0x14):
        assert not names.same(one, named("müller ag".encode(), tag)), tag


def test_a_half_character_another_sign_and_the_last_of_ascii():
    def named(text, tag=0x0C):
        return sequence(attribute(ORGANISATION, text, tag))

    assert names.same(named(b"a~b"), named(b"a~b", 0x13))
    assert not names.same(named(b"a b"), named(b"a!b"))
    assert names.same(named(b"a"), named(b"\x00a", 0x1E))
    assert not names.same(named(b"a"), named(b"\x00a\x00", 0x1E))


def test_attributes_of_one_part_have_no_order():
    parts = sequence(tlv(6, CN), tlv(0x0C, b"a")), sequence(tlv(6, ORGANISATION), tlv(0x13, b"b"))
    assert names.same(sequence(tlv(0x31, *parts)), sequence(tlv(0x31, parts[1], parts[0])))
    assert not names.same(sequence(tlv(0x31, *parts)), sequence(tlv(0x31, parts[0]), tlv(0x31, parts[1])))


def test_dates_of_both_forms_are_read():
    assert seconds(b"700101000000Z") == 0
    assert seconds(b"000229235959Z") == 951868799
    assert seconds(b"240301000000Z") == 1709251200
    assert seconds(b"251231235959Z") == 1767225599
    assert seconds(b"491231235959Z") == 2524607999
    assert seconds(b"500101000000Z") == -631152000
    assert seconds(b"20500101000000Z", 0x18) == 2524608000
    assert seconds(b"21060207062816Z", 0x18) == 1 << 32
    assert seconds(b"99991231235959Z", 0x18) == 253402300799
    assert seconds(b"19491231235959Z", 0x18) == -631152001
    assert seconds(b"00010101000000Z", 0x18) == -62135596800


def test_the_first_of_every_month_is_read():
    expected = 1735689600
    for month, days in (
        (1, 31),
        (2, 28),
        (3, 31),
        (4, 30),
        (5, 31),
        (6, 30),
        (7, 31),
        (8, 31),
        (9, 30),
        (10, 31),
        (11, 30),
    ):
        assert seconds(b"25%02d01000000Z" % month) == expected
        expected += days * 86400
    assert seconds(b"251201000000Z") == expected


def test_days_and_hours_that_do_not_exist_are_refused():
    for text in (
        b"250001000000Z",
        b"251301000000Z",
        b"250100000000Z",
        b"250132000000Z",
        b"250229000000Z",
        b"240230000000Z",
        b"240132000000Z",
        b"250431000000Z",
        b"250101240000Z",
        b"250101006000Z",
        b"250101000060Z",
    ):
        assert no_time(text)
    assert no_time(b"21000229000000Z", 0x18)
    assert no_time(b"00000101000000Z", 0x18)
    assert seconds(b"240229000000Z") == 1709164800


def test_other_forms_of_time_are_refused():
    for text in (
        b"",
        b"2501010000Z",
        b"250101000000",
        b"250101000000+0000",
        b"250101000000z",
        b"25010100000 Z",
        b"2501010000-1Z",
        b"20250101000000Z",
    ):
        assert no_time(text)
    assert no_time(b"20250101000000Z", 0x18)
    assert no_time(b"20491231235959Z", 0x18)
    assert no_time(b"19500101000000Z", 0x18)
    assert no_time(b"20500101000000Z", 0x04)
    assert no_time(b"20500101000000.5Z", 0x18)
    assert no_time(b"500101000000Z", 0x18)
    assert no_time(b"250101000000Z", 0x04)
