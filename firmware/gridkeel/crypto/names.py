"""Names of X.501: kept as raw DER, and compared by what they say; two attributes are read out of them.

Two texts say the same where they differ in their string type, in the case of ASCII letters, or in white space at the
ends and in how much there is in between.  Source: RFC 5280, 7.1, without the mapping of letters beyond ASCII.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import der

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

_COMMON_NAME = b"\x55\x04\x03"
_DOMAIN_COMPONENT = b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"
_TEXTS = (der.UTF8_STRING, der.PRINTABLE_STRING, der.IA5_STRING)
_TELETEX_STRING = 0x14
_UNIVERSAL_STRING = 0x1C  # four octets a character
_BMP_STRING = 0x1E  # two


def read(data: "Buffer", at: int, end: int) -> "tuple[bytes, str, str, int]":
    """Return (raw DER, common name, domain component, stop) of the Name at `at`, which must not be empty.

    A text is "" where the attribute is not there once exactly.  Errors: CertificateError.
    """
    start, stop = der.element(data, at, end, der.SEQUENCE)
    if start == stop:
        der.refuse("empty name", at)
    raw = bytes(data[at:stop])
    found: dict = {}
    while start < stop:
        inner, start = der.element(data, start, stop, der.SET)
        if inner == start:
            der.refuse("empty part of a name", inner)
        while inner < start:
            inner = _attribute(data, inner, start, found)
    return raw, found.get(_COMMON_NAME, ""), found.get(_DOMAIN_COMPONENT, ""), stop


def same(one: bytes, other: bytes) -> bool:
    """Return whether two Names, raw DER that was read before, say the same."""
    return one == other or _parts(one) == _parts(other)


def _parts(raw):
    """Return the parts of a Name: of each a sorted list of (identifier, string type, octets)."""
    parts: list = []
    start, stop = der.element(raw, 0, len(raw), der.SEQUENCE)
    while start < stop:
        at, start = der.element(raw, start, stop, der.SET)
        attributes: list = []
        while at < start:
            first, at = der.element(raw, at, start, der.SEQUENCE)
            kind, first = der.identifier(raw, first, at)
            value, _end = der.contents(raw, first, at)
            attributes.append((kind,) + _fold(raw[first], raw[value:at]))
        attributes.sort()
        parts.append(attributes)
    return parts


def _fold(tag, octets):
    """Return (string type, octets) of a text that is the same for all that say it; beyond ASCII, types differ."""
    width = 4 if tag == _UNIVERSAL_STRING else 2 if tag == _BMP_STRING else 1
    if width == 1 and tag != _TELETEX_STRING and tag not in _TEXTS:
        return tag, octets
    if tag != der.UTF8_STRING:
        text = bytes(octets[k] for k in range(width - 1, len(octets), width))
        if len(text) * width != len(octets) or sum(octets) != sum(text) or any(octet > 0x7E for octet in text):
            return tag, octets
        octets = text
    return der.UTF8_STRING, b" ".join(octets.lower().split())


def _attribute(data, at, end, found):
    at, stop = der.element(data, at, end, der.SEQUENCE)
    kind, at = der.identifier(data, at, stop)
    start, after = der.contents(data, at, stop)
    der.finish(after, stop)
    if kind in (_COMMON_NAME, _DOMAIN_COMPONENT):
        found[kind] = "" if kind in found else _text(data, data[at], start, after)
    return stop


def _text(data, tag, start, stop):
    if tag not in _TEXTS:
        der.refuse("text of tag %02x" % tag, start)
    octets = bytes(data[start:stop])
    try:
        text = str(octets, "utf-8")
    except UnicodeError:
        der.refuse("text that is no UTF-8", start)
    if tag != der.UTF8_STRING and any(octet > 0x7E for octet in octets):
        der.refuse("text beyond ASCII", start)
    return text
