"""Names of X.501: kept as raw DER and compared byte by byte; two attributes are read out of them."""

from gridkeel.crypto import der

_COMMON_NAME = b"\x55\x04\x03"
_DOMAIN_COMPONENT = b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"
_TEXTS = (der.UTF8_STRING, der.PRINTABLE_STRING, der.IA5_STRING)


def read(data, at, end):
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
