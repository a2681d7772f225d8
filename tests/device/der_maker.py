"""Builds DER for tests: certificates and revocation lists with any one part replaced, signatures not real."""

G = (
    b"\x04"
    b"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0"
    b"\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
    b"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce"
    b"\xcb\xb6\x40\x68\x37\xbf\x51\xf5"
)
ALGORITHM = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
KEY_ALGORITHM = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
VERSION = b"\xa0\x03\x02\x01\x02"
SERIAL = b"\x02\x02\x01\x23"


def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    if n < 0x80:
        head = bytes((tag, n))
    elif n < 0x100:
        head = bytes((tag, 0x81, n))
    else:
        head = bytes((tag, 0x82, n >> 8, n & 255))
    return head + content


def sequence(*parts):
    return tlv(0x30, *parts)


def attribute(kind, text, tag=0x0C):
    return tlv(0x31, sequence(tlv(0x06, kind), tlv(tag, text)))


def name(common_name=b"one", domain_component=b"CPO"):
    return sequence(
        attribute(b"\x55\x04\x03", common_name),
        attribute(b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", domain_component, 0x16),
    )


def validity(not_before=b"250101000000Z", not_after=b"350101000000Z"):
    return sequence(tlv(0x17, not_before), tlv(0x17, not_after))


def public_key(point=G, algorithm=KEY_ALGORITHM):
    return sequence(algorithm, tlv(0x03, b"\x00", point))


def extension(kind, value, critical=False):
    return sequence(tlv(0x06, kind), b"\x01\x01\xff" if critical else b"", tlv(0x04, value))


KEY_USAGE = extension(b"\x55\x1d\x0f", b"\x03\x02\x07\x80", True)
NOT_A_CA = extension(b"\x55\x1d\x13", b"\x30\x00", True)


def extensions(*parts, tag=0xA3):
    return tlv(tag, sequence(*parts))


SIGNATURE = sequence(b"\x02\x01\x05\x02\x01\x07")


def certificate(**changed):
    """Return the DER of a certificate; parts by name: version, serial, inner, issuer, validity, subject, key,
    extensions (the element with tag A3), outer, signature, after."""
    part = changed.get
    tbs = sequence(
        part("version", VERSION),
        part("serial", SERIAL),
        part("inner", ALGORITHM),
        part("issuer", name(b"two")),
        part("validity", validity()),
        part("subject", name()),
        part("key", public_key()),
        part("extensions", extensions(KEY_USAGE, NOT_A_CA)),
    )
    return sequence(tbs, part("outer", ALGORITHM), tlv(0x03, b"\x00", part("signature", SIGNATURE))) + part(
        "after", b""
    )


def entry(serial, *extra):
    return sequence(tlv(0x02, serial), tlv(0x17, b"250101000000Z"), *extra)


def revocation_list(*entries, **changed):
    """Return the DER of a list; parts by name: version, this_update, next_update, extensions (tag A0)."""
    part = changed.get
    tbs = sequence(
        part("version", b"\x02\x01\x01"),
        ALGORITHM,
        name(b"two"),
        part("this_update", tlv(0x17, b"250101000000Z")),
        part("next_update", tlv(0x17, b"250201000000Z")),
        sequence(*entries) if entries else b"",
        part("extensions", extensions(extension(b"\x55\x1d\x14", b"\x02\x01\x01"), tag=0xA0)),
    )
    return sequence(tbs, ALGORITHM, tlv(0x03, b"\x00", SIGNATURE))


def refusal(work, *arguments):
    """Return the code of the CertificateError that a call raises, 0 where it raises none."""
    from gridkeel.errors import CertificateError

    try:
        result = work(*arguments)
        if hasattr(result, "send"):
            drive(result)
    except CertificateError as error:
        return error.code
    return 0


def drive(work):
    """Return what a generator returns."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value
