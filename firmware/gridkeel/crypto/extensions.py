"""Extensions of certificates and revocation lists: the known ones read, unknown critical ones refused.

Source: RFC 5280, 4.2 and 5.2.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import der
from gridkeel.crypto.refusals import UNKNOWN_CRITICAL
from gridkeel.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gridkeel.protocols import Buffer

SUBJECT_KEY_ID = b"\x55\x1d\x0e"
KEY_USAGE = b"\x55\x1d\x0f"
SUBJECT_ALT_NAME = b"\x55\x1d\x11"
BASIC_CONSTRAINTS = b"\x55\x1d\x13"
CRL_NUMBER = b"\x55\x1d\x14"
REASON_CODE = b"\x55\x1d\x15"
INVALIDITY_DATE = b"\x55\x1d\x18"
CRL_DISTRIBUTION_POINTS = b"\x55\x1d\x1f"
CERTIFICATE_POLICIES = b"\x55\x1d\x20"
AUTHORITY_KEY_ID = b"\x55\x1d\x23"
EXTENDED_KEY_USAGE = b"\x55\x1d\x25"
AUTHORITY_INFO_ACCESS = b"\x2b\x06\x01\x05\x05\x07\x01\x01"

# Known, by the tag of what is in them, and no answer that is given here hangs on it: names of hosts, policies without
# constraints, and where to ask for what the host brings.
IN_CERTIFICATES = {
    SUBJECT_ALT_NAME: der.SEQUENCE,
    CRL_DISTRIBUTION_POINTS: der.SEQUENCE,
    CERTIFICATE_POLICIES: der.SEQUENCE,
    AUTHORITY_INFO_ACCESS: der.SEQUENCE,
}
IN_LISTS = {CRL_NUMBER: der.INTEGER, AUTHORITY_INFO_ACCESS: der.SEQUENCE}
IN_ENTRIES = {REASON_CODE: der.ENUMERATED, INVALIDITY_DATE: der.GENERALIZED_TIME}


def read(
    data: "Buffer", at: int, end: int, readers: "Mapping[bytes, Callable]", known: "Mapping[bytes, int]"
) -> "tuple[dict, int]":
    """Read the SEQUENCE of extensions at `at`; return (dict by identifier, stop).

    readers: {identifier: function(data, start, stop) -> value}.  known: {identifier: tag}, which are passed over.
    Errors: CertificateError where one comes twice, is critical and in neither, or is not strict DER.
    """
    start, stop = der.element(data, at, end, der.SEQUENCE)
    if start == stop:
        der.refuse("no extensions", at)
    found = {}
    while start < stop:
        place, after = der.element(data, start, stop, der.SEQUENCE)
        kind, place = der.identifier(data, place, after)
        if kind in found:
            der.refuse("extension that comes twice", start)
        found[kind] = _value(data, place, after, kind, readers, known)
        start = after
    return found, stop


def _value(data, at, end, kind, readers, known):
    critical = at < end and data[at] == der.BOOLEAN
    if critical:
        at = der.true(data, at, end)
    start, stop = der.element(data, at, end, der.OCTET_STRING)
    der.finish(stop, end)
    if kind in readers:
        return readers[kind](data, start, stop)
    if kind in known:
        _first, after = der.element(data, start, stop, known[kind])
        der.finish(after, stop)
    elif critical:
        raise CertificateError(UNKNOWN_CRITICAL, "critical extension %s is not known" % kind.hex())
    return None


def key_id(data: "Buffer", start: int, stop: int) -> bytes:
    """Return the bytes of a SubjectKeyIdentifier."""
    first, after = der.element(data, start, stop, der.OCTET_STRING)
    der.finish(after, stop)
    return bytes(data[first:after])


def authority_key_id(data: "Buffer", start: int, stop: int) -> bytes:
    """Return the key identifier of an AuthorityKeyIdentifier, b"" where it has none.

    The issuer's name and serial number, which come both or not at all, are passed over.
    """
    at, after = der.element(data, start, stop, der.SEQUENCE)
    der.finish(after, stop)
    key = b""
    if at < after and data[at] == 0x80:
        first, at = der.contents(data, at, after)
        key = bytes(data[first:at])
    if at < after:
        _first, at = der.element(data, at, after, 0xA1)
        _first, at = der.element(data, at, after, 0x82)
    der.finish(at, after)
    return key


def key_usage(data: "Buffer", start: int, stop: int) -> int:
    """Return the bits of a KeyUsage, the first of them as 1."""
    first, after = der.element(data, start, stop, der.BIT_STRING)
    der.finish(after, stop)
    count = after - first
    if not 2 <= count <= 3:
        der.refuse("key usage of no bits or too many", start)
    unused = data[first]
    last = data[after - 1]
    if unused > 7 or last & -last != 1 << unused or (count == 3 and last != 0x80):
        der.refuse("key usage with zeros at its end", start)
    usage = 0
    for bit in range(8 * (count - 1)):
        if data[first + 1 + (bit >> 3)] & 0x80 >> (bit & 7):
            usage |= 1 << bit
    return usage


def basic_constraints(data: "Buffer", start: int, stop: int) -> "tuple[bool, int | None]":
    """Return (is a CA, path length or None)."""
    at, after = der.element(data, start, stop, der.SEQUENCE)
    der.finish(after, stop)
    if at == after:
        return False, None
    at = der.true(data, at, after)
    if at == after:
        return True, None
    length, at = der.small(data, at, after)
    der.finish(at, after)
    return True, length


def purposes(data: "Buffer", start: int, stop: int) -> "tuple[bytes, ...]":
    """Return the identifiers of an ExtendedKeyUsage, a tuple of bytes."""
    at, after = der.element(data, start, stop, der.SEQUENCE)
    der.finish(after, stop)
    if at == after:
        der.refuse("extended key usage of nothing", start)
    found = []
    while at < after:
        kind, at = der.identifier(data, at, after)
        found.append(kind)
    return tuple(found)
