"""A request for the certificate of the board's own key, PKCS #10 in DER: what leaves the board in place of the key.

Loaded while a board is provisioned, and by nothing that runs later.  Source: RFC 2986; RFC 5480 for the public key;
RFC 4519 for the names.
"""

from hashlib import sha256

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import der, ecdsa

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_COMMON_NAME = b"\x06\x03\x55\x04\x03"
_DOMAIN_COMPONENT = b"\x06\x0a\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"
_VERSION = b"\x02\x01\x00"
_P256_KEY = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
_NO_ATTRIBUTES = b"\xa0\x00"
_ECDSA_SHA256 = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"


def build(
    common_name: str, domain_component: str, private_key: bytes, public: bytes, random: "Callable[[int], bytes]"
) -> "Generator[None, None, bytes]":
    """Generator, yields None between slices; return the request, signed with the key it is for.

    common_name: 1 to 64 characters.  domain_component: ASCII; "" for none.  public: 65 bytes 04 || x || y.
    The same names and key give the same bytes (RFC 6979).  random(n): n unpredictable bytes, for blinding alone.
    """
    name = _attribute(_COMMON_NAME, der.UTF8_STRING, common_name)
    if domain_component:
        name += _attribute(_DOMAIN_COMPONENT, der.IA5_STRING, domain_component)
    asked = _element(der.SEQUENCE, _VERSION, _element(der.SEQUENCE, name), _P256_KEY, public, _NO_ATTRIBUTES)
    signature = yield from ecdsa.sign(private_key, sha256(asked).digest(), random)
    numbers = _element(der.SEQUENCE, _integer(signature[:32]), _integer(signature[32:]))
    return _element(der.SEQUENCE, asked, _ECDSA_SHA256, _element(der.BIT_STRING, b"\x00", numbers))


def _attribute(kind, tag, text):
    return _element(der.SET, _element(der.SEQUENCE, kind, _element(tag, text.encode())))


def _integer(octets):
    at = 0
    while at < len(octets) - 1 and not octets[at]:
        at += 1
    return _element(der.INTEGER, b"\x00" if octets[at] & 0x80 else b"", octets[at:])


def _element(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    if n < 0x80:
        return bytes((tag, n)) + content
    if n < 0x100:
        return bytes((tag, 0x81, n)) + content
    return bytes((tag, 0x82, n >> 8, n & 0xFF)) + content
