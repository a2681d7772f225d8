"""Strict DER: what is not the one encoding is refused."""

from der_maker import refusal, sequence, tlv

from gridkeel.crypto import der, refusals

WASM_GROUP = 6


def refused(work, data, *more):
    return refusal(work, data, 0, len(data), *more) == refusals.ENCODING


def test_lengths_of_each_form_are_read():
    for n in (0, 1, 127, 128, 255, 256, 700):
        data = tlv(0x04, bytes(n))
        assert der.whole(data, 0x04) == (len(data) - n, len(data))
    data = tlv(0x04, bytes(65535))
    assert der.whole(data, 0x04) == (4, 65539)


def test_lengths_that_are_not_minimal_or_definite_are_refused():
    for head in (
        b"\x04\x80",
        b"\x04\x81\x05",
        b"\x04\x82\x00\x90",
        b"\x04\x83\x00\x00\x90",
        b"\x04\x84\x00\x00\x00\x90",
    ):
        assert refused(der.element, head + bytes(0x90), 0x04)
    assert refused(der.element, b"\x04\x81\x7f" + bytes(127), 0x04)
    assert refused(der.element, b"\x04\x82\x00\xff" + bytes(255), 0x04)
    assert refused(der.element, b"\x04\xff" + bytes(127), 0x04)


def test_an_element_cut_anywhere_is_refused():
    for whole in (tlv(0x04, bytes(5)), tlv(0x04, bytes(200)), tlv(0x04, bytes(300))):
        for n in range(len(whole)):
            assert refused(der.element, whole[:n], 0x04)


def test_an_element_is_bounded_by_the_one_around_it():
    data = tlv(0x04, bytes(5)) + bytes(10)
    assert refusal(der.element, data, 0, 7, 0x04) == 0
    assert refusal(der.element, data, 0, 6, 0x04) == refusals.ENCODING
    assert refusal(der.element, data, 17, 17, 0x04) == refusals.ENCODING


def test_a_wrong_or_long_tag_is_refused():
    assert refused(der.element, tlv(0x04, b"x"), 0x30)
    assert refused(der.contents, b"\x1f\x01\x00")
    assert refused(der.contents, b"\x00\x00")
    assert refused(der.contents, b"\xbf\x01\x00")


def test_trailing_bytes_are_refused():
    assert refusal(der.whole, tlv(0x30) + b"\x00", 0x30) == refusals.ENCODING
    assert refusal(der.finish, 3, 4) == refusals.ENCODING
    assert refusal(der.finish, 4, 4) == 0


def test_positive_integers_are_read_and_other_forms_refused():
    for good, bytes_of in ((b"\x01", b"\x01"), (b"\x7f", b"\x7f"), (b"\x00\x80", b"\x80"), (b"\x01\x00", b"\x01\x00")):
        data = tlv(0x02, good)
        start, stop = der.positive(data, 0, len(data))
        assert data[start:stop] == bytes_of and stop == len(data)
    for bad in (b"", b"\x00", b"\x80", b"\xff\x7f", b"\x00\x7f", b"\x00\x00", b"\x00\x00\x80"):
        assert refused(der.positive, tlv(0x02, bad))


def test_integers_of_one_octet_are_read_and_others_refused():
    assert der.small(b"\x02\x01\x00", 0, 3) == (0, 3)
    assert der.small(b"\x02\x01\x7f", 0, 3) == (127, 3)
    for bad in (b"\x02\x01\x80", b"\x02\x02\x00\x01", b"\x02\x00"):
        assert refused(der.small, bad)


def test_only_a_true_boolean_is_taken():
    assert der.true(b"\x01\x01\xff", 0, 3) == 3
    for bad in (b"\x01\x01\x00", b"\x01\x01\x01", b"\x01\x00", b"\x01\x02\xff\xff"):
        assert refused(der.true, bad)


def test_only_bit_strings_of_whole_bytes_are_taken():
    assert der.octets(b"\x03\x02\x00\x05", 0, 4) == (3, 4)
    for bad in (b"\x03\x00", b"\x03\x02\x01\x04"):
        assert refused(der.octets, bad)


def test_object_identifiers_are_read_and_other_forms_refused():
    assert der.identifier(b"\x06\x03\x55\x1d\x0f", 0, 5) == (b"\x55\x1d\x0f", 5)
    assert der.identifier(b"\x06\x03\x2a\x86\x48", 0, 5) == (b"\x2a\x86\x48", 5)
    assert der.identifier(b"\x06\x02\x88\x37", 0, 4) == (b"\x88\x37", 4)
    assert der.identifier(b"\x06\x03\x81\x80\x01", 0, 5) == (b"\x81\x80\x01", 5)
    assert refused(der.identifier, tlv(0x06, b"\x80" + b"\x01" * 127))
    for bad in (b"\x06\x00", b"\x06\x01\x86", b"\x06\x02\x55\x86", b"\x06\x02\x80\x01", b"\x06\x03\x55\x80\x01"):
        assert refused(der.identifier, bad)


def test_the_error_says_at_which_byte():
    try:
        der.whole(sequence() + b"\x00", 0x30)
    except Exception as error:
        assert "byte 2" in str(error) and error.code == refusals.ENCODING
    else:
        raise AssertionError("trailing byte taken")
