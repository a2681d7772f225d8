"""Certificates built part by part: what is read out of one, and each part that is refused."""

import der_maker as make
from der_maker import certificate, extension, extensions, refusal, sequence, tlv

from gridkeel.crypto import extensions as known
from gridkeel.crypto import refusals, x509

WASM_GROUP = 4
KEY_ID = b"\x55\x1d\x0e"
USAGE = b"\x55\x1d\x0f"
ALT_NAME = b"\x55\x1d\x11"
CONSTRAINTS = b"\x55\x1d\x13"
NAME_CONSTRAINTS = b"\x55\x1d\x1e"
AUTHORITY = b"\x55\x1d\x23"
PURPOSES = b"\x55\x1d\x25"


def code(**parts):
    return refusal(x509.parse, certificate(**parts))


def read(*parts):
    return x509.parse(certificate(extensions=extensions(*parts)))


def code_of(*parts):
    return code(extensions=extensions(*parts))


def test_the_fields_of_a_certificate_are_read():
    data = certificate()
    found = x509.parse(data)
    assert found.data is data and found.curve == "P-256"
    assert found.issuer == make.name(b"two") and found.subject == make.name()
    assert found.common_name == "one" and found.domain_component == "CPO"
    assert found.serial == b"\x01\x23"
    assert found.not_before_s == 1735689600 and found.not_after_s == 2051222400
    assert found.public_key == make.G
    assert found.key_usage == x509.DIGITAL_SIGNATURE
    assert (found.is_ca, found.path_len, found.purposes) == (False, None, None)
    assert (found.key_id, found.authority_key_id) == (b"", b"")
    assert found.signature == bytes(31) + b"\x05" + bytes(31) + b"\x07"
    tbs = bytes(found.tbs)
    assert data.find(tbs) == 4 and tbs[0] == 0x30 and tbs.endswith(make.NOT_A_CA)


def test_the_extensions_of_a_ca_are_read():
    found = read(
        extension(CONSTRAINTS, b"\x30\x06\x01\x01\xff\x02\x01\x01", True),
        extension(USAGE, b"\x03\x02\x01\x06", True),
        extension(KEY_ID, b"\x04\x03abc"),
        extension(AUTHORITY, tlv(0x30, tlv(0x80, b"xyz"))),
        extension(PURPOSES, sequence(tlv(0x06, b"\x55\x1d\x25\x00"), tlv(0x06, b"\x2b\x06"))),
    )
    assert (found.is_ca, found.path_len) == (True, 1)
    assert found.key_usage == x509.KEY_CERT_SIGN | x509.CRL_SIGN
    assert found.key_id == b"abc" and found.authority_key_id == b"xyz"
    assert found.purposes == (b"\x55\x1d\x25\x00", b"\x2b\x06")


def test_a_ca_without_a_path_length_has_no_bound():
    found = read(extension(CONSTRAINTS, b"\x30\x03\x01\x01\xff", True))
    assert (found.is_ca, found.path_len, found.key_usage) == (True, None, None)


def test_a_body_with_a_malformed_part_is_refused():
    e = refusals.ENCODING
    assert code(version=b"") == e
    assert code(version=b"\xa0\x03\x02\x01\x01") == e
    assert code(validity=sequence(tlv(0x17, b"250101000000Z"))) == e
    assert code(issuer=sequence()) == e
    assert code(subject=sequence()) == e
    assert code(extensions=b"") == e
    assert code(extensions=extensions()) == e
    assert code(extensions=b"\x81\x02\x00\x01" + extensions(make.KEY_USAGE)) == e
    assert code(extensions=extensions(make.KEY_USAGE) + b"\x05\x00") == e
    assert code(after=b"\x00") == e
    assert refusal(x509.parse, b"") == e
    assert refusal(x509.parse, sequence()) == e


def test_bytes_after_each_part():
    more = b"\x05\x00"
    whole = certificate()
    assert refusal(x509.parse, sequence(whole[4:], more)) == refusals.ENCODING
    assert code(extensions=tlv(0xA3, sequence(make.KEY_USAGE), more)) == refusals.ENCODING
    assert code(validity=sequence(make.validity()[2:], more)) == refusals.ENCODING


def test_without_basic_constraints_it_is_no_ca():
    found = read(make.KEY_USAGE)
    assert (found.is_ca, found.path_len) == (False, None)


def test_serial_numbers_are_positive_and_of_20_octets_at_the_most():
    for serial in (b"\x02\x01\x00", b"\x02\x01\x80", b"\x02\x02\x00\x01", b"\x02\x00", tlv(2, b"\x01" * 21)):
        assert code(serial=serial) == refusals.ENCODING
    assert code(serial=tlv(2, b"\x00" + b"\xff" * 20)) == refusals.ENCODING
    assert x509.parse(certificate(serial=tlv(2, b"\x7f" * 20))).serial == b"\x7f" * 20
    assert x509.parse(certificate(serial=b"\x02\x02\x00\x80")).serial == b"\x80"


def test_other_algorithms_are_refused():
    sha384 = make.ALGORITHM[:-1] + b"\x03"
    with_null = b"\x30\x0c" + make.ALGORITHM[2:] + b"\x05\x00"
    for other in (sha384, with_null, sequence(tlv(6, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), b"\x05\x00")):
        assert code(inner=other) == refusals.UNKNOWN_ALGORITHM
        assert code(outer=other) == refusals.UNKNOWN_ALGORITHM
        assert code(inner=other, outer=other) == refusals.UNKNOWN_ALGORITHM


def test_keys_of_other_curves_and_malformed_points_are_refused():
    p384 = sequence(b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", b"\x06\x05\x2b\x81\x04\x00\x22")
    rsa = sequence(tlv(6, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), b"\x05\x00")
    for other in (p384, rsa, sequence(b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01")):
        assert code(key=make.public_key(make.G, other)) == refusals.UNKNOWN_CURVE
    for point in (make.G[:-1], b"\x02" + make.G[1:33], make.G[:-1] + b"\xf4", b"\x00", b"\x04" + bytes(64)):
        assert code(key=make.public_key(point)) == refusals.BAD_KEY
    assert code(key=sequence(make.KEY_ALGORITHM, tlv(3, b"\x01", make.G[:-1], b"\xf4"))) == refusals.ENCODING
    assert code(key=sequence(make.KEY_ALGORITHM, tlv(3, b"\x00", make.G), b"\x05\x00")) == refusals.ENCODING


def test_malformed_signatures_are_refused():
    for signature in (
        b"",
        b"\x30\x00",
        sequence(b"\x02\x01\x05"),
        make.SIGNATURE + b"\x00",
        sequence(b"\x02\x01\x85\x02\x01\x07"),
    ):
        assert code(signature=signature) == refusals.ENCODING


def test_a_certificate_over_its_size_is_refused():
    ca = extension(CONSTRAINTS, b"\x30\x03\x01\x01\xff", True)
    for most, parts in ((800, (make.KEY_USAGE,)), (800, (make.KEY_USAGE, make.NOT_A_CA)), (1600, (make.KEY_USAGE, ca))):

        def of(size, parts=parts):
            return certificate(extensions=extensions(*parts, extension(ALT_NAME, tlv(0x30, bytes(size)))))

        fits = most - len(of(600)) + 600
        assert len(of(fits)) == most
        x509.parse(of(fits))
        assert refusal(x509.parse, of(fits + 1)) == refusals.OVERSIZED
    # a CA is known from a leaf by what it says, so what cannot be read is reported first, up to a CA's size
    unreadable = certificate(extensions=extensions(make.KEY_USAGE, extension(ALT_NAME, tlv(4, bytes(600)))))
    assert len(unreadable) > 800 and refusal(x509.parse, unreadable) == refusals.ENCODING
    assert refusal(x509.parse, bytes(1601)) == refusals.OVERSIZED


def test_an_unknown_extension_is_refused_where_it_is_critical():
    unknown = b"\x2a\x03\x04"
    assert code_of(make.KEY_USAGE, extension(unknown, b"any")) == 0
    assert code_of(make.KEY_USAGE, extension(unknown, b"any", True)) == refusals.UNKNOWN_CRITICAL
    assert code_of(make.KEY_USAGE, extension(NAME_CONSTRAINTS, b"\x30\x00", True)) == refusals.UNKNOWN_CRITICAL
    for passed_over in (ALT_NAME, b"\x55\x1d\x1f", b"\x55\x1d\x20", b"\x2b\x06\x01\x05\x05\x07\x01\x01"):
        assert code_of(make.KEY_USAGE, extension(passed_over, b"\x30\x00", True)) == 0
        for no_sequence in (b"", b"\x04\x00", b"\x30\x00\x00", b"\x30\x01"):
            assert code_of(make.KEY_USAGE, extension(passed_over, no_sequence)) == refusals.ENCODING


def test_an_extension_that_comes_twice_is_refused():
    for twice in (make.KEY_USAGE, make.NOT_A_CA, extension(b"\x2a\x03\x04", b"any")):
        assert code_of(make.KEY_USAGE, twice, twice) == refusals.ENCODING


def test_a_malformed_extension_is_refused():
    body = tlv(6, b"\x2a\x03\x04")
    for bad in (
        body,
        body + b"\x01\x01\x00" + tlv(4, b""),
        body + b"\x01\x01\x01" + tlv(4, b""),
        body + tlv(4, b"") + b"\x05\x00",
        body + tlv(3, b"\x00"),
        tlv(4, b""),
    ):
        assert code_of(sequence(bad)) == refusals.ENCODING


def test_key_usage_bits_are_read():
    for value, bits in (
        (b"\x03\x02\x07\x80", 1),
        (b"\x03\x02\x03\xf8", 31),
        (b"\x03\x02\x00\x01", 128),
        (b"\x03\x03\x07\x80\x80", 257),
        (b"\x03\x03\x07\x00\x80", 256),
    ):
        assert read(extension(USAGE, value)).key_usage == bits
    for bad in (
        b"\x03\x01\x00",
        b"\x03\x02\x00\x80",
        b"\x03\x02\x07\x00",
        b"\x03\x02\x08\x80",
        b"\x03\x03\x06\x80\x40",
        b"\x03\x03\x07\x80\x00",
        b"\x03\x04\x07\x80\x80\x80",
        b"\x04\x02\x07\x80",
        b"\x03\x02\x07\x80\x00",
    ):
        assert code_of(extension(USAGE, bad)) == refusals.ENCODING


def test_malformed_basic_constraints_are_refused():
    for bad in (
        b"\x30\x03\x01\x01\x00",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x06\x01\x01\xff\x02\x01\xff",
        b"\x30\x07\x01\x01\xff\x02\x02\x00\x80",
        b"\x30\x09\x01\x01\xff\x02\x01\x01\x02\x01\x01",
        b"\x30\x00\x00",
        b"",
    ):
        assert code_of(extension(CONSTRAINTS, bad)) == refusals.ENCODING


def test_key_identifiers_are_read_and_malformed_ones_refused():
    for bad in (b"", b"\x04\x03ab", b"\x04\x01ab", b"\x30\x00"):
        assert code_of(extension(KEY_ID, bad)) == refusals.ENCODING
    assert read(extension(AUTHORITY, b"\x30\x00")).authority_key_id == b""
    both = tlv(0x30, tlv(0x80, b"id"), tlv(0xA1, b"\x30\x00"), tlv(0x82, b"\x01"))
    assert read(extension(AUTHORITY, both)).authority_key_id == b"id"
    for bad in (
        b"\x30\x01\x80",
        tlv(0x30, tlv(0x82, b"\x01"), tlv(0x80, b"id")),
        tlv(0x30, tlv(0x80, b"id"), tlv(0x80, b"id")),
        tlv(0x30, tlv(0x83, b"\x01")),
        tlv(0x30, tlv(0x82, b"\x01")),
        tlv(0x30, tlv(0x80, b"id"), tlv(0xA1, b"\x30\x00")),
        tlv(0x30, tlv(0x04, b"id")),
        tlv(0x30) + b"\x00",
        tlv(0x30, tlv(0x80, b"id"), tlv(0xA1, b"\x30\x00"), tlv(0x82, b"\x01"), b"\x05\x00"),
    ):
        assert code_of(extension(AUTHORITY, bad)) == refusals.ENCODING


def test_what_stands_after_an_extension_is_not_read():
    assert known.authority_key_id(b"\x30\x00\x80\x00", 0, 2) == b""
    assert known.authority_key_id(b"\x30\x00", 0, 2) == b""
    assert known.key_usage(b"\x03\x02\x07\x80\xff", 0, 4) == x509.DIGITAL_SIGNATURE
    bare = sequence(sequence(tlv(6, b"\x2a\x03\x04")))
    assert refusal(known.read, bare, 0, len(bare), {}, {}) == refusals.ENCODING


def test_malformed_purposes_are_refused():
    for bad in (b"\x30\x00", b"\x30\x02\x05\x00", b"\x06\x01\x2a", b"\x30\x03\x06\x01\x2a\x00"):
        assert code_of(extension(PURPOSES, bad)) == refusals.ENCODING


def test_no_truncated_certificate_passes():
    data = certificate()
    for n in range(0, len(data), 3):
        assert refusal(x509.parse, data[:n]) == refusals.ENCODING
