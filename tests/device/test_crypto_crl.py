"""Revocation lists built part by part."""

from der_maker import drive, entry, extension, extensions, name, refusal, revocation_list, sequence, tlv

from gridkeel import slices
from gridkeel.crypto import crl, refusals

NUMBER = extension(b"\x55\x1d\x14", b"\x02\x01\x01")
REASON = sequence(extension(b"\x55\x1d\x15", b"\x0a\x01\x01"))


def code(*entries, **parts):
    return refusal(crl.parse, revocation_list(*entries, **parts))


def many(n):
    """n entries, serials 0x0100 and on, in one piece: many small ones would break up a board's heap."""
    one = entry(b"\x01\x00")
    all_of_them = bytearray(one * n)
    for at in range(n):
        place = at * len(one) + 4
        all_of_them[place] += at >> 8
        all_of_them[place + 1] = at & 255
    return bytes(all_of_them)


def test_a_list_gives_its_issuer_its_times_and_the_serials_that_it_revokes():
    found = drive(crl.parse(revocation_list(entry(b"\x05"), entry(b"\x00\x80", REASON), entry(b"\x01\x02"))))
    assert found.issuer == name(b"two")
    assert (found.this_update_s, found.next_update_s) == (1735689600, 1738368000)
    for serial in (b"\x05", b"\x80", b"\x01\x02"):
        assert found.revokes(serial)
    for serial in (b"\x01", b"\x02", b"\x05\x05", b"", b"\x00\x80", b"\x15"):
        assert not found.revokes(serial)


def test_an_empty_revocation_list_revokes_nothing():
    found = drive(crl.parse(revocation_list()))
    assert not found.revokes(b"\x05")


def test_the_authority_key_identifier_is_read():
    authority = extension(b"\x55\x1d\x23", tlv(0x30, tlv(0x80, b"id")))
    found = drive(crl.parse(revocation_list(extensions=extensions(NUMBER, authority, tag=0xA0))))
    assert found.authority_key_id == b"id"


def test_a_long_list_is_read_in_slices():
    data = revocation_list(many(300))
    usual, slices.cycles = slices.cycles, 2000000
    count = 0
    try:
        work = crl.parse(data)
        while True:
            next(work)
            count += 1
    except StopIteration as stop:
        found = stop.value
    finally:
        slices.cycles = usual
    assert count == 300 // 16
    assert found.revokes(b"\x01\x00") and found.revokes(b"\x02\x2b") and not found.revokes(b"\x02\x2c")


def test_a_list_of_another_form_is_refused():
    e = refusals.ENCODING
    assert code(version=b"") == e
    assert code(version=b"\x02\x01\x00") == e
    assert code(next_update=b"") == e
    assert code(this_update=tlv(0x17, b"250101")) == e
    assert code(extensions=b"") == e
    assert code(sequence(tlv(2, b"\x05"))) == e
    assert code(entry(b"")) == e
    assert code(entry(b"\x80")) == e
    assert code(entry(b"\x05", REASON, b"\x05\x00")) == e
    assert code(b"\x05\x00") == e


def test_what_a_list_may_say_as_critical():
    critical = extensions(extension(b"\x55\x1d\x14", b"\x02\x01\x01", True), tag=0xA0)
    assert code(extensions=critical) == 0
    for kind, value in ((b"\x55\x1d\x15", b"\x0a\x01\x01"), (b"\x55\x1d\x18", tlv(0x18, b"20250101000000Z"))):
        assert code(entry(b"\x05", sequence(extension(kind, value, True)))) == 0
        assert code(entry(b"\x05", sequence(extension(kind, b"\x05\x00", True)))) == refusals.ENCODING


def test_bytes_after_the_extensions():
    inside = tlv(0xA0, sequence(NUMBER), b"\x05\x00")
    after = extensions(NUMBER, tag=0xA0) + b"\x05\x00"
    assert code(extensions=inside) == code(extensions=after) == refusals.ENCODING


def test_an_extension_that_changes_the_meaning_of_a_list_is_refused():
    for kind in (b"\x55\x1d\x1c", b"\x55\x1d\x1b"):  # issuing distribution point, delta
        other = extensions(NUMBER, extension(kind, b"\x30\x00", True), tag=0xA0)
        assert code(extensions=other) == refusals.UNKNOWN_CRITICAL
    other_issuer = sequence(extension(b"\x55\x1d\x1d", b"\x30\x00", True))
    assert code(entry(b"\x05", other_issuer)) == refusals.UNKNOWN_CRITICAL


def test_a_list_over_its_bound_is_refused():
    assert code(many(800)) == refusals.OVERSIZED
    assert len(revocation_list(many(770))) < crl.MOST_BYTES
